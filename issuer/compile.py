"""Compiled templates: what `canon` does in milliseconds per credential, done once per definition version.

A `CompiledTemplate` belongs to one definition version, issuer profile, key, and combination of present slots. It
exists only if it has proven itself: its canonical bytes and its JSON equal those of the slow path on hostile values,
and our own verifier accepts a sample. It renders; it never signs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from issuer.lint import Linter, LintError
from issuer.template import Draft, Values
from openbadge import multibase, shape_build, strict_json, timestamps
from openbadge.proof import data_integrity
from openbadge.shape import IRI, TEXT, Shape
from openbadge.shape_build import SCHEMES, ShapeError, marked

Presence = tuple[tuple[str, tuple[tuple[str, ...], ...] | None], ...]
"""Which slots have a value, in order: for a list slot the members of each item, else None."""

_JSON_MARK: Final = re.compile(r'"(?:\\ue000([0-9]+)\\ue001|https://x-microcred-slot-([0-9]+)-end)"')
_HOSTILE: Final = ('"', "\\", "_:c14n0", "a\tb\nc\rd", "é\U0001f600\uffee", "<https://x.example/> .", "0", "\u2028")
"""Texts with every character that N-Quads or JSON escapes, and some that look like syntax."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One credential, ready to be signed: the 64 bytes to sign, and the JSON without its proof value."""

    to_sign: bytes
    unsecured: bytes
    proof: bytes

    def credential(self, signature: bytes) -> bytes:
        """Return the exact bytes of the signed credential."""
        value = multibase.encode_base58btc(signature).encode()
        return b'%s,"proof":[%s,"proofValue":"%s"}]}' % (self.unsecured[:-1], self.proof[:-1], value)


