"""The same work here and by the libraries from which most wallets are built, in turns; figures are ratios of CPU time.

Both sides begin with the text of a badge and have every context, key and list in memory. Each round gives both sides
badges that they have not seen. A ratio of 100 says: a hundredth of the peer's CPU time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

from bench.badges import Issuer, values_of
from bench.measure import Figure, cpu_seconds, median
from bench.peer import Peer, PeerError
from openbadge.proof import vc_jwt
from verifier.authentic import authentic
from verifier.material import gather
from verifier.parse import parse
from verifier.question import Question
from verifier.remembered import Lists
from verifier.report import Verdict
from verifier.shapes import VOUCHED, Shapes
from verifier.verify import verify

PEER_ITEMS = 12
"""Badges of one round for the peer, some 0.15 s of work; our side takes more, where it is much quicker."""
WARM_UP = 2
"""Rounds before those that count: the peer compiles its hot code, and so do our shapes."""


@dataclass(frozen=True)
class Pair:
    """One comparison: what we do to each of `items` things that were prepared, and the peer's work by its name."""

    name: str
    prepare: Callable[[int], Any]
    ours: Callable[[Any], object]
    theirs: str
    items: int
    target: float | None = None
    together: Callable[[Sequence[Any]], object] | None = None
    """What we do to all things of a round at once, where the product does it to sets."""

    def ours_to(self, things: Sequence[Any]) -> None:
        if self.together is None:
            _each(self.ours, things)
        else:
            self.together(things)


def run(rounds: int) -> dict[str, Figure]:
    """Measure all pairs; without Node.js or its packages there are none, and standard error says so."""
    ours = Issuer.make()
    published = ours.published()
    try:
        with Peer(ours.for_peer(published)) as peer:
            return dict(_measure(ours, peer, pairs(ours, ours.question(published, None)), rounds))
    except PeerError as error:
        print(f"bench: no figures against Node.js: {error}.", file=sys.stderr)
        return {}


def pairs(ours: Issuer, question: Question) -> list[Pair]:
    """What is compared. `verify` is what the peer's `verifyCredential` does: signature, key and dates, and of ours the
    normal form besides; the status list is left out on both sides. `report` includes it on both."""
    known = replace(question, shapes=Shapes(), lists=Lists())
    sample = ours.issue(values_of(0))
    for _ in range(VOUCHED.sightings):
        verify(sample, known)
    material = gather(parse(sample), question.fetch)

    def signed(number: int) -> bytes:
        return ours.issue(values_of(number))

    def unsigned(number: int) -> bytes:
        return _unsigned(signed(number).decode()).encode()

    def signature(asked: Question) -> Callable[[bytes], object]:
        return lambda data: authentic(data, material, asked)

    def report(asked: Question) -> Callable[[bytes], object]:
        return lambda data: _report(data, asked)

    return [
        Pair("issue_vs_node", values_of, ours.issue, "issue", 400, 150, ours.issue_many),
        Pair("issue_alone_vs_node", values_of, ours.issue, "issue", 400),
        Pair("verify_known_vs_node", signed, signature(known), "verify", 200, 80),
        Pair("verify_unknown_vs_node", signed, signature(question), "verify", 10, 4),
        Pair("report_known_vs_node", signed, report(known), "report", 30),
        Pair("report_unknown_vs_node", signed, report(question), "report", 6),
        Pair("jwt_issue_vs_jose", unsigned, lambda data: vc_jwt.create(json.loads(data), ours.signer), "jwt", 100),
    ]


def _report(data: bytes, question: Question) -> None:
    if verify(data, question).verdict is not Verdict.VALID:
        raise RuntimeError("a badge of the benchmark is not valid")


def _measure(ours: Issuer, peer: Peer, compared: Sequence[Pair], rounds: int) -> Iterator[tuple[str, Figure]]:
    numbers = count(1)
    for pair in compared:
        here, there = [], []
        for _ in range(rounds + WARM_UP):
            mine = [pair.prepare(next(numbers)) for _ in range(pair.items)]
            here.append(cpu_seconds(partial(pair.ours_to, mine)) / pair.items)
            there.append(peer.seconds(pair.theirs, _texts(ours, pair, numbers)))
        ratios = [theirs / own for own, theirs in zip(here, there, strict=True)]
        name = pair.name.partition("_vs_")[0]
        yield pair.name, Figure(median(ratios[WARM_UP:]), "times less CPU than the peer", rounds, pair.target)
        yield f"{name}_us", Figure(1e6 * median(here[WARM_UP:]), "CPU us each", rounds)
        yield f"{name}_peer_us", Figure(1e6 * median(there[WARM_UP:]), "CPU us each", rounds)


def _each(work: Callable[[Any], object], items: Sequence[Any]) -> None:
    for item in items:
        work(item)


def _texts(ours: Issuer, pair: Pair, numbers: Iterator[int]) -> list[str]:
    """New badges for a round of the peer, unsigned where it is to sign them."""
    texts = [ours.issue(values_of(next(numbers))).decode() for _ in range(PEER_ITEMS)]
    return [_unsigned(text) for text in texts] if pair.theirs in ("issue", "jwt") else texts


def _unsigned(text: str) -> str:
    return json.dumps({name: value for name, value in json.loads(text).items() if name != "proof"})
