"""did:jwk: a JSON Web Key as an identifier. The method's specification is that of the DID method registry, did:jwk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from openbadge import did, multibase, strict_json
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.vocabulary import DID_V1

JWS_2020: Final = "https://w3id.org/security/suites/jws-2020/v1"
"""The context that defines `JsonWebKey2020` and `publicKeyJwk`."""
SIGNING: Final = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")
"""Purposes of a key that signs; one that may also agree on keys has `keyAgreement` too."""


def did_jwk(jwk: Mapping[str, Any]) -> str:
    """Return the did:jwk of a public JWK, members in the order given.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for a key that is not acceptable, a private one among them.
    """
    PublicKey.from_jwk(jwk)
    text = json.dumps(dict(jwk), ensure_ascii=False, separators=(",", ":"))
    return f"did:jwk:{multibase.base64url_encode(text.encode('utf-8'))}"


def parse(text: str) -> dict[str, Any]:
    """Return the public JWK that a did:jwk holds.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD_URL when it is no did:jwk of a JSON object in base64url,
    INVALID_VERIFICATION_METHOD when the key in it is not acceptable for signatures.
    """
    parsed = did.parse_url(text)
    if parsed.method != "jwk":
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", f"{text[:200]!r} is not a did:jwk.")
    try:
        jwk = strict_json.loads(multibase.base64url_decode(parsed.specific_id))
    except InvalidError as error:
        detail = f"The did:jwk holds no JSON object in base64url: {error.detail}"
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", detail) from error
    PublicKey.from_jwk(jwk)
    return jwk


def document(text: str) -> dict[str, Any]:
    """Return the DID document that a did:jwk stands for; errors as for `parse`.

    A key whose `use` is "sig" does not agree on keys; any other does both, as the method has it.
    """
    jwk, name = parse(text), did.parse_url(text).did
    method_id = f"{name}#0"
    method = {"id": method_id, "type": "JsonWebKey2020", "controller": name, "publicKeyJwk": jwk}
    purposes = SIGNING if jwk.get("use") == "sig" else (*SIGNING, "keyAgreement")
    return {
        "@context": [DID_V1, JWS_2020],
        "id": name,
        "verificationMethod": [method],
        **{purpose: [method_id] for purpose in purposes},
    }