@dataclass(frozen=True, slots=True)
class JsonPlan:
    """JSON text with holes: constant pieces, and which slot stands between them."""

    pieces: tuple[str, ...]
    slots: tuple[int, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> JsonPlan:
        """Take the JSON of a document with `marked` slots apart."""
        pieces = _JSON_MARK.split(strict_json.dumps(document).decode())
        slots = [int(text or address) for text, address in zip(pieces[1::3], pieces[2::3], strict=True)]
        return cls(tuple(pieces[::3]), tuple(slots))

    def text(self, values: Sequence[str]) -> bytes:
        """Return the JSON with the values in it, as compact ASCII."""
        parts = [self.pieces[0]]
        for slot, piece in zip(self.slots, self.pieces[1:], strict=True):
            parts += (json.dumps(values[slot]), piece)
        return "".join(parts).encode("ascii")


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """Renders the credentials of one shape; made by `compile_template` alone."""

    presence: Presence
    document: Shape
    json: JsonPlan
    proof: Shape
    proof_json: JsonPlan

    def render(self, values: Values, created: str) -> Rendered | None:
        """Return a credential to be signed, or None when its values need the slow path.

        `values` have been checked by their slot types; `created` is the time of the proof.
        """
        ordered = _ordered(values, self.presence)
        document, proof = self.document.canonical(ordered), self.proof.canonical([created])
        if document is None or proof is None:
            return None
        to_sign = hashlib.sha256(proof).digest() + hashlib.sha256(document).digest()
        return Rendered(to_sign, self.json.text(ordered), self.proof_json.text([created]))


def presence_of(values: Values) -> Presence:
    """Return which slots of a template have a value."""
    return tuple(
        (name, None if isinstance(value, str) else tuple(tuple(item) for item in value))
        for name, value in sorted(values.items())
    )


def compile_template(
    draft: Draft, values: Values, proof_options: Mapping[str, str], linter: Linter, now: datetime
) -> CompiledTemplate:
    """Compile a draft for the slots that `values` fill, and prove it.

    `values` are those of a credential that is about to be issued; `proof_options` lack the time. Raises `LintError`
    with the reason when it cannot be compiled or proven, or when our own verifier refuses the sample.
    """
    presence = presence_of(values)
    try:
        compiled = _compile(draft, presence, proof_options)
    except ShapeError as error:
        raise LintError((f"compile: {error}",)) from error
    _prove(compiled, draft, values, proof_options)
    linter.check(draft.fill(values), now)
    return compiled


def _compile(draft: Draft, presence: Presence, proof_options: Mapping[str, str]) -> CompiledTemplate:
    kinds = _kinds(draft, presence)
    variants = [draft.place(_marked_values(presence, kinds, scheme)) for scheme in SCHEMES]
    proof = {**proof_options, "created": marked(0, TEXT)}
    config = {"@context": draft.document["@context"], **proof}
    return CompiledTemplate(
        presence=presence,
        document=shape_build.build(variants, kinds),
        json=JsonPlan.of(variants[0]),
        proof=shape_build.build([config] * len(SCHEMES), [TEXT]),
        proof_json=JsonPlan.of(proof),
    )


def _kinds(draft: Draft, presence: Presence) -> list[str]:
    names = [name if part is None else f"{name}.{part}" for name, _, part in _places(presence)]
    return [IRI if draft.template.slots[name].type.name == "iri" else TEXT for name in names]


def _places(presence: Presence) -> list[tuple[str, int, str | None]]:
    """The slots of a presence in order: name, item, and member of the item or None."""
    places: list[tuple[str, int, str | None]] = []
    for name, items in presence:
        if items is None:
            places.append((name, 0, None))
        else:
            places += [(name, index, part) for index, item in enumerate(items) for part in item]
    return places


def _ordered(values: Values, presence: Presence) -> list[str]:
    ordered: list[str] = []
    for name, items in presence:
        value = values[name]
        if items is None:
            ordered.append(value)  # type: ignore[arg-type]  # presence says that it is a text
        else:
            ordered += [item[part] for item, parts in zip(value, items, strict=True) for part in parts]  # type: ignore[index]
    return ordered


def _marked_values(presence: Presence, kinds: Sequence[str], scheme: str) -> dict[str, Any]:
    numbers = count()
    result: dict[str, Any] = {}
    for name, items in presence:
        if items is None:
            result[name] = marked(number := next(numbers), kinds[number], scheme)
        else:
            result[name] = [
                {part: marked(number := next(numbers), kinds[number], scheme) for part in item} for item in items
            ]
    return result


def _prove(compiled: CompiledTemplate, draft: Draft, values: Values, proof_options: Mapping[str, str]) -> None:
    """Compare fast and slow bytes on the given values and on hostile ones. Raises `LintError`."""
    created = timestamps.write(datetime(2026, 1, 1, tzinfo=UTC))
    kinds = _kinds(draft, compiled.presence)
    ordinary = _ordered(values, compiled.presence)
    samples = [ordinary]
    for turn in range(len(_HOSTILE)):
        samples.append(
            [
                f"urn:x:{turn}:{index}" if kind == IRI else f"{_HOSTILE[(turn + index) % len(_HOSTILE)]}{index}"
                for index, kind in enumerate(kinds)
            ]
        )
    for sample in samples:
        document = draft.place(_placed(sample, compiled.presence))
        config = {**proof_options, "created": created}
        slow = data_integrity.hash_data(document, config, "Ed25519")
        proof = compiled.proof.canonical([created])
        for canonical in (compiled.document.canonical(sample), compiled.document.general(sample)):
            fast = (
                None
                if canonical is None
                else hashlib.sha256(proof or b"").digest() + hashlib.sha256(canonical).digest()
            )
            if fast is not None and fast != slow:
                raise LintError(("compile: the compiled form differs from the general algorithm.",))
        if compiled.json.text(sample) != strict_json.dumps(document):
            raise LintError(("compile: the compiled JSON differs from the document.",))


def _placed(sample: Sequence[str], presence: Presence) -> dict[str, Any]:
    numbers = count()
    return {
        name: sample[next(numbers)]
        if items is None
        else [{part: sample[next(numbers)] for part in item} for item in items]
        for name, items in presence
    }


__all__ = ["CompiledTemplate", "JsonPlan", "Presence", "Rendered", "compile_template", "presence_of"]
