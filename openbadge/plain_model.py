"""What the table of plain words keeps: places, members, and the two that it asks, pyld and the rules of the house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

ID: Final = "@id"
TYPE: Final = "@type"
CONTEXT: Final = "@context"
TERM: Final = "term"
LITERAL: Final = "literal"
REFERENCE: Final = "reference"


class NotPlainError(Exception):
    """Something in the document is not plain: the general way must be gone."""


class Oracle(Protocol):
    """pyld's algorithms for single words, each under an active context `at`. They raise whatever pyld raises."""

    def initial(self) -> Any:
        """Return the context before any."""

    def applied(self, at: Any, context: Any, **flags: Any) -> Any:
        """Return `at` with a local context applied."""

    def reverted(self, at: Any) -> Any:
        """Return the context before a type's own context was applied."""

    def of_term(self, at: Any, term: str, name: str) -> Any:
        """Return an entry of a term's definition, such as `@context`, or None."""

    def expand_iri(self, at: Any, value: str, *, vocab: bool) -> Any:
        """Return what a word or address expands to."""

    def expand_value(self, at: Any, term: str, value: Any) -> dict[str, Any]:
        """Return what a text, number or truth value expands to as the value of `term`."""

    def compact_iri(self, at: Any, iri: str, value: Any = None, *, vocab: bool) -> Any:
        """Return the word for an address, as the name of a member that holds `value` if one is given."""

    def compact(self, at: Any, term: str, value: dict[str, Any]) -> Any:
        """Return what an expanded text, number, truth value or reference is compacted to under `term`."""

    def is_absolute(self, iri: Any) -> bool:
        """Say whether a statement can be made of an address."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of the house: names that may hold `several` values, that are `refused`, that must hold `objects`, that
    must hold one of `texts`, and that may hold a `bare` object, of nothing but an id, where compaction makes a text.

    `name` says whether a name is plain; `fits(value, datatype)` whether a value is written as the kind it stands for;
    `own_context(name, context)` whether an object under `name` may have a `@context` of its own.
    """

    several: frozenset[str]
    refused: frozenset[str]
    objects: frozenset[str]
    texts: frozenset[str]
    bare: frozenset[str]
    name: Callable[[str], object]
    fits: Callable[[Any, str], bool]
    own_context: Callable[[str, Any], bool]


@dataclass(slots=True, eq=False)
class Place:
    """An object at its place: the contexts active in it when expanding and when compacting, and its expanded types."""

    expanding: Any
    compacting: Any
    types: list[str]
    holder: Member | None
    members: dict[str, Member] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Member:
    """A name at a place: its expansion `key`, and what its values become.

    `text` says how a text is read (None: as one of `words`), `literal` what stands beside `@value`, `natives` which
    numbers and truth values are plain, `node` and `bare` whether objects are, and those with nothing but an id.
    `wrap` is `@graph` or `@list` for a container of that kind; `inside` keeps the places of objects by their types.
    """

    name: str
    key: str
    kind: str
    place: Place
    many: bool = False
    text: str | None = None
    literal: dict[str, Any] = field(default_factory=dict)
    natives: frozenset[type] = frozenset()
    node: bool = False
    bare: bool = False
    wrap: str | None = None
    scoped: Any = None
    words: dict[str, dict[str, Any]] = field(default_factory=dict)
    inside: dict[Any, Place] = field(default_factory=dict)
