"""did:key documents in every key format of the method: did:key 0.9 sections 3.1 "Create" and 8 (formats, codes).

The verifier needs none of this: it reads `did.key_document`. This is what a resolver answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from openbadge import did, multibase
from openbadge.did_jwk import JWS_2020, SIGNING
from openbadge.errors import InvalidError
from openbadge.multikey import KEY_TYPES, PublicKey
from openbadge.vocabulary import DID_V1, MULTIKEY_V1

X25519: Final = 0xEC
"""The Multicodec number of X25519 keys, which agree on keys and never sign."""
KEY_LENGTHS: Final[Mapping[int, int | None]] = MappingProxyType(
    {
        0xE7: 33,  # secp256k1
        0xEA: 48,  # BLS12-381 G1
        0xEB: 96,  # BLS12-381 G2
        X25519: 32,
        0xEE: 144,  # BLS12-381 G1 and G2
        0x1205: None,  # RSA, as PKCS #1 in DER
        **{kind.multicodec: kind.key_length for kind in KEY_TYPES.values() if kind.multicodec is not None},
    }
)
"""Bytes of a key by its Multicodec number; None where each key has its own length. Only those of `KEY_TYPES` sign."""

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}(\.[0-9]{1,9}){0,3}")
_P: Final = 2**255 - 19

Form = Callable[[int, bytes], dict[str, Any]]
"""Writes a key (Multicodec number, bytes) as members of a verification method."""


class ResolutionError(Exception):
    """A DID that does not resolve. `code` is that of did:key 0.9 or DID Resolution; `detail` says what is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class KeyFormat:
    """How the keys of a document are written.

    `signing` and `agreement` are the verification method types of a key that signs and of one that agrees on keys;
    `contexts` define them. `experimental` formats have to be asked for twice. `ed25519_only` says that the format
    cannot hold other keys.
    """

    signing: str
    agreement: str
    contexts: tuple[str, ...]
    form: Form
    experimental: bool = False
    ed25519_only: bool = False


def document(text: str, format_name: str, *, experimental: bool) -> dict[str, Any]:
    """Return the DID document of a did:key with its keys in the format `format_name`, a name of `FORMATS`.

    An Ed25519 key also stands for an X25519 key to agree on keys with, as the method has it. Raises `ResolutionError`
    with the codes invalidDid, invalidPublicKeyLength, invalidPublicKey, unsupportedPublicKeyType, invalidPublicKeyType.
    """
    key, encoded = read(text)
    chosen = key_format(format_name, experimental=experimental)
    if chosen.ed25519_only and key.algorithm != "Ed25519":
        raise ResolutionError("invalidPublicKeyType", f"The format {format_name} cannot hold a key of {key.algorithm}.")
    signing_id = f"{text}#{encoded}"
    code, raw = multibase.split_multicodec(multibase.decode_multibase(encoded))
    methods = [{"id": signing_id, "type": chosen.signing, "controller": text, **chosen.form(code, raw)}]
    agreement_id = signing_id
    if key.algorithm == "Ed25519":
        code, raw = X25519, x25519_of(key.raw)
        agreement_id = f"{text}#{_multikey(code, raw)}"
        methods.append({"id": agreement_id, "type": chosen.agreement, "controller": text, **chosen.form(code, raw)})
    return {
        "@context": [DID_V1, *chosen.contexts],
        "id": text,
        "verificationMethod": methods,
        **{purpose: [signing_id] for purpose in SIGNING},
        "keyAgreement": [agreement_id],
    }


def key_format(name: str, *, experimental: bool) -> KeyFormat:
    """Look a key format up.

    Raises `ResolutionError` unsupportedPublicKeyType for an unknown one, invalidPublicKeyType for an experimental one
    that is not enabled.
    """
    if name not in FORMATS:
        raise ResolutionError("unsupportedPublicKeyType", f"There is no key format {name[:100]!r} here.")
    if FORMATS[name].experimental and not experimental:
        detail = f"The key format {name} is experimental; ask for it with enableExperimentalPublicKeyTypes=true."
        raise ResolutionError("invalidPublicKeyType", detail)
    return FORMATS[name]


