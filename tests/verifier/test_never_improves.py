"""The property that the verifier stands on: no change made without the key ever improves a verdict.

From a valid badge every change that alters what it says must end elsewhere than valid, and from a bad one no change
may lead to valid. Changes that RDF cannot see (order, repetition in lists) may keep a verdict, never raise it.

Each is asked of a verifier that remembers nothing, and of one that knows the shape of the badge and the list.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import contexts
from openbadge.vocabulary import CREDENTIALS_V2
from tests.verifier.builders import (
    INDEX,
    INVALID,
    ISSUER,
    UNDETERMINED,
    VALID,
    Document,
    badge,
    check,
    endorsement,
    material,
    status_list,
)
from verifier.remembered import Lists
from verifier.report import Verdict
from verifier.shapes import VOUCHED, Shapes
from verifier.trust import TrustList

RANK = {INVALID: 0, UNDETERMINED: 1, VALID: 2}
PUBLISHED = material()
REVOKED = material(status=status_list(revoked=(INDEX,)))

GOOD = badge()
ENDORSED = badge(lambda document: document.update(endorsement=[endorsement()]))
EXPIRED = badge(lambda document: document.update(validUntil="2026-03-31T11:00:00Z"))
FUTURE = badge(lambda document: document.update(validFrom="2027-01-01T00:00:00Z"))

STARTS: dict[str, tuple[Document, dict[str, Any]]] = {
    "good": (GOOD, PUBLISHED),
    "endorsed": (ENDORSED, PUBLISHED),
    "expired": (EXPIRED, PUBLISHED),
    "not yet valid": (FUTURE, PUBLISHED),
    "revoked": (GOOD, REVOKED),
    "list away": (GOOD, {url: item for url, item in PUBLISHED.items() if "status" not in url}),
}
BEFORE = {name: check(document, answers).verdict for name, (document, answers) in STARTS.items()}

Path = tuple[Any, ...]


def paths(document: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every member and list item, contexts left out."""
    pairs = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, part in pairs:
        if name != "@context":
            yield (*path, name)
            yield from paths(part, (*path, name))


def parent(document: Document, path: Path) -> Any:
    target: Any = document
    for name in path[:-1]:
        target = target[name]
    return target


def iris() -> dict[str, str]:
    """Return the full IRIs of terms, from the contexts that a badge uses."""
    found: dict[str, str] = {}
    stack: list[Any] = [contexts.document(url)["@context"] for url in GOOD["@context"]]
    while stack:
        item = stack.pop()
        for name, value in item.items():
            definition = value if isinstance(value, dict) else {"@id": value}
            if isinstance(definition.get("@id"), str) and ":" in definition["@id"]:
                found.setdefault(name, definition["@id"])
            if isinstance(definition.get("@context"), dict):
                stack.append(definition["@context"])
    return found


IRIS = iris()

ALL = {name: list(paths(document)) for name, (document, _) in STARTS.items()}


def rename(document: Document, path: Path, _value: Any) -> None:
    holder = parent(document, path)
    if isinstance(holder, dict) and path[-1] in IRIS:
        value = holder.pop(path[-1])
        plain = isinstance(value, str) and not value.startswith(("http", "did:", "urn:"))
        holder[IRIS[path[-1]]] = {"@value": value} if plain else value


def nest(document: Document, path: Path, _value: Any) -> None:
    holder = parent(document, path)
    if isinstance(holder, dict):
        holder["@nest"] = {path[-1]: holder.pop(path[-1])}


def wrap(document: Document, path: Path, _value: Any) -> None:
    holder = parent(document, path)
    holder[path[-1]] = [holder[path[-1]]]


def graph(document: Document, _path: Path, _value: Any) -> None:
    inner = {name: document.pop(name) for name in list(document) if name != "@context"}
    document["@graph"] = [inner]


