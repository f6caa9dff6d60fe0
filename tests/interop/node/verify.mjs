// Verify a credential with Digital Bazaar's libraries.
// In:  {"credential", "documents"}      Out: {"verified", "error", "statuses": [{"purpose", "set"}]}
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {answer, explain, loaderFor, readRequest} from './documents.mjs';

const {credential, documents} = await readRequest();
const result = await vc.verifyCredential({
  credential,
  suite: new DataIntegrityProof({cryptosuite}),
  documentLoader: loaderFor(documents),
  checkStatus
});
answer({
  verified: result.verified,
  error: explain(result.error) ?? explain(result.statusResult?.error),
  statuses: (result.statusResult?.results ?? []).map(
    ({credentialStatus, status}) => ({purpose: credentialStatus.statusPurpose, set: status}))
});
