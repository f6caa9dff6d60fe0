// Sign credentials with Digital Bazaar's libraries.
// In:  {"orders": [{"credential", "cryptosuite", "key", "mandatoryPointers"}], "created", "documents"}, each key being
//      {"id", "controller", "publicKeyMultibase", "secretKeyMultibase"}
// Out: {"credentials"}, each with its proof
import * as vc from '@digitalbazaar/vc';
import {answer, loaderFor, readRequest} from './documents.mjs';
import {signingSuite} from './suites.mjs';

const {orders, created, documents} = await readRequest();
const documentLoader = loaderFor(documents);
const credentials = [];
for(const {credential, ...order} of orders) {
  const suite = await signingSuite({...order, created});
  credentials.push(await vc.issue({credential, suite, documentLoader}));
}
answer({credentials});
