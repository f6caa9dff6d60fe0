// The only source of the scripts here: the documents that came with the request. Nothing is ever fetched.
import {text} from 'node:stream/consumers';

const MULTIKEY_CONTEXT = 'https://w3id.org/security/multikey/v1';

export async function readRequest() {
  return JSON.parse(await text(process.stdin));
}

export function answer(value) {
  process.stdout.write(JSON.stringify(value));
}

// A JSON-LD document loader. A DID URL with a fragment gives the key of that name in its DID document.
export function loaderFor(documents) {
  const known = new Map(Object.entries(documents));
  return async url => {
    const document = known.get(url) ?? findKey(known, url);
    if(document === undefined) {
      throw new Error(`the request has no document for ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document: structuredClone(document)};
  };
}

function findKey(known, url) {
  const methods = known.get(url.split('#')[0])?.verificationMethod ?? [];
  const key = methods.find(({id}) => id === url);
  return key && {'@context': MULTIKEY_CONTEXT, ...key};
}

// Everything an error says, its causes and parts included, as one text.
export function explain(error) {
  if(!error) {
    return null;
  }
  const parts = [...(error.errors ?? []), ...(error.cause ? [error.cause] : [])];
  return [error.message, ...parts.map(explain)].join(' | ');
}
