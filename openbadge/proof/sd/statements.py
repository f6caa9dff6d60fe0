"""A document as signed statements, and which of them a selection shows.

VC Data Integrity ECDSA Cryptosuites 1.0, sections 3.4.15 "selectCanonicalNQuads" and 3.4.16 "canonicalizeAndGroup".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openbadge import canon, rdfc
from openbadge.errors import InvalidError
from openbadge.proof.sd import labels, pointers, skolem

MAX_STATEMENTS: Final = 1_000
"""Statements of a document: each is one signature, 30 µs to make and 100 µs to check; a full badge has 150."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What some pointers select: the `document` that shows it, the indexes of its statements (ascending), and the
    keyed labels by the canonical labels that a verifier will find in `document`."""

    document: Mapping[str, Any]
    indexes: tuple[int, ...]
    labels: Mapping[str, str]


NOTHING: Final = Selection({}, (), {})


@dataclass(frozen=True, slots=True)
class Statements:
    """A document without proof, its signed `lines` (sorted N-Quads with keyed labels), and the way back to its parts.

    `labels` are the keyed labels by those of `skolemized`, the document with a name for every object.
    """

    document: Mapping[str, Any]
    lines: tuple[str, ...]
    labels: Mapping[str, str]
    skolemized: Mapping[str, Any]
    load: canon.Loader

    @classmethod
    def read(cls, document: Mapping[str, Any], key: bytes, load: canon.Loader) -> Statements:
        """Canonicalise a document and label it under a 32-byte HMAC key.

        Raises `InvalidError` as `canon.quads`, LIMIT_EXCEEDED for more than `MAX_STATEMENTS`, and
        PROOF_GENERATION_ERROR for a document that the suite cannot take apart without changing it.
        """
        skolemized = skolem.skolemize(document, load)
        quads = skolem.quads(skolemized, load)
        canonical = rdfc.canonicalize(quads)
        if canonical.text != rdfc.canonicalize(canon.quads(document, load=load)).text:
            raise InvalidError("PROOF_GENERATION_ERROR", "The document cannot be taken apart into statements.")
        keyed = {node: labels.hmac_label(label, key) for node, label in canonical.labels.items()}
        lines = tuple(labels.relabelled(quads, keyed))
        if len(lines) > MAX_STATEMENTS:
            raise InvalidError("LIMIT_EXCEEDED", f"The document makes more than {MAX_STATEMENTS:,} statements.")
        return cls(document, lines, keyed, skolemized, load)

    def select(self, wanted: Sequence[str]) -> Selection:
        """Return what a list of JSON pointers selects; no pointers select nothing.

        Raises `InvalidError` MALFORMED_VALUE_ERROR for a pointer without match, and PROOF_GENERATION_ERROR for a part
        that says something else than the whole does: a piece of an ordered list, for one.
        """
        if not wanted:
            return NOTHING
        paths = pointers.parse_all(wanted)
        part = pointers.select(self.document, paths)
        quads = skolem.quads(pointers.select(self.skolemized, paths), self.load)
        canonical = rdfc.canonicalize(quads)
        shown = set(labels.relabelled(quads, {node: self.labels.get(node, "") for node in canonical.labels}))
        told = rdfc.canonicalize(canon.quads(part, load=self.load)).text
        if not shown <= set(self.lines) or told != canonical.text:
            raise InvalidError("PROOF_GENERATION_ERROR", "The selected part says something else than the whole.")
        indexes = tuple(index for index, text in enumerate(self.lines) if text in shown)
        return Selection(part, indexes, {label: self.labels[node] for node, label in canonical.labels.items()})
