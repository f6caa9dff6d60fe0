"""Decentralized identifiers and their controller documents, as values: nothing here fetches.

DIDs 1.0 section 3 (syntax), did:key 0.9, did:web (W3C CCG), Controlled Identifiers 1.0 section 3.3 "Retrieve
Verification Method".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey, key_type
from openbadge.vocabulary import DID_V1, MULTIKEY_V1

_DID: Final = re.compile(r"did:([a-z0-9]+):((?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}|:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}))")
_HOST: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]+")
RELATIONSHIPS: Final = frozenset(
    {"assertionMethod", "authentication", "capabilityDelegation", "capabilityInvocation", "keyAgreement"}
)
"""Verification relationships (Controlled Identifiers 1.0 section 2.3): the only members that grant a purpose."""
MULTIKEY: Final = "Multikey"
JSON_WEB_KEY: Final = "JsonWebKey"
"""The two types of keys of Controlled Identifiers 1.0, sections 2.2.2 and 2.2.3."""
JWK_V1: Final = "https://w3id.org/security/jwk/v1"
"""The context that defines `JsonWebKey` and `publicKeyJwk`."""
MAX_LENGTH: Final = 2_048
"""Characters of a DID URL: longer ones are no identifiers that a person or a key document would use."""


@dataclass(frozen=True, slots=True)
class DidUrl:
    """A DID URL without path and query: `did`, its `method`, the method-specific id, and the fragment or ''."""

    did: str
    method: str
    specific_id: str
    fragment: str


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """A key of a controller document: its full id, its controller, and the texts `expires` and `revoked` if given."""

    id: str
    controller: str
    key: PublicKey
    expires: str | None = None
    revoked: str | None = None


def parse_url(text: str) -> DidUrl:
    """Take a DID or a DID URL with a fragment apart.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD_URL when it is none, or has a path or query.
    """
    did, _, fragment = text.partition("#") if isinstance(text, str) else ("", "", "")
    match = _DID.fullmatch(did) if len(did) + len(fragment) < MAX_LENGTH else None
    if match is None:
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", f"{str(text)[:200]!r} is not a DID.")
    return DidUrl(did, match[1], match[2], fragment)


def is_did(text: Any) -> bool:
    """Say whether a value is a DID without fragment."""
    return isinstance(text, str) and len(text) <= MAX_LENGTH and _DID.fullmatch(text) is not None


def did_key(key: PublicKey) -> str:
    """Return the did:key of a public key."""
    return f"did:key:{key.multibase}"


def key_document(did: str) -> dict[str, Any]:
    """Return the controller document that a did:key stands for.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for a key that is not supported or not acceptable.
    """
    parsed = parse_url(did)
    if parsed.method != "key":
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", f"{did[:200]!r} is not a did:key.")
    key = PublicKey.from_multibase(parsed.specific_id)
    return document(parsed.did, [(f"{parsed.did}#{key.multibase}", key)])


def document(did: str, keys: list[tuple[str, PublicKey]]) -> dict[str, Any]:
    """Return a DID document that lists `keys` (full id, key) for assertion and authentication.

    Each is a Multikey, or a JsonWebKey where Multikey has no form for it; the contexts are those of the types used.
    """
    methods = [{"id": method_id, **method_form(key, controller=did)} for method_id, key in keys]
    contexts = [MULTIKEY_V1, *([JWK_V1] if any(method["type"] == JSON_WEB_KEY for method in methods) else [])]
    return {
        "@context": [DID_V1, *contexts],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method_id for method_id, _ in keys],
        "authentication": [method_id for method_id, _ in keys],
    }


def method_form(key: PublicKey, *, controller: str) -> dict[str, Any]:
    """Return a key as the members of a verification method without its id: `type`, `controller`, and the key itself.

    RSA keys are written as `publicKeyJwk`: Multikey defines none (Controlled Identifiers 1.0 section 2.2.2, table).
    """
    if key_type(key.algorithm).multicodec is None:
        return {"type": JSON_WEB_KEY, "controller": controller, "publicKeyJwk": key.jwk()}
    return {"type": MULTIKEY, "controller": controller, "publicKeyMultibase": key.multibase}


def own_method_id(did: str) -> str:
    """Return the full id of the one key of a did:key or a did:jwk, which that identifier itself is.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD_URL for any other DID.
    """
    parsed = parse_url(did)
    fragments = {"key": parsed.specific_id, "jwk": "0"}  # did:key 0.9 section 3.1.2; did:jwk, "Read"
    if parsed.method not in fragments:
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", f"{did[:200]!r} is neither a did:key nor a did:jwk.")
    return f"{parsed.did}#{fragments[parsed.method]}"


def did_web(base_url: str) -> str:
    """Return the did:web of an http(s) URL: host, port and path segments.

    A loopback address becomes `localhost`, since did:web forbids IP addresses. Raises `InvalidError`
    INVALID_VERIFICATION_METHOD_URL for any other address that is not a host name.
    """
    try:
        parts = urlsplit(base_url)
        number = parts.port
    except ValueError:
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", f"{base_url[:200]!r} is not an address.") from None
    host = {"127.0.0.1": "localhost", "::1": "localhost"}.get(parts.hostname or "", parts.hostname or "")
    if not _HOST.fullmatch(host) or host.replace(".", "").isdigit():
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", f"{base_url!r} has no host name that did:web could use.")
    port = f"%3A{number}" if number else ""
    segments = [quote(segment, safe="") for segment in parts.path.split("/") if segment]
    return ":".join(["did:web", host + port, *segments])


def did_web_url(did: str) -> str:
    """Return the HTTPS URL of a did:web's document (did:web section 2.5.2 "Read").

    Raises `InvalidError` INVALID_VERIFICATION_METHOD_URL for another method, an empty or dotted segment, an encoded
    slash, upper case, or anything that is not a host with an optional port.
    """
    parsed = parse_url(did)
    host, *segments = parsed.specific_id.split(":")
    name, _, port = unquote(host).partition(":")
    proper = (
        parsed.method == "web"
        and _HOST.fullmatch(name) is not None
        and (not port or (_PORT.fullmatch(port) is not None and int(port) < 65536))
        and host == name + (f"%3A{port}" if port else "")
        and all(_SEGMENT.fullmatch(segment) and segment.strip(".") for segment in segments)
    )
    if not proper:
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", f"{did[:200]!r} is not a did:web that can be resolved.")
    path = "/".join(segments) if segments else ".well-known"
    return f"https://{name}{':' + port if port else ''}/{path}/did.json"


def find_method(
    controller_document: Mapping[str, Any], controller: str, method_id: str, purpose: str
) -> VerificationMethod:
    """Find a key in a controller document (Controlled Identifiers 1.0 section 3.3).

    The document must be that of `controller`, hold the method under exactly `method_id` (or its relative form), name
    `controller` as the method's controller, and list it under `purpose`. Raises `InvalidError`
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT(_ID), INVALID_VERIFICATION_METHOD,
    INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD.
    """
    if purpose not in RELATIONSHIPS:
        raise InvalidError(
            "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", f"{purpose[:50]!r} is not a purpose that a key can have."
        )
    if controller_document.get("id") != controller:
        raise InvalidError(
            "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID",
            f"The key document found for {controller[:200]} is not its own.",
        )
    listed = [_named(item, controller) for item in _items(controller_document, purpose)]
    described = [_named(item, controller) for item in _items(controller_document, "verificationMethod")]
    if not any(name == method_id for name, _ in listed):
        raise _not_listed(controller_document, controller, method_id, purpose)
    candidates = [*listed, *described]
    bodies = [body for name, body in candidates if name == method_id and body is not None]
    if len(bodies) != 1:
        raise InvalidError(
            "INVALID_VERIFICATION_METHOD", f"The key {method_id[:200]} is described {len(bodies)} times."
        )
    return _method(method_id, bodies[0], controller)


def _not_listed(controller_document: Mapping[str, Any], controller: str, method_id: str, purpose: str) -> InvalidError:
    """Tell a key that the document does not know from one that it knows for other purposes only."""
    places = ("verificationMethod", *sorted(RELATIONSHIPS))
    names = [_named(item, controller)[0] for place in places for item in _items(controller_document, place)]
    if method_id in names:
        code, reason = "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", f"not for the purpose {purpose}"
        return InvalidError(code, f"{controller[:200]} has the key {method_id[:200]}, but {reason}.")
    return InvalidError("INVALID_VERIFICATION_METHOD", f"{controller[:200]} does not list the key {method_id[:200]}.")


def _items(controller_document: Mapping[str, Any], name: str) -> Iterator[Any]:
    items = controller_document.get(name, [])
    if not isinstance(items, list):
        raise InvalidError("INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", f"The member {name} of a key document is no list.")
    yield from items


def _named(item: Any, controller: str) -> tuple[str, Mapping[str, Any] | None]:
    body = item if isinstance(item, dict) else None
    name = item if body is None else body.get("id")
    if not isinstance(name, str):
        raise InvalidError("INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", "A key of a key document has no id.")
    return (controller + name if name.startswith("#") else name), body


def _method(method_id: str, body: Mapping[str, Any], controller: str) -> VerificationMethod:
    if body.get("controller") != controller:
        raise InvalidError("INVALID_VERIFICATION_METHOD", f"The key {method_id[:200]} is controlled by someone else.")
    return VerificationMethod(method_id, controller, read_key(body), _text(body, "expires"), _text(body, "revoked"))


def read_key(body: Mapping[str, Any]) -> PublicKey:
    """Return the key of a verification method, given as `publicKeyMultibase` or `publicKeyJwk`, whatever its type.

    Raises `InvalidError` INVALID_VERIFICATION_METHOD for both at once, neither, or a key that is not acceptable.
    """
    if "publicKeyMultibase" in body and "publicKeyJwk" in body:
        raise InvalidError("INVALID_VERIFICATION_METHOD", "The key document gives the key in two forms.")
    if isinstance(body.get("publicKeyMultibase"), str):
        return PublicKey.from_multibase(body["publicKeyMultibase"])
    if isinstance(body.get("publicKeyJwk"), dict):
        return PublicKey.from_jwk(body["publicKeyJwk"])
    raise InvalidError("INVALID_VERIFICATION_METHOD", "The key document gives the key in no form that we read.")


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidError("INVALID_VERIFICATION_METHOD", f"The member {name} of a key is not a date.")
    return value
