"""RDF Dataset Canonicalization 1.0 (RDFC-1.0), written to section 4 of the Recommendation, with a bound on work.

The names of functions and steps are the specification's. Blank nodes that look alike make the algorithm try
permutations, so a hostile dataset of ten nodes could keep it busy for years (section 7.1 "Dataset Poisoning"). The
work is counted and refused beyond a limit; nothing is ever returned half-canonicalised.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from openbadge.errors import InvalidError
from openbadge.nquads import Quad, line, serialize

HASHES: Final[Mapping[str, Callable[[bytes], hashlib._Hash]]] = {
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
}
"""Hash algorithms that the Data Integrity cryptosuites choose for RDFC-1.0."""

MAX_BLANK_NODES = 1_000
"""Blank nodes in one dataset: a badge has about ten; a record with a thousand takes a second."""
MAX_ALIKE = 100
"""Blank nodes whose first degree hash another node shares: those are the ones that cost permutations."""
MAX_WORK = 4_000
"""Calls of Hash N-Degree Quads plus permutations tried: the hardest W3C test needs 3,348; this many take 30 ms."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical form: `text` in N-Quads, and the canonical label (without `_:`) of each input blank node."""

    text: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one canonicalisation; counts, not times, so that the same input always gives the same answer."""

    blank_nodes: int = MAX_BLANK_NODES
    alike: int = MAX_ALIKE
    work: int = MAX_WORK


DEFAULT_LIMITS = Limits()


def canonicalize(quads: Iterable[Quad], *, hash_name: str = "sha256", limits: Limits = DEFAULT_LIMITS) -> Canonical:
    """Canonicalise a dataset of serialised quads (section 4.4 "Canonicalization Algorithm").

    `hash_name` is a key of `HASHES`. Raises `InvalidError` LIMIT_EXCEEDED when the dataset needs more work than
    `limits` allow.
    """
    return _Canonicalization(set(quads), HASHES[hash_name], limits).run()


def is_blank(term: str) -> bool:
    """Say whether a serialised term is a blank node."""
    return term.startswith("_:")


class _Issuer:
    """An identifier issuer (section 4.5): prefix, counter, and what was issued in order of issuance."""

    __slots__ = ("issued", "prefix")

    def __init__(self, prefix: str, issued: dict[str, str] | None = None) -> None:
        self.prefix = prefix
        self.issued = issued if issued is not None else {}

    def issue(self, node: str) -> str:
        if node not in self.issued:
            self.issued[node] = f"{self.prefix}{len(self.issued)}"
        return self.issued[node]

    def copy(self) -> _Issuer:
        return _Issuer(self.prefix, dict(self.issued))


class _Canonicalization:
    """The canonicalisation state (section 4.3) of one run."""

    def __init__(self, quads: set[Quad], algorithm: Callable[[bytes], hashlib._Hash], limits: Limits) -> None:
        self.quads = quads
        self.limits = limits
        self.work = 0
        self.canonical = _Issuer("c14n")
        self.first_degree: dict[str, str] = {}
        self.node_quads: dict[str, list[Quad]] = defaultdict(list)
        self._algorithm = algorithm
        for quad in quads:
            for node in {term for term in quad if is_blank(term)}:
                self.node_quads[node].append(quad)

    def run(self) -> Canonical:
        if len(self.node_quads) > self.limits.blank_nodes:
            raise InvalidError(
                "LIMIT_EXCEEDED", f"More than {self.limits.blank_nodes:,} objects in the document have no id."
            )
        alike = self._issue_unique()
        for nodes in alike:
            self._issue_alike(nodes)
        labels = {node: f"_:{label}" for node, label in self.canonical.issued.items()}
        relabelled = [
            (labels.get(s, s), labels.get(p, p), labels.get(o, o), labels.get(g, g)) for s, p, o, g in self.quads
        ]
        text = serialize(relabelled)
        return Canonical(text, {node[2:]: label for node, label in self.canonical.issued.items()})

    def _issue_unique(self) -> list[list[str]]:
        """Steps 3 and 4: label the nodes that are alone with their hash; return the others by hash."""
        by_hash: dict[str, list[str]] = defaultdict(list)
        for node in self.node_quads:
            self.first_degree[node] = self._hash_first_degree(node)
            by_hash[self.first_degree[node]].append(node)
        alike = []
        for digest in sorted(by_hash):
            nodes = by_hash[digest]
            if len(nodes) == 1:
                self.canonical.issue(nodes[0])
            else:
                alike.append(nodes)
        if sum(map(len, alike)) > self.limits.alike:
            raise InvalidError(
                "LIMIT_EXCEEDED",
                f"More than {self.limits.alike} objects without id are told apart by nothing.",
            )
        return alike

    def _issue_alike(self, nodes: list[str]) -> None:
        """Step 5: label the nodes of one hash in the order of their N-degree hashes."""
        results = []
        for node in nodes:
            if node not in self.canonical.issued:
                temporary = _Issuer("b")
                temporary.issue(node)
                results.append(self._hash_n_degree(node, temporary))
        for _, issuer in sorted(results, key=lambda result: result[0]):
            for node in issuer.issued:
                self.canonical.issue(node)

    def _hash(self, text: str) -> str:
        return self._algorithm(text.encode("utf-8")).hexdigest()

    def _hash_first_degree(self, node: str) -> str:
        """Section 4.6 "Hash First Degree Quads"."""
        rows = []
        for quad in self.node_quads[node]:
            masked = [("_:a" if term == node else "_:z") if is_blank(term) else term for term in quad]
            rows.append(line((masked[0], masked[1], masked[2], masked[3])))
        return self._hash("".join(sorted(rows)))

    def _hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Section 4.7 "Hash Related Blank Node"."""
        label = self.canonical.issued.get(related) or issuer.issued.get(related)
        predicate = "" if position == "g" else quad[1]
        return self._hash(position + predicate + (f"_:{label}" if label else self.first_degree[related]))

    def _related(self, node: str, issuer: _Issuer) -> dict[str, list[str]]:
        """Section 4.8 steps 1 to 3: the neighbours of a node by the hash that describes their relation."""
        groups: dict[str, list[str]] = defaultdict(list)
        for quad in self.node_quads[node]:
            for position, term in (("s", quad[0]), ("o", quad[2]), ("g", quad[3])):
                if is_blank(term) and term != node:
                    groups[self._hash_related(term, quad, issuer, position)].append(term)
        return groups

    def _hash_n_degree(self, node: str, issuer: _Issuer) -> tuple[str, _Issuer]:
        """Section 4.8 "Hash N-Degree Quads"."""
        self._spend()
        data = []
        groups = self._related(node, issuer)
        for digest in sorted(groups):
            path, issuer = self._choose_path(groups[digest], issuer)
            data.append(digest + path)
        return self._hash("".join(data)), issuer

    def _choose_path(self, nodes: list[str], issuer: _Issuer) -> tuple[str, _Issuer]:
        """Section 4.8 steps 5.1 to 5.4: the least path over all orders of the neighbours."""
        chosen: tuple[str, _Issuer] | None = None
        counted = Counter(nodes)
        self._spend(_number_of_orders(counted))  # before the first of them: a poison graph is refused at once
        for order in orders(counted):
            result = self._path(order, issuer.copy(), chosen[0] if chosen else "")
            if result is not None and (chosen is None or result[0] < chosen[0]):
                chosen = result
        if chosen is None:
            raise RuntimeError("RDFC-1.0 found no path: the first permutation is never abandoned")
        return chosen

    def _path(self, order: tuple[str, ...], issuer: _Issuer, best: str) -> tuple[str, _Issuer] | None:
        """Section 4.8 steps 5.4.4 and 5.4.5 for one order; None once it cannot beat the best path."""
        path = ""
        recursion = []
        for related in order:
            if related in self.canonical.issued:
                path += f"_:{self.canonical.issued[related]}"
            else:
                if related not in issuer.issued:
                    recursion.append(related)
                path += f"_:{issuer.issue(related)}"
            if _beaten(path, best):
                return None
        for related in recursion:
            digest, result = self._hash_n_degree(related, issuer)
            path += f"_:{issuer.issue(related)}<{digest}>"
            issuer = result
            if _beaten(path, best):
                return None
        return path, issuer

    def _spend(self, work: int = 1) -> None:
        self.work += work
        if self.work > self.limits.work:
            raise InvalidError(
                "LIMIT_EXCEEDED",
                "The document holds objects without id that would take too long to tell apart.",
            )


def _beaten(path: str, best: str) -> bool:
    return bool(best) and len(path) >= len(best) and path > best


def _number_of_orders(nodes: Counter[str]) -> int:
    return math.factorial(nodes.total()) // math.prod(map(math.factorial, nodes.values()))


def orders(nodes: Counter[str]) -> Iterator[tuple[str, ...]]:
    """Yield every order of the nodes once. One that occurs several times would give equal orders many times over:
    two statements of one kind between the same two nodes, as in a presentation that holds a credential twice."""
    if not nodes.total():
        yield ()
    for node in [node for node, count in nodes.items() if count]:
        for rest in orders(nodes - Counter([node])):
            yield (node, *rest)
