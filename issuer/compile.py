"""Compiled templates: what `canon` does in milliseconds per credential, done once per definition version.

A `CompiledTemplate` belongs to one definition version, issuer profile, key, and combination of present slots. It
exists only if it has proven itself: its canonical bytes and its JSON equal those of the slow path on hostile values,
and our own verifier accepts a sample. What cannot be proven is refused with the reason, when a definition is approved.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from issuer.compiled import MAX_CONSTANT, CompiledProof, CompiledTemplate, Rendered, grammar_of, proof_start, rules_of
from issuer.layout import Layout, presence_of
from issuer.lint import Linter, LintError
from issuer.template import Draft, Values
from openbadge import shape_build, strict_json, timestamps
from openbadge.errors import InvalidError
from openbadge.proof import data_integrity
from openbadge.shape import IRI, TEXT, Shape
from openbadge.shape_build import SCHEMES, ShapeError, marked
from openbadge.text import Text

_JSON_MARK: Final = re.compile(r'(?<=")(?:\\ue000([0-9]+)\\ue001|https://x-microcred-slot-([0-9]+)-end)(?=")')
_HOSTILE: Final = (
    '"', "\\", "_:c14n0", "a\tb\nc\rd", "é\U0001f600\uffee", "<https://x.example/> .", "0", "\u2028", "\\u0000", "x\\",
)  # fmt: skip
"""Texts with every character that N-Quads or JSON escapes, and some that look like syntax."""


def compile_template(
    draft: Draft, values: Values, proof_options: Mapping[str, str], linter: Linter, now: datetime
) -> CompiledTemplate:
    """Compile a draft for the slots that `values` fill, and prove it.

    `values` are those of a credential that is about to be issued; the time of `proof_options` does not matter.
    Raises `FieldError` for values that do not fit, and `LintError` with the reason when the draft cannot be compiled
    or proven, or when our own verifier refuses the sample.
    """
    draft.check(values)
    layout = Layout(draft.template, presence_of(values))
    try:
        compiled = _compiled(draft, layout, proof_options)
        for sample in (layout.ordered(values), *_samples(layout)):
            prove(compiled, sample, proof_options, now)
    except ShapeError as error:
        raise LintError((f"compile: {error}.",)) from error
    except InvalidError as error:
        raise LintError((f"compile: {error.detail}",)) from error
    linter.check(draft.fill(values), now)
    return compiled


def parts_of(draft: Draft, layout: Layout, proof_options: Mapping[str, str], scheme: str) -> tuple[Any, Any]:
    """Return the document and the proof configuration with `marked` slots; the proof's only slot is its time."""
    marks = [marked(number, kind, scheme) for number, kind in enumerate(kinds_of(layout))]
    return draft.place(layout.placed(marks)), {**proof_options, "created": marked(0, TEXT)}


def kinds_of(layout: Layout) -> list[str]:
    """Return the kind that each slot of a layout has in a shape."""
    return [IRI if slot.type.name == "iri" else TEXT for slot in layout.slots]


def finish(
    draft: Draft, layout: Layout, proof_options: Mapping[str, str], document: Shape, proof: Shape
) -> CompiledTemplate:
    """Return the compiled template for the shapes of a document and its proof configuration.

    Raises `ShapeError` when a part of the document has a name and says nothing: names must not coincide, and only of
    parts that say something does a shape find that out.
    """
    marked_document, marked_proof = parts_of(draft, layout, proof_options, SCHEMES[0])
    names = set(_names(marked_document))
    slots = {marked(number, IRI): number for number, kind in enumerate(document.kinds) if kind == IRI}
    subjects = {subject[:-1].decode() for subject in document.subjects}
    subjects |= {name for name, number in slots.items() if number in dict(document.slot_blocks)}
    if names - subjects:
        raise ShapeError(f"a part of the document has the id {min(names - subjects)} and says nothing else")
    text = strict_json.dumps(marked_document)
    if len(text) > MAX_CONSTANT:
        raise ShapeError(f"what all learners share has {len(text):,} bytes; the limit is {MAX_CONSTANT:,}")
    return CompiledTemplate(
        draft=draft,
        layout=layout,
        document=document,
        json=_json(text[:-1]),
        proof=CompiledProof(proof, _json(proof_start(strict_json.dumps(marked_proof)))),
        rules=rules_of(layout, [slots[name] for name in names if name in slots], frozenset(names - set(slots))),
        grammar=grammar_of(layout),
    )


def prove(
    compiled: CompiledTemplate, sample: Sequence[str], proof_options: Mapping[str, str], created: datetime
) -> None:
    """Compare fast and slow bytes for one sample, values in order. Raises `ShapeError` when they differ."""
    document = compiled.draft.place(compiled.layout.placed(sample))
    time = timestamps.write(created)
    slow = data_integrity.hash_data(document, {**proof_options, "created": time}, "Ed25519")
    _, proof, proof_json = compiled.proof.at(time)
    shape = compiled.document
    ways = (shape.canonical(sample), shape.general(sample))
    digests = {hashlib.sha256(text).digest() for text in ways if text is not None}
    digests.add(shape.sha256(shape.terms(sample)) or slow[32:])
    if digests != {slow[32:]} or proof != slow[:32]:
        raise ShapeError("the compiled form differs from the general algorithm")
    texts = [strict_json.dumps(value)[1:-1] for value in sample]
    signed = {**document, "proof": [{**proof_options, "created": time, "proofValue": "z"}]}
    if Rendered(b"", [compiled.json.fill(texts), proof_json]).credential(b"") != strict_json.dumps(signed):
        raise ShapeError("the compiled JSON differs from the document")


def hostile(layout: Layout, turn: int) -> list[str]:
    """Return values of which no two are equal, with characters that need escapes, addresses of one scheme."""
    scheme = SCHEMES[turn % len(SCHEMES)]
    return [
        f"{scheme}x-{turn}-{number}.example" if kind == IRI else f"{_HOSTILE[(turn + number) % len(_HOSTILE)]}{number}"
        for number, kind in enumerate(kinds_of(layout))
    ]


def _compiled(draft: Draft, layout: Layout, proof_options: Mapping[str, str]) -> CompiledTemplate:
    variants = [parts_of(draft, layout, proof_options, scheme) for scheme in SCHEMES]
    context = draft.document["@context"]
    document = shape_build.build([variant for variant, _ in variants], kinds_of(layout))
    proof = shape_build.build([{"@context": context, **variants[0][1]}] * len(SCHEMES), [TEXT])
    return finish(draft, layout, proof_options, document, proof)


def _samples(layout: Layout) -> Iterator[list[str]]:
    for turn in range(len(_HOSTILE)):
        yield hostile(layout, turn)


def _json(text: bytes) -> Text:
    """Take JSON with marks apart. A slot is always a whole text, so its quotation marks are constant."""
    pieces = _JSON_MARK.split(text.decode())
    parts: list[bytes | int] = [pieces[0].encode()]
    for literal, address, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        parts += (int(literal or address), after.encode())
    return Text(parts)


def _names(document: Any) -> Iterator[str]:
    for item in strict_json.walk({name: value for name, value in document.items() if name != "@context"}):
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield item["id"]


__all__ = ["compile_template", "finish", "hostile", "kinds_of", "parts_of", "prove"]
