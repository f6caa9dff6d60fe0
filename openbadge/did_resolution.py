"""DID resolution and dereferencing as values: an identifier and options in, the answer of a resolver out.

DID Resolution 0.3 sections 3 "DID Resolution", 4 "DID URL Dereferencing" and 5 (metadata); did:key 0.9 section 3.1.
Only methods that need no network are resolved: their identifier is the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from openbadge import did, did_jwk, did_key
from openbadge.did_key import ResolutionError
from openbadge.errors import InvalidError
from openbadge.vocabulary import MEDIA_DID

RESOLUTION_CONTEXT: Final = "https://w3id.org/did-resolution/v1"
DEFAULT_FORMAT: Final = "Multikey"
"""The format of Controlled Identifiers 1.0, which every proof of ours uses."""
_URL_PARTS: Final = re.compile(r"[/?#]")


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller wants: the format of keys (a name of `did_key.FORMATS`), and if experimental ones will do."""

    public_key_format: str = DEFAULT_FORMAT
    experimental: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """A resolver's answer: `error` is None or the code, `body` the JSON object to send."""

    error: str | None
    body: Mapping[str, Any]


def resolve(identifier: str, options: Options) -> Resolved:
    """Resolve a DID to its document, or dereference a DID URL with a fragment to the key it names. Never raises.

    The key then stands in `didDocument`. After an error `didDocument` is an empty object.
    """
    part = _URL_PARTS.search(identifier)
    metadata = "didResolutionMetadata" if part is None else "didDereferencingMetadata"
    try:
        name = identifier if part is None else _checked_url(identifier)
        found = _resolve_did(name, options)
        if part is not None:
            found = _dereference(found, identifier)
    except ResolutionError as error:
        return Resolved(error.code, _body({}, metadata, {"error": error.code, "errorMessage": error.detail}))
    return Resolved(None, _body(found, metadata, {"contentType": MEDIA_DID}))


def refuse(code: str, detail: str) -> Resolved:
    """Return the answer to a request that cannot be understood: a resolution error."""
    return Resolved(code, _body({}, "didResolutionMetadata", {"error": code, "errorMessage": detail}))


def _body(document: Mapping[str, Any], name: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    return {
        "@context": RESOLUTION_CONTEXT,
        "didDocument": dict(document),
        "didDocumentMetadata": {},
        name: dict(metadata),
    }


def _checked_url(identifier: str) -> str:
    try:
        parsed = did.parse_url(identifier)
    except InvalidError:
        detail = f"{identifier[:200]!r} is not a DID URL that leads anywhere: only a fragment may follow the DID."
        raise ResolutionError("invalidDidUrl", detail) from None
    return parsed.did


def _resolve_did(name: str, options: Options) -> dict[str, Any]:
    try:
        method = did.parse_url(name).method
    except InvalidError as error:
        raise ResolutionError("invalidDid", error.detail) from error
    if method not in _METHODS:
        raise ResolutionError("methodNotSupported", f"DIDs of the method {method[:50]!r} are not resolved here.")
    return _METHODS[method](name, options)


def _dereference(document: Mapping[str, Any], url: str) -> dict[str, Any]:
    for method in document["verificationMethod"]:
        if method["id"] == url:
            return {"@context": document["@context"], **method}
    raise ResolutionError("notFound", f"The DID document has nothing under {url[:200]!r}.")


def _key(name: str, options: Options) -> dict[str, Any]:
    return did_key.document(name, options.public_key_format, experimental=options.experimental)


def _jwk(name: str, options: Options) -> dict[str, Any]:
    did_key.key_format(options.public_key_format, experimental=options.experimental)
    try:
        return did_jwk.document(name)
    except InvalidError as error:
        code = "invalidDid" if error.code == "INVALID_VERIFICATION_METHOD_URL" else "invalidPublicKey"
        raise ResolutionError(code, error.detail) from error


_METHODS: Final[Mapping[str, Callable[[str, Options], dict[str, Any]]]] = MappingProxyType({"key": _key, "jwk": _jwk})
