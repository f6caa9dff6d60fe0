// Digital Bazaar's cryptosuites by name: how each signs, and how each verifies.
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaSd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';

const SUITES = {
  'eddsa-rdfc-2022': {keys: Ed25519Multikey, sign: () => eddsaRdfc, verify: () => eddsaRdfc},
  'eddsa-jcs-2022': {
    keys: Ed25519Multikey, sign: eddsaJcs.createSignCryptosuite, verify: eddsaJcs.createVerifyCryptosuite},
  'ecdsa-rdfc-2019': {keys: EcdsaMultikey, sign: () => ecdsaRdfc, verify: () => ecdsaRdfc},
  'ecdsa-jcs-2019': {
    keys: EcdsaMultikey, sign: ecdsaJcs.createSignCryptosuite, verify: ecdsaJcs.createVerifyCryptosuite},
  'ecdsa-sd-2023': {
    keys: EcdsaMultikey, sign: ecdsaSd.createSignCryptosuite, verify: ecdsaSd.createVerifyCryptosuite}
};

export async function signingSuite({cryptosuite, key, mandatoryPointers, created}) {
  const {keys, sign} = SUITES[cryptosuite];
  const keyPair = await keys.from({type: 'Multikey', ...key});
  return new DataIntegrityProof({
    signer: keyPair.signer(), date: created, cryptosuite: sign({mandatoryPointers})});
}

export function verifyingSuites() {
  return Object.values(SUITES).map(({verify}) => new DataIntegrityProof({cryptosuite: verify()}));
}

// What a holder checks before keeping a credential: the base proof itself.
export function confirmingSuite() {
  return new DataIntegrityProof({cryptosuite: ecdsaSd.createConfirmCryptosuite()});
}

export function disclosingSuite(selectivePointers) {
  return new DataIntegrityProof({cryptosuite: ecdsaSd.createDiscloseCryptosuite({selectivePointers})});
}
