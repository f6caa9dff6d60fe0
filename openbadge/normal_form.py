"""The normal-form rule: a badge is read only if its JSON says the same as its signed RDF.

An RDF proof signs statements, not text. The holder of a badge can rename `validUntil` to its full IRI or put
`credentialStatus` under `@nest`: the signature stays valid, and a reader of `document["validUntil"]` sees nothing. So
contexts come from a short list, names are plain, values are in place, and compacting the expanded document must give
the document back. What passes can be read by member name. See VC Data Integrity 1.0 section 2.4 and 4.

The JCS suites and VC-JWT sign the text itself; the rule holds for them all the same, since readers are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from openbadge import canon
from openbadge.badge_words import (
    BARE,
    DATES,
    ED25519_2020,
    EXTRA_CONTEXTS,
    MULTIPLE,
    OBJECTS,
    PLAIN_NAME,
    STATUS_LIST_2021,
    UNSIGNED_TERMS,
    badge_contexts,
    expander,
    fits,
    status_list_contexts,
)
from openbadge.errors import InvalidError
from openbadge.proof import suite_of
from openbadge.vocabulary import DATA_INTEGRITY_PROOF

__all__ = [
    "ED25519_2020",
    "EXTRA_CONTEXTS",
    "MULTIPLE",
    "STATUS_LIST_2021",
    "badge_contexts",
    "check",
    "check_status_list",
    "check_thoroughly",
    "is_endorsement_subject",
    "status_list_contexts",
]

PROOF_CONTEXTS: Final[Mapping[str, str]] = {"Ed25519Signature2020": ED25519_2020}
"""Where proof types other than `DataIntegrityProof` are defined; without it, the type would mean nothing."""

PROOF_MEMBERS: Final = frozenset(
    "id type cryptosuite created expires verificationMethod proofPurpose proofValue domain challenge nonce "
    "previousProof".split()
)
"""Members of a Data Integrity proof (VC Data Integrity 1.0 section 2.1)."""

_ORDERED: Final = frozenset({"allowedValue"})
_ALIASES: Final[Mapping[str, str]] = {"geo": "GeoCoordinates", "AchievementCredential": "OpenBadgeCredential"}
_LANGUAGE_VALUES: Final = ({"@value"}, {"@value", "@language"})


def check(document: Mapping[str, Any]) -> list[Any]:
    """Accept a badge or endorsement that is in normal form, and return its expanded form.

    Raises `InvalidError` CONTEXT_NOT_ALLOWED, DATA_LOSS_DETECTION_ERROR, MALFORMED_VALUE_ERROR, NON_CANONICAL_FORM,
    and for its proofs UNSUPPORTED_SUITE or INVALID_VERIFICATION_METHOD_URL.
    """
    return _check(document, badge_contexts)


def check_status_list(document: Mapping[str, Any]) -> list[Any]:
    """Accept a status list credential in normal form: Bitstring Status List 1.0, or StatusList2021 in VC 1.1."""
    return _check(document, status_list_contexts)


def _check(document: Mapping[str, Any], allowed: Callable[[Any], bool]) -> list[Any]:
    plain = expander().expand(document) if allowed(document.get("@context")) else None
    if plain is None:
        return check_thoroughly(document, allowed)
    node, ids = plain
    for proof in _list(document.get("proof", [])):
        _check_proof(proof, document["@context"])
    named = [name for name in ids if name is not None]
    if len(named) != len(set(named)):
        _check_single_bodies(document)
    return [node]


def check_thoroughly(document: Mapping[str, Any], allowed: Callable[[Any], bool] = badge_contexts) -> list[Any]:
    """Do what `check` does with pyld alone, whether the document is plain or not; the other way must agree with it."""
    _check_contexts(document, allowed)
    for name, value, inside in _members(document):
        _check_name(name, value, inside)
        _check_value(name, value)
    for proof in _list(document.get("proof", [])):
        _check_proof(proof, document["@context"])
    expanded = canon.expand(document)
    _check_literals(expanded)
    if len(expanded) != 1:
        raise InvalidError("NON_CANONICAL_FORM", "The document describes more than one thing at its top level.")
    compacted = canon.compact(expanded, document["@context"])
    if _shape(document) != _shape(compacted):
        raise InvalidError(
            "NON_CANONICAL_FORM",
            f"{_difference(document, compacted)} is written in a way that can hide data from a reader.",
        )
    _check_single_bodies(document)
    return expanded


def _check_contexts(document: Mapping[str, Any], allowed: Callable[[Any], bool]) -> None:
    if len(_list(document.get("@context"))) > canon.MAX_CONTEXTS:
        raise InvalidError("LIMIT_EXCEEDED", f"The document names more than {canon.MAX_CONTEXTS} vocabularies.")
    if not allowed(document.get("@context")):
        raise InvalidError(
            "CONTEXT_NOT_ALLOWED",
            "The list of vocabularies (@context) is not one of an Open Badge, in the right order.",
        )
    embedded = [item for item in _embedded(document) if "@context" in item]
    if any(not badge_contexts(item["@context"]) for item in embedded):
        raise InvalidError("CONTEXT_NOT_ALLOWED", "An embedded endorsement uses vocabularies that are not known.")
    kept = [proof for credential in (document, *embedded) for proof in _with_kept_context(credential)]
    total = sum(1 for name, _, _ in _members(document) if name == "@context")
    if total != 1 + len(embedded) + len(kept):
        raise InvalidError("CONTEXT_NOT_ALLOWED", "A part of the document changes the vocabulary (@context inside).")


def _embedded(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the endorsements inside a document: the only objects that may name a context of their own."""
    for name, item, _ in _members(value):
        if name == "endorsement":
            yield from (entry for entry in _list(item) if isinstance(entry, dict))