def read(text: str) -> tuple[PublicKey, str]:
    """Return the key of a did:key, and its Multibase text. A version before the key (`did:key:1.1:z…`) is allowed.

    Raises `ResolutionError` as `document`, but for the format.
    """
    encoded = _key_part(text)
    try:
        code, raw = multibase.split_multicodec(multibase.decode_multibase(encoded))
    except InvalidError as error:
        raise ResolutionError("invalidDid", f"The did:key cannot be read: {error.detail}") from error
    _check_length(code, raw)
    try:
        return PublicKey.from_multibase(encoded), encoded
    except InvalidError as error:
        raise ResolutionError("invalidPublicKey", error.detail) from error


def x25519_of(ed25519: bytes) -> bytes:
    """Return the X25519 key (32 bytes) of an Ed25519 key: RFC 7748 section 4.1, u = (1 + y) / (1 - y)."""
    y = int.from_bytes(ed25519, "little") & (2**255 - 1)
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(32, "little")  # y = 1 is no acceptable key


def _key_part(text: str) -> str:
    try:
        parsed = did.parse_url(text)
    except InvalidError as error:
        raise ResolutionError("invalidDid", error.detail) from error
    version, _, encoded = parsed.specific_id.rpartition(":")
    if parsed.method != "key" or (version and not _VERSION.fullmatch(version)) or not encoded.startswith("z"):
        raise ResolutionError(
            "invalidDid", f"{text[:200]!r} is not a did:key: a version, if any, and a key that begins z."
        )
    return encoded


def _check_length(code: int, raw: bytes) -> None:
    if code not in KEY_LENGTHS:
        raise ResolutionError("unsupportedPublicKeyType", f"Keys of the kind 0x{code:x} are not known here.")
    if KEY_LENGTHS[code] not in (None, len(raw)):
        detail = f"A key of the kind 0x{code:x} has {KEY_LENGTHS[code]} bytes, this one {len(raw)}."
        raise ResolutionError("invalidPublicKeyLength", detail)
    if code not in {kind.multicodec for kind in KEY_TYPES.values()}:
        raise ResolutionError("unsupportedPublicKeyType", f"Keys of the kind 0x{code:x} cannot sign a credential here.")


def _multikey(code: int, raw: bytes) -> str:
    return multibase.encode_base58btc(multibase.with_multicodec(code, raw))


def _multibase_form(code: int, raw: bytes) -> dict[str, Any]:
    return {"publicKeyMultibase": _multikey(code, raw)}


def _base58_form(_code: int, raw: bytes) -> dict[str, Any]:
    return {"publicKeyBase58": multibase.base58_encode(raw)}


def _jwk_form(code: int, raw: bytes) -> dict[str, Any]:
    if code == X25519:
        return {"publicKeyJwk": {"kty": "OKP", "crv": "X25519", "x": multibase.base64url_encode(raw)}}
    return {"publicKeyJwk": PublicKey.from_multibase(_multikey(code, raw)).jwk()}


_SUITES: Final = "https://w3id.org/security/suites/"
FORMATS: Final[Mapping[str, KeyFormat]] = MappingProxyType(
    {
        row.signing: row
        for row in (
            KeyFormat("Multikey", "Multikey", (MULTIKEY_V1,), _multibase_form),
            KeyFormat("JsonWebKey2020", "JsonWebKey2020", (JWS_2020,), _jwk_form),
            KeyFormat(
                "Ed25519VerificationKey2020",
                "X25519KeyAgreementKey2020",
                (_SUITES + "ed25519-2020/v1", _SUITES + "x25519-2020/v1"),
                _multibase_form,
                ed25519_only=True,
            ),
            KeyFormat(
                "Ed25519VerificationKey2018",
                "X25519KeyAgreementKey2019",
                (_SUITES + "ed25519-2018/v1", _SUITES + "x25519-2019/v1"),
                _base58_form,
                experimental=True,
                ed25519_only=True,
            ),
        )
    }
)
"""Key formats by the name that `publicKeyFormat` has: the type of a key that signs."""