def split(document: Document, path: Path, _value: Any) -> None:
    holder = parent(document, path)
    value = holder[path[-1]]
    if isinstance(value, dict) and "id" in value and len(value) > 2:
        names = list(value)
        half = {name: value[name] for name in names[len(names) // 2 :]}
        rest = {name: value[name] for name in names[: len(names) // 2]}
        holder[path[-1]] = [{**rest, "id": value["id"]}, {**half, "id": value["id"]}]


def nothing(document: Document, path: Path, _value: Any) -> None:
    parent(document, path)[path[-1]] = None


def add_empty(document: Document, path: Path, _value: Any) -> None:
    holder = parent(document, path)
    if isinstance(holder, dict):
        holder["fieldOfStudy"] = []


def drop(document: Document, path: Path, _value: Any) -> None:
    del parent(document, path)[path[-1]]


def reorder(document: Document, path: Path, _value: Any) -> None:
    holder = parent(document, path)
    value = holder[path[-1]]
    if isinstance(value, list):
        value.reverse()
    elif isinstance(value, dict):
        holder[path[-1]] = dict(reversed(value.items()))


def repeat(document: Document, path: Path, _value: Any) -> None:
    value = parent(document, path)[path[-1]]
    if isinstance(value, list):
        value.append(copy.deepcopy(value[0]))


def alter(document: Document, path: Path, value: Any) -> None:
    parent(document, path)[path[-1]] = value


def add(document: Document, path: Path, value: Any) -> None:
    holder = parent(document, path)
    if isinstance(holder, dict):
        holder[f"{path[-1]}2"] = value


def inline(document: Document, path: Path, _value: Any) -> None:
    holder = parent(document, path)
    if isinstance(holder, dict) and path[-1] in IRIS:
        document["@context"].append({"alias": {"@id": IRIS[path[-1]]}})
        holder["alias"] = holder.pop(path[-1])


def move(document: Document, path: Path, _value: Any) -> None:
    """Move a member into a second body of the same id, which RDF joins with the first."""
    holder = parent(document, path)
    if isinstance(holder, dict) and "id" in holder and path[-1] not in ("id", "credentialSubject"):
        value = holder.pop(path[-1])
        document["credentialSubject"]["source"] = {"id": holder["id"], "type": ["Profile"], path[-1]: value}


CHANGES: dict[str, Callable[[Document, Path, Any], None]] = {
    change.__name__: change
    for change in (
        rename, nest, wrap, graph, split, nothing, add_empty, drop, reorder, repeat, alter, add, inline, move,
    )
}  # fmt: skip

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.text(max_size=8),
    st.sampled_from(
        ["2039-03-31T10:00:00Z", "did:web:attacker.example", "urn:x:y", "VerifiableCredential", CREDENTIALS_V2, "1"]
    ),
    st.lists(st.text(max_size=4), max_size=2),
    st.dictionaries(st.sampled_from(["id", "type", "@value", "@id", "name"]), st.text(max_size=6), max_size=2),
)


def taught() -> dict[str, Any]:
    """What a verifier remembers that has met the badges of the tests before."""
    remembered = {"shapes": Shapes(), "lists": Lists()}
    for document in (GOOD, ENDORSED):
        for _ in range(VOUCHED.sightings):
            check(document, PUBLISHED, trust=TrustList({ISSUER: "Example Academy"}), **remembered)
    return remembered


REMEMBERED = taught()


def changed(start: str, name: str, path: Path, value: Any) -> tuple[Document, Verdict]:
    document = copy.deepcopy(STARTS[start][0])
    CHANGES[name](document, path, value)
    report = check(document, STARTS[start][1])
    assert check(document, STARTS[start][1], **REMEMBERED) == report
    return document, report.verdict


def meaning(document: Document) -> str:
    """Return what a document says, with what RDF cannot see left out: order, repetition, lists of one."""

    def shape(value: Any) -> Any:
        if isinstance(value, list):
            items = sorted({json.dumps(shape(item), sort_keys=True) for item in value})
            return json.loads(items[0]) if len(items) == 1 else items
        if isinstance(value, dict):
            return {name: shape(part) for name, part in value.items()}
        return value

    return json.dumps(shape(document), sort_keys=True)


def test_the_starts_are_what_they_say() -> None:
    assert len(REMEMBERED["lists"]) == 1
    known = {name: REMEMBERED["shapes"].find(json.dumps(STARTS[name][0]).encode()) is not None for name in STARTS}
    assert known == {
        **dict.fromkeys(STARTS, True),
        "endorsed": False,
    }  # whose proof within is a graph
    assert BEFORE == {
        "good": VALID,
        "endorsed": VALID,
        "expired": INVALID,
        "not yet valid": INVALID,
        "revoked": INVALID,
        "list away": UNDETERMINED,
    }


@pytest.mark.parametrize("name", sorted(CHANGES))
@settings(max_examples=settings().max_examples // 2)
@given(data=st.data())
def test_no_change_improves_a_verdict(name: str, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(sorted(STARTS)))
    path = data.draw(st.sampled_from(ALL[start]))
    document, verdict = changed(start, name, path, data.draw(VALUES))
    assert RANK[verdict] <= RANK[BEFORE[start]]
    if verdict is VALID and name != "move":
        assert meaning(document) == meaning(STARTS[start][0])


def leaves() -> list[Path]:
    return [path for path in ALL["endorsed"] if not isinstance(parent(ENDORSED, path)[path[-1]], dict | list)]


@pytest.mark.parametrize("path", leaves(), ids=lambda path: ".".join(map(str, path)))
def test_every_leaf_of_a_valid_badge_counts(path: Path) -> None:
    value = parent(ENDORSED, path)[path[-1]]
    other = (not value) if isinstance(value, bool) else value + "x" if isinstance(value, str) else value + 1
    _, verdict = changed("endorsed", "alter", path, other)
    assert verdict is not VALID
