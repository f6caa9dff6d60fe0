// Derive credentials from ones with a base proof of ecdsa-sd-2023, with Digital Bazaar's libraries.
// In:  {"orders": [{"credential", "pointers"}], "documents"}      Out: {"credentials"}
import * as vc from '@digitalbazaar/vc';
import {answer, loaderFor, readRequest} from './documents.mjs';
import {disclosingSuite} from './suites.mjs';

const {orders, documents} = await readRequest();
const documentLoader = loaderFor(documents);
const credentials = [];
for(const {credential, pointers} of orders) {
  credentials.push(await vc.derive({
    verifiableCredential: credential, suite: disclosingSuite(pointers), documentLoader}));
}
answer({credentials});
