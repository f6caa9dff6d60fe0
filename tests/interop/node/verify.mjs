// Verify credentials with Digital Bazaar's libraries; with "confirm", base proofs of ecdsa-sd-2023 as a holder does.
// In:  {"credentials", "documents", "confirm"}
// Out: one {"verified", "error", "statuses": [{"purpose", "set"}]} for each credential
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {answer, explain, loaderFor, readRequest} from './documents.mjs';
import {confirmingSuite, verifyingSuites} from './suites.mjs';

const {credentials, documents, confirm = false} = await readRequest();
const documentLoader = loaderFor(documents);
const answers = [];
for(const credential of credentials) {
  const suite = confirm ? confirmingSuite() : verifyingSuites();
  const result = await vc.verifyCredential({credential, suite, documentLoader, checkStatus});
  answers.push({
    verified: result.verified,
    error: explain(result.error) ?? explain(result.statusResult?.error),
    statuses: (result.statusResult?.results ?? []).map(
      ({credentialStatus, status}) => ({purpose: credentialStatus.statusPurpose, set: status}))
  });
}
answer(answers);