def _with_kept_context(credential: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the JCS proofs that name the `@context` their credential began with, or all of it.

    They must (VC Data Integrity EdDSA 1.0 section 3.3.1), and it changes the meaning of nothing inside them.
    """
    for proof in _list(credential.get("proof", [])):
        if isinstance(proof, dict) and "@context" in proof and suite_of(proof).signs_context:
            kept = _list(proof["@context"])
            if kept and credential["@context"][: len(kept)] == kept:
                yield proof


def _members(value: Any) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield every member of every object at any depth as (name, value, the object)."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            for name, part in item.items():
                yield name, part, item
                if name != "@context":
                    stack.append(part)
        elif isinstance(item, list):
            stack.extend(item)


def _check_name(name: str, value: Any, inside: Mapping[str, Any]) -> None:
    if name == "@context" or (inside.keys() in _LANGUAGE_VALUES and isinstance(value, str)):
        return
    if not PLAIN_NAME.fullmatch(name):
        raise InvalidError("NON_CANONICAL_FORM", f"The member name {name[:100]!r} can hide data from a reader.")
    if name in UNSIGNED_TERMS:
        raise InvalidError("NON_CANONICAL_FORM", f"The member {name!r} has no place in a badge.")


def _check_value(name: str, value: Any) -> None:
    if value is None or value == []:  # which no statement is made of
        raise InvalidError("DATA_LOSS_DETECTION_ERROR", f"The member {name!r} is empty; leave it out instead.")
    if name in DATES and not isinstance(value, str):
        raise InvalidError("MALFORMED_VALUE_ERROR", f"The member {name!r} must be one date, as a text.")
    if value == {}:
        raise InvalidError("NON_CANONICAL_FORM", f"The member {name!r} is empty; leave it out instead.")
    if name in OBJECTS and isinstance(value, str):
        raise InvalidError("NON_CANONICAL_FORM", f"The member {name!r} is a text; it must be an object with an id.")
    if not isinstance(value, list):
        return
    if name not in MULTIPLE:
        raise InvalidError("NON_CANONICAL_FORM", f"The member {name!r} may hold one value, not a list.")
    if any(item is None or item == {} or isinstance(item, list) for item in value):
        raise InvalidError("NON_CANONICAL_FORM", f"The list {name!r} holds an empty item or a list.")


def _check_literals(expanded: list[Any]) -> None:
    """Refuse a text where RDF has a number or a truth value, and the other way round: both sign the same literal."""
    for item in _objects(expanded):
        datatype = item.get("@type")
        if "@value" in item and isinstance(datatype, str) and not fits(item["@value"], datatype):
            raise InvalidError(
                "NON_CANONICAL_FORM",
                f"The value {str(item['@value'])[:50]!r} is not written as the kind it stands for.",
            )


def _check_proof(proof: Any, context: list[Any]) -> None:
    if not isinstance(proof, dict):
        raise InvalidError("MALFORMED_VALUE_ERROR", "A proof is not an object.")
    kind = proof.get("type", DATA_INTEGRITY_PROOF)
    if kind != DATA_INTEGRITY_PROOF and (not isinstance(kind, str) or PROOF_CONTEXTS.get(kind) not in context):
        raise InvalidError(
            "UNSUPPORTED_SUITE", f"A proof of the type {str(kind)[:50]!r} is not one that can be read here."
        )
    _check_key_address(proof.get("verificationMethod"))
    unknown = sorted(proof.keys() - PROOF_MEMBERS - {"@context"})  # whose @context are allowed, is checked before
    if unknown:
        raise InvalidError(
            "DATA_LOSS_DETECTION_ERROR", f"The proof has a member {unknown[0][:100]!r} that proofs lack."
        )


def _check_key_address(method: Any) -> None:
    try:
        canon.check_iri(method, "address of a proof's key")
    except InvalidError as error:
        raise InvalidError("INVALID_VERIFICATION_METHOD_URL", error.detail) from error


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shape(value: Any, name: str = "") -> Any:
    """Reduce a JSON value to what RDF keeps: lists are sets, one item equals its list, contexts are not data."""
    if isinstance(value, list):
        items = [_shape(item, name) for item in value]
        if name not in _ORDERED:
            items = sorted(set(items))
        return items[0] if len(items) == 1 else json.dumps(items)
    if name in BARE and isinstance(value, dict) and value.keys() == {"id"}:
        value = value["id"]  # the one object that may be nothing but its id; compacting makes it a text
    if isinstance(value, dict):
        return json.dumps({key: _shape(item, key) for key, item in sorted(value.items()) if key != "@context"})
    if isinstance(value, str) and name == "type":
        value = _ALIASES.get(value, value)
    if isinstance(value, str) and name == "@language":
        value = value.lower()  # as it is signed: RFC 5646 section 2.1.1 gives the case no meaning
    return json.dumps(value)


def _difference(document: Mapping[str, Any], compacted: Mapping[str, Any]) -> str:
    names = [name for name in document if _shape(document.get(name), name) != _shape(compacted.get(name), name)]
    return f"The member {names[0][:100]!r}" if names else "The document"


def _check_single_bodies(document: Mapping[str, Any]) -> None:
    """Refuse a second body for the credential, a status entry or a proof: RDF would merge the two."""
    single = {part.get("id") for part in _own_parts(document)} - {None}
    bodies = [
        item["id"] for item in _objects(document) if item.get("id") in single and not is_endorsement_subject(item)
    ]
    if len(bodies) != len(set(bodies)):
        raise InvalidError(
            "NON_CANONICAL_FORM", "Two parts of the document claim the id of the credential or its status."
        )


def _own_parts(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield document
    for name in ("credentialStatus", "proof"):
        yield from (item for item in _list(document.get(name, [])) if isinstance(item, dict))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def is_endorsement_subject(item: Mapping[str, Any]) -> bool:
    """Say whether an object only names what an endorsement is about, and what it says about it."""
    return item.keys() <= {"id", "type", "endorsementComment"} and "EndorsementSubject" in _list(item.get("type"))
