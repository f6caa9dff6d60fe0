"""One badge taken apart into its slots and everything else, and what can be compiled from it.

The *slots* are the texts in which two badges of one definition differ; they stand at fixed places (`_PLACES`). The
*skeleton* is all the rest, byte for byte: names, order, lengths of lists, types, vocabularies, spelling of numbers.
Two badges with one skeleton differ in the texts of their slots and in nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from openbadge import contexts, normal_form, shape_build, strict_json
from openbadge.proof import Cryptosuite, data_integrity
from openbadge.proof.model import Canonical, HashSuite
from openbadge.shape import IRI, TEXT, Shape
from openbadge.shape_build import SCHEMES, ShapeError, marked

_ID: Final = "id"
"""A slot of the kind `IRI` that is also the name of a part of the document."""
_PLACES: Final[Mapping[str, Any]] = {
    "id": _ID,
    "validFrom": TEXT,
    "validUntil": TEXT,
    "awardedDate": TEXT,
    "credentialSubject": {
        "id": _ID,
        "identifier": {"identityHash": TEXT, "salt": TEXT},
        "result": {"value": TEXT},
    },
    "evidence": {"id": _ID, "name": TEXT, "description": TEXT, "narrative": TEXT},
    "credentialStatus": {"id": _ID, "statusListIndex": TEXT, "statusListCredential": IRI},
    "proof": {"created": TEXT, "proofValue": TEXT},
}
"""Where slots may stand, through any list; the proof comes last. A place that holds no text is no slot."""
_OF_PROOF: Final = 2
"""Slots at the end that belong to the proof: its time, and its value, which is not signed."""
_HOLE: Final = float("nan")
"""Stands for a slot in a skeleton: no JSON that `strict_json` reads holds it, so nothing can imitate it."""
RDF_SUITES: Final = frozenset({"eddsa-rdfc-2022", "ecdsa-rdfc-2019"})
"""Suites that sign RDFC-1.0 under SHA-256 (a P-384 key takes another hash: its signatures go the full way)."""
_HOSTILE: Final = ('"', "\\", "_:c14n0", "a\tb\nc\rd\x7f", "é\U0001f600\uffee", "<https://x.example/> .", "", "@id")
"""Texts with every character that N-Quads escapes, and some that look like syntax."""

At = Callable[[str, str], Any]
"""Takes the kind of a place and the text there, returns what shall stand there."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A badge taken apart: `skeleton` as JSON text with holes, the texts of its slots and their kinds, in order."""

    skeleton: str
    values: tuple[str, ...]
    kinds: tuple[str, ...]


def take_apart(document: Mapping[str, Any]) -> Apart:
    """Return the skeleton and the slots of a parsed document (from `strict_json`, not believed yet)."""
    values: list[str] = []
    kinds: list[str] = []

    def hole(kind: str, value: str) -> float:
        kinds.append(kind)
        values.append(value)
        return _HOLE

    skeleton = json.dumps(_placed(document, _PLACES, hole), separators=(",", ":"))
    return Apart(skeleton, tuple(values), tuple(kinds))


def _placed(value: Any, places: Any, at: At) -> Any:
    """Return a copy of `value` in which `at` has replaced the texts at `places`."""
    if type(places) is str:
        return at(places, value) if type(value) is str else value
    if type(value) is list:
        return [_placed(item, places, at) for item in value]
    if not isinstance(value, dict):
        return value
    copy = dict(value)
    for name, inner in places.items():
        if name in copy:
            copy[name] = _placed(copy[name], inner, at)
    return copy


@dataclass(frozen=True, slots=True)
class KnownShape:
    """What was compiled from a skeleton; made by `compile_shape` alone, and immutable.

    `kinds` are those of the slots, `names` the numbers of those that name a part, `taken` the names that are
    constant, `document` and `proof` the compiled badge without its proof, and its proof configuration.
    """

    issuer: str
    kinds: tuple[str, ...]
    names: tuple[int, ...]
    taken: frozenset[str]
    document: Shape
    proof: Shape

    def canonical(self, values: Sequence[str]) -> Canonical | None:
        """Return the canonical bytes of proof configuration and document for the texts of the slots.

        None when a text is outside what was proven, or makes two things equal: then the full way must be gone.
        """
        names = {values[number] for number in self.names}
        if len(names) != len(self.names) or not self.taken.isdisjoint(names) or not self._fit(values):
            return None
        proof, document = self.proof.canonical(values[-2:-1]), self.document.canonical(values[:-_OF_PROOF])
        return None if proof is None or document is None else Canonical(proof, document)

    def _fit(self, values: Sequence[str]) -> bool:
        fits = _address().fullmatch
        return all(kind == TEXT or fits(value) for kind, value in zip(self.kinds, values, strict=True))


