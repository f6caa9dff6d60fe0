// Verify a token with jose.
// In:  {"token", "jwk", "issuer", "subject"}      Out: {"verified", "error", "header", "payload"}
import {importJWK, jwtVerify} from 'jose';
import {answer, explain, readRequest} from './documents.mjs';

const {token, jwk, issuer, subject} = await readRequest();
try {
  const key = await importJWK(jwk, 'EdDSA');
  const {payload, protectedHeader} = await jwtVerify(
    token, key, {algorithms: ['EdDSA'], typ: 'JWT', issuer, subject, requiredClaims: ['jti', 'nbf']});
  answer({verified: true, error: null, header: protectedHeader, payload});
} catch(error) {
  answer({verified: false, error: explain(error)});
}
