"""Proof chains: VC Data Integrity 1.0 section 2.1.2. A proof with `previousProof` signs the proofs that it names."""

from __future__ import annotations

from typing import Any, Final

from openbadge.errors import InvalidError
from openbadge.proof.model import Document

MAX_PROOFS: Final = 20
"""Proofs of one document: the longest chain of the official vectors has four; each may cost a canonicalisation."""


def proofs(document: Document) -> list[Any]:
    """Return the proofs of a document as a list, whatever their number."""
    value = document.get("proof", [])
    return value if isinstance(value, list) else [value]


def previous_proofs(document: Document, proof: Document) -> list[Any]:
    """Return the proofs of `document` that `proof.previousProof` names, in that order: they are signed along.

    Raises `InvalidError` PROOF_VERIFICATION_ERROR for a name that is no text, comes twice, or is not that of exactly
    one other proof; LIMIT_EXCEEDED for more than `MAX_PROOFS` proofs or names.
    """
    if "previousProof" not in proof:
        return []
    names, there = proof["previousProof"], _limited(proofs(document))
    names = _limited(names if isinstance(names, list) else [names])
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise _broken("The proof names the ones before it by something that is no text, or twice.")
    return [_named(there, name, proof) for name in names]


def check_chain(document: Document) -> None:
    """Accept how the proofs of a document build on each other: each name is there once, and nothing goes in a circle.

    The signatures are not looked at. Raises as `previous_proofs`.
    """
    for proof in _limited(proofs(document)):
        if isinstance(proof, dict):
            check_ancestors(document, proof)


def check_ancestors(document: Document, proof: Document) -> None:
    """Accept the chain that ends in `proof`: as `check_chain`, but without the proofs that it does not build on."""
    _walk(document, proof, [proof.get("id")], set())


def _walk(document: Document, proof: Document, below: list[Any], done: set[str]) -> None:
    for item in previous_proofs(document, proof):
        if item["id"] in below:
            raise _broken("The proofs build on each other in a circle.")
        if item["id"] not in done:  # or 20 proofs that all name all before them would have a million ways
            _walk(document, item, [*below, item["id"]], done)
            done.add(item["id"])


def _named(there: list[Any], name: str, proof: Document) -> Any:
    found = [item for item in there if isinstance(item, dict) and item.get("id") == name]
    if len(found) != 1 or name == proof.get("id"):
        raise _broken("The proof builds on another one that is not there.")
    return found[0]


def _limited(items: list[Any]) -> list[Any]:
    if len(items) > MAX_PROOFS:
        raise InvalidError("LIMIT_EXCEEDED", f"The document has more than {MAX_PROOFS} proofs.")
    return items


def _broken(detail: str) -> InvalidError:
    return InvalidError("PROOF_VERIFICATION_ERROR", detail)