@cache
def _address() -> re.Pattern[str]:
    """Addresses of the schemes that a compile proves, in ASCII, on no host on which a vocabulary has its terms.

    Expansion and compaction treat all of these alike: none is a term, begins with a prefix, or can be shortened.
    """
    files = contexts.contexts()
    texts = [item for url in files.urls for item in strict_json.walk(files.document(url)) if isinstance(item, str)]
    owned = sorted({re.escape(found[0]) for text in texts if (found := re.match(r"https?://[^/?#]*", text))})
    terms = sorted({re.escape(text) for text in texts if text.startswith(("urn:", "did:", "mailto:"))})
    schemes = "|".join(map(re.escape, SCHEMES))
    return re.compile(rf"(?!{'|'.join(owned + terms)})(?:{schemes})[A-Za-z0-9!$%&'()*+,\-./:;=?@_~#]+")


def suite_of_known(document: Mapping[str, Any]) -> Cryptosuite | None:
    """Return the suite of a document that may have a known shape: one proof, of a suite in `RDF_SUITES`."""
    proofs = data_integrity.proofs(document)
    if len(proofs) != 1 or "previousProof" in proofs[0]:
        return None
    suite = data_integrity.read_suite(proofs[0])
    return suite if suite.name in RDF_SUITES and isinstance(proofs[0].get("created"), str) else None


def compile_shape(document: Mapping[str, Any], issuer: str) -> KnownShape:
    """Compile a badge that the full way has just found valid, and prove it; costs about 15 verifications.

    Raises `ShapeError` when it cannot be compiled or proven, `InvalidError` when a marked one loses data.
    """
    suite = suite_of_known(document)
    apart = take_apart(document)
    if suite is None or not isinstance(suite, HashSuite):
        raise ShapeError("its signature is not of a kind that is kept")
    variants = [_parts(_marked(document, scheme), suite) for scheme in SCHEMES]
    kinds = tuple(TEXT if kind == TEXT else IRI for kind in apart.kinds)
    known = KnownShape(
        issuer,
        kinds,
        tuple(number for number, kind in enumerate(apart.kinds) if kind == _ID),
        frozenset(_constant_names(document)),
        shape_build.build([unsecured for unsecured, _ in variants], kinds[:-_OF_PROOF]),
        shape_build.build([config for _, config in variants], [TEXT]),
    )
    _prove(known, document, apart, suite)
    return known


def _marked(document: Mapping[str, Any], scheme: str) -> dict[str, Any]:
    """Put the marks of `shape_build` into the slots; the proof's only signed slot is the first of its own shape."""
    number = -1

    def mark(kind: str, _value: str) -> str:
        nonlocal number
        number += 1
        return marked(number, TEXT if kind == TEXT else IRI, scheme)

    result: dict[str, Any] = _placed(document, _PLACES, mark)
    for proof in data_integrity.proofs(result):
        proof["created"] = marked(0, TEXT)
    return result


def _parts(document: Mapping[str, Any], suite: Cryptosuite) -> tuple[dict[str, Any], dict[str, Any]]:
    (proof,) = data_integrity.proofs(document)
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    return data_integrity.parts(document, config, suite)


def _constant_names(document: Mapping[str, Any]) -> list[str]:
    bare = _placed(document, _PLACES, lambda _kind, _value: None)
    return [item["id"] for item in strict_json.walk(bare) if isinstance(item, dict) and isinstance(item.get("id"), str)]


def _prove(known: KnownShape, document: Mapping[str, Any], apart: Apart, suite: HashSuite) -> None:
    """Compare with the full way on the badge itself, and on hostile texts and addresses of every scheme.

    All must be in normal form, as badges of this shape are from now on taken to be. Raises `ShapeError`.
    """
    if known.canonical(apart.values) is None:
        raise ShapeError("its own texts are outside what can be kept")
    for turn in range(-1, len(_HOSTILE)):
        values = apart.values if turn < 0 else _sample(known.kinds, turn)
        sample = _filled(document, values)
        normal_form.check(sample)
        unsecured, config = _parts(sample, suite)
        full = Canonical(*(suite.transform(part, "sha256", contexts.document) for part in (config, unsecured)))
        if known.canonical(values) not in (full, None) or take_apart(sample).skeleton != apart.skeleton:
            raise ShapeError("the compiled form differs from the full way")


def _filled(document: Mapping[str, Any], values: Sequence[str]) -> dict[str, Any]:
    rest = iter(values)
    result: dict[str, Any] = _placed(document, _PLACES, lambda _kind, _value: next(rest))
    return result


def _sample(kinds: Sequence[str], turn: int) -> tuple[str, ...]:
    scheme = SCHEMES[turn % len(SCHEMES)]
    return tuple(
        f"{_HOSTILE[(turn + index) % len(_HOSTILE)]}{index}" if kind == TEXT else f"{scheme}x-{turn}-{index}.example"
        for index, kind in enumerate(kinds)
    )
