"""What badges of one definition have in common, compiled from one of them: how they are spelled, signed, and by whom.

The *slots* are the texts in which two badges of one definition differ; they stand at fixed places (`PLACES`). All the
rest is constant, byte for byte (`verifier.layout`): so are the issuer, the name of its key, the suite and purpose of
the proof, and everything that the vocabularies say. From the texts of the slots come the two hashes that are signed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from openbadge import canon, normal_form, shape_build, strict_json, timestamps
from openbadge.proof import data_integrity
from openbadge.proof.model import Canonical, Cryptosuite, HashSuite
from openbadge.shape import IRI, TEXT, Shape
from openbadge.shape_build import SCHEMES, ShapeError, marked
from openbadge.text import picker
from verifier import layout
from verifier.layout import (
    ADDRESS,
    CREATED,
    MOMENT,
    NAME,
    PROOF_VALUE,
    VALID_FROM,
    VALID_UNTIL,
    Layout,
    lay_out,
)
from verifier.material import controller_url, issuer_id

PLACES: Final[Mapping[str, Any]] = {
    "id": NAME,
    "validFrom": VALID_FROM,
    "validUntil": VALID_UNTIL,
    "awardedDate": MOMENT,
    "credentialSubject": {
        "id": NAME,
        "identifier": {"identityHash": layout.TEXT, "salt": layout.TEXT},
        "result": {"value": layout.TEXT},
    },
    "evidence": {"id": NAME, "name": layout.TEXT, "description": layout.TEXT, "narrative": layout.TEXT},
    "credentialStatus": {"id": NAME, "statusListIndex": layout.TEXT, "statusListCredential": ADDRESS},
    "proof": {"created": CREATED, "proofValue": PROOF_VALUE},
}
"""Where slots may stand, through any list. A place that holds no text is no slot."""
_ADDRESSES: Final = frozenset({NAME, ADDRESS})
_OF_PROOF: Final = frozenset({CREATED, PROOF_VALUE})
RDF_SUITES: Final = frozenset({"eddsa-rdfc-2022", "ecdsa-rdfc-2019"})
"""Suites that sign RDFC-1.0 under SHA-256 (a P-384 key takes another hash: its signatures go the full way)."""
_HOSTILE: Final = ('"', "\\", "_:c14n0", "a\tb\nc\rd\x7f", "é\U0001f600\uffee", "<https://x.example/> .", "", "@id")
"""Texts with every character that N-Quads escapes, and some that look like syntax."""
_MOMENT: Final = "2026-03-31T10:00:0{}Z"

At = Callable[[str, str], Any]
"""Takes the kind of a slot and its text, returns what shall stand there."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is constant in all badges of a shape, and was true of one that the full way found valid.

    `key_url` is where the key document of the issuer is (None: the issuer's id is the key), `method` the name of the
    key, `expires` the end of the proof, if it says one.
    """

    issuer: str
    key_url: str | None
    method: str
    suite: HashSuite
    expires: datetime | None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Facts:
        """Read them from a badge that the full way has found valid. Raises `ShapeError` for one of another kind."""
        suite = suite_of_known(document)
        (proof,) = data_integrity.proofs(document)
        issuer, method = issuer_id(document), proof["verificationMethod"]
        if suite is None or method.partition("#")[0] != issuer:
            raise ShapeError("its signature is not of a kind that is kept")
        expires = timestamps.parse(proof["expires"], "proof.expires") if "expires" in proof else None
        return cls(issuer, controller_url(issuer), method, suite, expires)


@dataclass(slots=True, eq=False)
class KnownShape:
    """What was compiled from a badge; made by `compile_shape` alone, and immutable but for when it was `used` last.

    `names` are the numbers of the slots that name a part, `taken` the names that are constant. `document` is the
    compiled badge without its proof, of the slots `of_document`. `config` is the canonical proof configuration around
    its one slot. The other numbers are those of single slots, None where there is none.
    """

    layout: Layout
    facts: Facts
    names: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    count: int
    taken: frozenset[bytes]
    document: Shape
    of_document: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    config: tuple[bytes, bytes]
    created: int
    proof_value: int
    valid_from: int
    valid_until: int | None
    used: int = 0

    def match(self, data: bytes) -> tuple[bytes, ...] | None:
        """Return the terms of the slots of a badge of this shape.

        None for any other badge, and for one in which two parts have one name: those the full way must look at.
        """
        terms = self.layout.match(data)
        if terms is None:
            return None
        names = {*self.names(terms)}
        return terms if len(names) == self.count and names.isdisjoint(self.taken) else None

    def hashed(self, terms: Sequence[bytes]) -> bytes | None:
        """Return what is signed: two hashes in a row. None when values make two things equal: go the full way."""
        document = self.document.sha256([*self.of_document(terms)])
        before, after = self.config
        return None if document is None else sha256(before + terms[self.created] + after).digest() + document


def take_apart(document: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the kinds and the texts of the slots of a document, in its order."""
    kinds: list[str] = []
    values: list[str] = []

    def keep(kind: str, value: str) -> str:
        kinds.append(kind)
        values.append(value)
        return value

    placed(document, PLACES, keep)
    return kinds, values


def placed(value: Any, places: Any, at: At) -> Any:
    """Return a copy of `value` in which `at` has replaced the texts at `places`, asked in the order of the document."""
    if type(value) is str:
        return at(places, value) if type(places) is str else value
    if type(value) is list:
        return [placed(item, places, at) for item in value]
    if not isinstance(value, Mapping):
        return value
    inside = places if isinstance(places, Mapping) else {}
    return {name: placed(item, inside[name], at) if name in inside else item for name, item in value.items()}


def suite_of_known(document: Mapping[str, Any]) -> HashSuite | None:
    """Return the suite of a document that may have a known shape: one proof, of a suite in `RDF_SUITES`."""
    proofs = data_integrity.proofs(document)
    if len(proofs) != 1 or "previousProof" in proofs[0] or "@context" in proofs[0]:
        return None
    suite = data_integrity.read_suite(proofs[0])
    kept = isinstance(suite, HashSuite) and suite.name in RDF_SUITES and "created" in proofs[0]
    return suite if kept and isinstance(suite, HashSuite) else None


def compile_shape(document: Mapping[str, Any], text: str) -> KnownShape:
    """Compile a badge that the full way has just found valid, and prove it; costs about a hundred verifications.

    Raises `ShapeError` when it cannot be compiled or proven, `InvalidError` when a marked one loses data.
    """
    facts = Facts.read(document)
    kinds, values = take_apart(document)
    variants = [_parts(_marked(document, scheme), facts.suite) for scheme in SCHEMES]
    inside = [number for number, kind in enumerate(kinds) if kind not in _OF_PROOF]
    names = [number for number, kind in enumerate(kinds) if kind == NAME]
    known = KnownShape(
        layout=lay_out(text, PLACES),
        facts=facts,
        names=picker(names),
        count=len(names),
        taken=frozenset(_constant_names(document)),
        document=shape_build.build([document for document, _ in variants], [_kind(kinds[number]) for number in inside]),
        of_document=picker(inside),
        config=_around(shape_build.build([config for _, config in variants], [TEXT])),
        created=kinds.index(CREATED),
        proof_value=kinds.index(PROOF_VALUE),
        valid_from=kinds.index(VALID_FROM),
        valid_until=kinds.index(VALID_UNTIL) if VALID_UNTIL in kinds else None,
    )
    _prove(known, document, values)
    return known


def _kind(kind: str) -> str:
    return IRI if kind in _ADDRESSES else TEXT


def _marked(document: Mapping[str, Any], scheme: str) -> dict[str, Any]:
    """Put the marks of `shape_build` into the slots; the proof's only signed slot is the first of its own shape."""
    number = -1

    def mark(kind: str, value: str) -> str:
        nonlocal number
        if kind in _OF_PROOF:
            return marked(0, TEXT) if kind == CREATED else value
        number += 1
        return marked(number, _kind(kind), scheme)

    result: dict[str, Any] = placed(document, PLACES, mark)
    return result


def _parts(document: Mapping[str, Any], suite: Cryptosuite) -> tuple[dict[str, Any], dict[str, Any]]:
    (proof,) = data_integrity.proofs(document)
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    return data_integrity.parts(document, config, suite)


def _around(config: Shape) -> tuple[bytes, bytes]:
    """Return the canonical form of a proof configuration around its only slot.

    With one blank node there is one label, and with one statement for the slot one order, whatever stands in it.
    """
    mark = "\ue000"
    found = config.canonical([mark])
    if found is None or len(config.blanks) > 1 or found.count(mark.encode()) != 1:
        raise ShapeError("its proof has more parts than one")
    before, _, after = found.partition(mark.encode())
    return before, after


def _constant_names(document: Mapping[str, Any]) -> list[bytes]:
    bare = placed(document, PLACES, lambda _kind, _value: None)
    objects = (item for item in strict_json.walk(bare) if isinstance(item, dict))
    return [item["id"].encode() for item in objects if isinstance(item.get("id"), str)]


def _prove(known: KnownShape, document: Mapping[str, Any], own: Sequence[str]) -> None:
    """Compare with pyld on the badge itself, and on hostile texts and addresses of every scheme.

    All must be in normal form, as badges of this shape are from now on taken to be. Raises `ShapeError`.
    """
    for turn in range(-1, len(_HOSTILE)):
        values = own if turn < 0 else [_sample(kind, turn, index) for index, kind in enumerate(known.layout.kinds)]
        sample = _filled(document, values)
        data = _spelled(known.layout, values)
        terms = known.match(data)
        found = None if terms is None else known.hashed(terms)
        if strict_json.loads(data) != sample or (found is None and turn < 0):
            raise ShapeError("its own texts are outside what can be kept")
        if found not in (None, full_hash(sample, known.facts.suite)):
            raise ShapeError("the compiled form differs from the full way")


def _filled(document: Mapping[str, Any], values: Sequence[str]) -> dict[str, Any]:
    rest = iter(values)
    result: dict[str, Any] = placed(document, PLACES, lambda _kind, _value: next(rest))
    return result


def full_hash(document: Mapping[str, Any], suite: HashSuite) -> bytes:
    """Return what is signed as pyld has it, for a document that pyld finds in normal form.

    Raises `InvalidError` as `normal_form.check`.
    """
    normal_form.check_thoroughly(document)
    unsecured, config = _parts(document, suite)
    return Canonical(canon.canonical(config), canon.canonical(unsecured)).hashed("sha256")


def _spelled(spelling: Layout, values: Sequence[str]) -> bytes:
    texts = [json.dumps(value, ensure_ascii=False)[1:-1].encode() for value in values]
    return b"".join(part for pair in zip(spelling.constants, [*texts, b""], strict=True) for part in pair)


def _sample(kind: str, turn: int, index: int) -> str:
    if kind == PROOF_VALUE:
        return "z" + "2" * 88
    if kind in _ADDRESSES:
        return f"{SCHEMES[turn % len(SCHEMES)]}x-{turn}-{index}.example"
    if kind == layout.TEXT:
        return f"{_HOSTILE[(turn + index) % len(_HOSTILE)]}{index}"
    return _MOMENT.format(turn)
