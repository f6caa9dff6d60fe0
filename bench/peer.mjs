// The other side of the comparison: the libraries from which most wallets are built, in one process that stays.
// Run with the folder of the npm packages as working directory; one JSON object a line comes in, one goes out.
// In:  {"setup": {"documents": {url: document}, "issuer", "method"}}   once
//      {"work", "items": [text]}            Out: {"cpu": microseconds of this process, "count"}
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as jose from 'jose';
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {createInterface} from 'node:readline';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';

let documents, documentLoader, signer, joseKey, header;
const verifier = new DataIntegrityProof({cryptosuite});

// `tag: 'static'` lets jsonld.js keep a context that it has processed: the fastest way that it has.
async function setup({documents: given, issuer, method}) {
  documents = new Map(Object.entries(given));
  documentLoader = async url => {
    if(!documents.has(url)) {
      throw new Error(`no document for ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document: documents.get(url), tag: 'static'};
  };
  const key = await Ed25519Multikey.generate({id: method, controller: issuer});
  signer = key.signer();
  joseKey = (await jose.generateKeyPair('EdDSA')).privateKey;
  header = {alg: 'EdDSA', typ: 'JWT', kid: method};
}

async function verified(text, status) {
  const result = await vc.verifyCredential(
    {credential: JSON.parse(text), suite: verifier, documentLoader, checkStatus: status});
  if(!result.verified) {
    throw new Error(`not verified: ${String(result.error ?? result.statusResult?.error)}`);
  }
}

const unseen = async () => ({verified: true});
const works = {
  issue: async text => JSON.stringify(await vc.issue({
    credential: JSON.parse(text), suite: new DataIntegrityProof({signer, cryptosuite}), documentLoader})),
  verify: async text => verified(text, unseen),
  report: async text => verified(text, checkStatus),
  jwt: async text => new jose.SignJWT(JSON.parse(text)).setProtectedHeader(header).sign(joseKey)
};

async function measured({work, items}) {
  const start = process.cpuUsage();
  for(const item of items) {
    await works[work](item);
  }
  const {user, system} = process.cpuUsage(start);
  return {cpu: user + system, count: items.length};
}

for await (const line of createInterface({input: process.stdin})) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = request.setup ? (await setup(request.setup), {version: process.version}) : await measured(request);
  } catch(error) {
    answer = {error: String(error)};
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
