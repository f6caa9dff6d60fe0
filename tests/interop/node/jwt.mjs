// Verify a token with jose.
// In:  {"token", "jwk", "options"}, the options being those of jwtVerify
// Out: {"verified", "error", "header", "payload"}
import {importJWK, jwtVerify} from 'jose';
import {answer, explain, readRequest} from './documents.mjs';

const {token, jwk, options} = await readRequest();
try {
  const key = await importJWK(jwk, options.algorithms[0]);
  const {payload, protectedHeader} = await jwtVerify(token, key, options);
  answer({verified: true, error: null, header: protectedHeader, payload});
} catch(error) {
  answer({verified: false, error: explain(error)});
}
