// Verify a credential with the Digital Credentials Consortium's verifier, the core of Learner Credential Wallet.
// In:  {"credential", "documents"}      Out: {"log": [...], "errors": [...], "asked": [addresses]}
// It fetches by itself, so `fetch` is replaced, before it is loaded, by one that answers from the request.
import {answer, readRequest} from './documents.mjs';

const {credential, documents} = await readRequest();
const asked = [];
globalThis.fetch = async request => {
  const url = typeof request === 'string' ? request : request.url ?? String(request);
  asked.push(url);
  return Object.hasOwn(documents, url) ?
    Response.json(documents[url]) : new Response('not in the request', {status: 404});
};
console.log = console.error; // it logs; standard output is for the answer
const {verifyCredential} = await import('@digitalcredentials/verifier-core');
const {log = [], errors = [], additionalInformation = []} =
  await verifyCredential({credential, knownDIDRegistries: []});
answer({log, errors, additionalInformation, asked});
