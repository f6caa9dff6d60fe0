// Sign credentials with Digital Bazaar's libraries.
// In:  {"credentials", "key": {"id", "controller", "publicKeyMultibase", "secretKeyMultibase"}, "created", "documents"}
// Out: {"credentials"}, each with its proof
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {answer, loaderFor, readRequest} from './documents.mjs';

const {credentials, key, created, documents} = await readRequest();
const keyPair = await Ed25519Multikey.from({type: 'Multikey', ...key});
const signed = [];
for(const credential of credentials) {
  const suite = new DataIntegrityProof({signer: keyPair.signer(), date: created, cryptosuite});
  signed.push(await vc.issue({credential, suite, documentLoader: loaderFor(documents)}));
}
answer({credentials: signed});
