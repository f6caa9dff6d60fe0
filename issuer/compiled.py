"""A compiled template at work: from slot values to what is signed, and to the exact bytes of the credential.

Three ways, all of which end in the same bytes:

1. exact: all blank nodes and all statements differ, so that canonicalising is ranking a few hashes (`openbadge.shape`)
2. general: some coincide; RDFC-1.0 on the statements with the values in them, with a bound on work
3. full: two parts of the credential would have one name; `render` returns None, and the caller goes the way of any
   unknown document, with all of its checks

What is checked here on each credential: the grammar of every value, and the rules of the data model. Those see nothing
of a value but its grammar, except in slots that the template calls *judged*, and except for the order of `validFrom`
and `validUntil`. So they are asked once for each combination of these, on the whole credential.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Any, Final, NamedTuple, NoReturn

from issuer.errors import IntegrityError
from issuer.layout import Layout
from issuer.lint import LintError
from issuer.template import Draft, Values
from openbadge import multibase, strict_json
from openbadge.credential import check_data_model
from openbadge.errors import InvalidError
from openbadge.shape import Shape
from openbadge.text import Text, picker

MAX_JUDGED: Final = 1_024
"""Combinations of judged values that a compiled template remembers as accepted: results times their states."""
_BETWEEN: Final = "\0"
"""Stands between the values while they are checked together: a character that no slot type allows."""
_PROOF_END: Final = b'"}]}'
MAX_BYTES: Final = strict_json.MAX_BYTES
"""Bytes of a credential: what our own verifier, and so probably others, read at most."""
MAX_CONSTANT: Final = MAX_BYTES // 4
"""Bytes of a credential that are the same for all learners."""
_LONG: Final = 50_000
"""Characters of all values together; fewer always fit, at twelve bytes for one that JSON escapes as two halves."""


class Rendered(NamedTuple):
    """One credential, ready to be signed: the 64 bytes to sign, and its JSON up to the proof value."""

    to_sign: bytes
    parts: list[bytes]

    @classmethod
    def of(cls, document: Mapping[str, Any], proof_options: Mapping[str, Any], to_sign: bytes) -> Rendered:
        """Return a document and its proof without value, as a compiled template writes them."""
        return cls(to_sign, [strict_json.dumps(document)[:-1], proof_start(strict_json.dumps(proof_options))])

    def credential(self, signature: bytes) -> bytes:
        """Return the exact bytes of the signed credential."""
        return b"".join([*self.parts, multibase.encode_base58btc(signature).encode(), _PROOF_END])


@dataclass(frozen=True, slots=True)
class CompiledProof:
    """The proof of one key, in which only the time varies: its shape, and its JSON up to the proof value."""

    shape: Shape
    json: Text
    latest: list[tuple[str, bytes, bytes]] = field(default_factory=list, init=False, repr=False, compare=False)

    def at(self, created: str) -> tuple[str, bytes, bytes]:
        """Return, for a time, that time, the SHA-256 of the proof configuration, and the JSON.

        All credentials of a second share them, so the latest is kept.
        """
        if self.latest and self.latest[0][0] == created:
            return self.latest[0]
        canonical = self.shape.canonical([created])
        if canonical is None:
            raise IntegrityError("A proof without values that could coincide is always exact.")
        made = (created, hashlib.sha256(canonical).digest(), self.json.fill([created.encode()]))
        self.latest[:] = [made]
        return made


@dataclass(frozen=True, slots=True)
class Rules:
    """What the rules of the data model see of the values; `accepted` are the combinations that passed.

    `judged` picks the judged values, `period` are the numbers of `validFrom` and `validUntil`, `names` those of the
    slots that name a part of the document; `taken` are the names that are constant.
    """

    judged: Callable[[Sequence[str]], tuple[str, ...]]
    period: tuple[int, int] | None
    names: tuple[int, ...]
    taken: frozenset[str]
    accepted: set[tuple[Any, ...]] = field(default_factory=set, init=False, repr=False, compare=False)

    def seen(self, values: Sequence[str]) -> tuple[Any, ...]:
        """Return everything about the values that the rules see. Times of one form compare as texts."""
        reversed_ = self.period is not None and values[self.period[1]] < values[self.period[0]]
        return (reversed_, *self.judged(values))

    def check(self, seen: tuple[Any, ...], document: bytes) -> None:
        """Accept a document of which the rules see this. Raises `LintError`."""
        try:
            check_data_model(json.loads(document))
        except InvalidError as error:
            raise LintError((f"data-model: {error.detail}",)) from error
        if len(self.accepted) >= MAX_JUDGED:
            self.accepted.clear()
        self.accepted.add(seen)

    def distinct(self, values: Sequence[str]) -> bool:
        """Say whether no two parts of the document have the same name."""
        names = {values[number] for number in self.names}
        return len(names) == len(self.names) and self.taken.isdisjoint(names)


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """Renders the credentials of one shape; made by `compile_template` and `compiled_cache` alone.

    `json` is the text of the document up to its last brace, from which the proof goes on.
    """

    draft: Draft
    layout: Layout
    document: Shape
    json: Text
    proof: CompiledProof
    rules: Rules
    grammar: re.Pattern[str]

    def render(self, values: Values, created: str) -> Rendered | None:
        """Return a credential to be signed, or None when two of its parts would have one name.

        `values` have the presence of the layout; `created` is the time of the proof. Raises `FieldError` for a value
        outside of its slot type, and `LintError` for a credential that breaks a rule of the data model.
        """
        ordered = self.layout.ordered(values)
        try:
            joined = _BETWEEN.join(ordered)
        except TypeError:
            self._refuse(values)
        if self.grammar.fullmatch(joined) is None:
            self._refuse(values)
        terms, texts = self._terms(ordered, joined)
        digest = self.document.sha256(terms)
        if digest is None:
            if not self.rules.distinct(ordered):
                return None
            digest = self._general(ordered)
        parts = self.json.parts(texts)
        if len(joined) > _LONG and sum(map(len, parts)) > MAX_BYTES - MAX_CONSTANT:
            raise LintError(("size: The values of the credential are so long that programs would not read it.",))
        seen = self.rules.seen(ordered)
        if seen not in self.rules.accepted:
            self.rules.check(seen, b"".join([*parts, b"}"]))
        _, proof, proof_json = self.proof.at(created)
        parts.append(proof_json)
        return Rendered(proof + digest, parts)

    def _refuse(self, values: Values) -> NoReturn:
        self.draft.check(values)
        raise IntegrityError("The grammar of a compiled template is not that of its slots.")

    def _terms(self, ordered: Sequence[str], joined: str) -> tuple[list[bytes], list[bytes]]:
        """Return the values as terms of N-Quads and as JSON, both without quotation marks.

        Only these characters of what slot types allow are escaped in N-Quads; JSON escapes them and all but ASCII.
        """
        if '"' in joined or "\\" in joined or "\n" in joined or "\t" in joined or "\r" in joined:
            return self.document.terms(ordered), [encode_basestring_ascii(value)[1:-1].encode() for value in ordered]
        terms = joined.encode().split(b"\0")
        if joined.isascii():
            return terms, terms
        return terms, encode_basestring_ascii(joined)[1:-1].encode().split(b"\\u0000")

    def _general(self, ordered: Sequence[str]) -> bytes:
        try:
            return hashlib.sha256(self.document.general(ordered)).digest()
        except InvalidError as error:
            raise LintError((f"canonicalisation: {error.detail}",)) from error


def proof_start(proof: bytes) -> bytes:
    """Return what follows the members of a document, up to the proof value; `proof` is the JSON of its options."""
    return b',"proof":[%s,"proofValue":"' % proof[:-1]


def grammar_of(layout: Layout) -> re.Pattern[str]:
    """Return the grammar of all values of a layout at once, with U+0000 between them."""
    return re.compile(_BETWEEN.join(f"(?:{slot.type.grammar})" for slot in layout.slots))


def rules_of(layout: Layout, names: Sequence[int], taken: frozenset[str]) -> Rules:
    """Return what the rules of the data model see of the values of a layout."""
    period = [number for name in ("validFrom", "validUntil") for number in layout.numbers(name)]
    judged = [number for number, slot in enumerate(layout.slots) if slot.judged]
    return Rules(picker(judged), (period[0], period[1]) if len(period) == 2 else None, tuple(names), taken)
