"""Public keys on paper and for other programs: for ceremonies, registries, and readers that want a bare key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from issuer.errors import KeyStoreError
from issuer.keys_document import did_document
from issuer.keys_states import KeyInfo
from openbadge.jose.jwk import CURVES
from openbadge.multikey import PublicKey


def exported(form: str, controller: str, keys: Sequence[KeyInfo], name: str | None) -> str:
    """Return an institution's keys as text in one of `FORMS`: all of them, or the one that is named.

    Raises `KeyStoreError` for a name that none of them has.
    """
    chosen = [key for key in keys if name in (None, key.name)]
    if not chosen:
        raise KeyStoreError(f"{controller} has no key “{name}”. `microcred keys list` shows those that there are.")
    return FORMS[form](controller, chosen)


def _did(controller: str, keys: Sequence[KeyInfo]) -> str:
    return json.dumps(did_document(controller, keys), indent=2)


def _jwk(_controller: str, keys: Sequence[KeyInfo]) -> str:
    """A JSON Web Key Set (RFC 7517 section 5); `kid` is what tokens of ours name."""
    named = [{"kid": key.verification_method, "use": "sig", **key.public_key.jwk()} for key in keys]
    return json.dumps({"keys": named}, indent=2)


def _pem(_controller: str, keys: Sequence[KeyInfo]) -> str:
    """SubjectPublicKeyInfo in PEM (RFC 7468 section 13), the name of each above it."""
    return "\n".join(f"{key.verification_method}\n{pem(key.public_key)}" for key in keys)


def pem(key: PublicKey) -> str:
    """Return a public key as PEM."""
    if key.algorithm == "Ed25519":
        loaded = ed25519.Ed25519PublicKey.from_public_bytes(key.raw)
        return loaded.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()
    if key.algorithm in CURVES:
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[key.algorithm], key.raw)
        return point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()
    other = load_der_public_key(key.raw)
    return other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip()


FORMS: Final[Mapping[str, Callable[[str, Sequence[KeyInfo]], str]]] = MappingProxyType(
    {"did": _did, "jwk": _jwk, "pem": _pem}
)
"""How public keys can be written."""
