"""One home worked on by one short life after another: `python -m tests.crash.mortal KILLS REPORTS SEED`.

Each life is a fork that opens the home, takes reports in and revokes, and says on a pipe what it was answered. It is
killed with SIGKILL: at the n-th word to the database (before or after it is carried out, the commit among them), after
the answer and before it is told, or at any moment. What was not told is tried again by the next life, as an LMS does,
and some of what was told as well. The last life lives until all is done. Then everything that was told goes to
standard output as JSON: {"issued": {sourceId: public id}, "revoked": [public id], "deaths": {where: number}}.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, event

from issuer.inbox import Answer
from issuer.intake import Incoming
from issuer.model import StatusState
from microcred.installation import open_installation, settings_of
from microcred.world import World
from tests.crash.reports import completion

MOST_WORDS: Final = 60
"""Words to the database of a life that dies at one: a few transactions."""
LONGEST: Final = 0.4
"""Seconds of a life that is ended from outside."""
LARGEST_SET: Final = 60
_TOLD_AGAIN: Final = 0.1
"""Part of each set that was answered before: an LMS that lost the answer."""
_REVOKED: Final = 0.3
"""How often a life revokes something after a set."""
WORD, ANSWER, MOMENT = "at a word to the database", "before the answer was told", "at any moment"


@dataclass(slots=True)
class Told:
    """What was answered and told."""

    issued: dict[str, str] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)

    def add(self, line: bytes) -> None:
        """Add a line from a life."""
        heard = json.loads(line)
        for name, public_id in heard.get("issued", {}).items():
            if self.issued.setdefault(name, public_id) != public_id:
                raise AssertionError(f"{name} has two credentials")
        self.revoked += heard.get("revoked", [])


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a life ends: at a word, at an answer (each counted from 1), or after some seconds; None: not there."""

    where: str
    word: int | None = None
    answer: int | None = None
    seconds: float | None = None

    @classmethod
    def drawn(cls, chance: random.Random) -> Fate:
        where = chance.choice((WORD, WORD, ANSWER, MOMENT))
        if where == WORD:
            return cls(where, word=chance.randint(1, MOST_WORDS))
        if where == ANSWER:
            return cls(where, answer=chance.randint(1, 4))
        return cls(where, seconds=chance.uniform(0, LONGEST))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def mark_words(engine: Engine, at: int) -> None:
    """Die at the n-th of: before and after each statement, before each commit."""
    left = at

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            die()

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(engine, name, count)


def live(world: World, wanted: list[str], told: Told, chance: random.Random, fate: Fate | None, out: int) -> None:
    """Take all reports in, in sets, and revoke some credentials in between."""
    installation = open_installation(settings_of(world), world)
    service = installation.service()
    if fate is not None and fate.word is not None:
        mark_words(installation.database.engine, fate.word)
    tell = _Teller(out, None if fate is None else fate.answer).tell
    chance.shuffle(wanted)
    known = list(told.issued)
    while wanted:
        size = chance.randint(1, LARGEST_SET)
        again = chance.sample(known, min(len(known), int(size * _TOLD_AGAIN)))
        names, wanted = [*wanted[:size], *again], wanted[size:]
        answers = service.completions.report_many(
            [Incoming(json.dumps(completion(name)).encode(), "lms") for name in names]
        )
        issued = {name: _public_id(answer) for name, answer in zip(names, answers, strict=True)}
        tell({"issued": issued})
        if chance.random() < _REVOKED:
            victim = chance.choice(list(issued.values()))
            service.decisions.decide([victim], StatusState.REVOKED, "awarded by mistake", "registrar", at_once=True)
            tell({"revoked": [victim]})
    installation.database.close()


def _public_id(answer: object) -> str:
    if not isinstance(answer, Answer) or answer.credential is None:
        raise TypeError(f"not issued: {answer}")
    return answer.credential.public_id


class _Teller:
    def __init__(self, out: int, dies_at: int | None) -> None:
        self._out = out
        self._left = dies_at

    def tell(self, what: dict[str, Any]) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                die()
        os.write(self._out, json.dumps(what).encode() + b"\n")


def one_life(work: Callable[[int], None], seconds: float | None, hear: Callable[[bytes], None]) -> bool:
    """Fork, listen until the life ends or its time is over, and return whether it was killed.

    A line that the killed one did not finish was not told. Raises `RuntimeError` for a life that failed by itself.
    """
    inside, outside = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inside)
        try:
            work(outside)
        except BaseException as error:  # a fork must never return into the program of its parent
            os.write(2, f"a life failed: {error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    os.close(outside)
    for line in _heard(inside, child, None if seconds is None else time.monotonic() + seconds):
        hear(line)
    os.close(inside)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError("a life ended by itself, with an error")
    return os.WIFSIGNALED(status)


def _heard(pipe: int, child: int, deadline: float | None) -> Iterator[bytes]:
    """Yield the whole lines that a life tells; kill it at the deadline."""
    rest = b""
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([pipe], [], [], left)[0]:
            os.kill(child, signal.SIGKILL)
            deadline = None
            continue
        heard = os.read(pipe, 65_536)
        if not heard:
            return
        *lines, rest = (rest + heard).split(b"\n")
        yield from lines


def main(kills: int, reports: int, seed: int) -> Told:
    """Return what was told in all lives."""
    world, chance, told = World(), random.Random(seed), Told()
    names = [f"r{number}" for number in range(reports)]
    while sum(told.deaths.values()) < kills:
        fate = Fate.drawn(chance)
        portion = _portion(names, told, kills - sum(told.deaths.values()))
        life = partial(live, world, portion, told, random.Random(chance.random()), fate)
        told.deaths[fate.where] += one_life(life, fate.seconds, told.add)
    one_life(partial(live, world, _portion(names, told, 0), told, chance, None), None, told.add)
    return told


def _portion(names: list[str], told: Told, kills_left: int) -> list[str]:
    """What a life may do, so that there is work left for those after it; once all is done, some of it again."""
    left = [name for name in names if name not in told.issued]
    return left[: max(4 * LARGEST_SET, len(left) // kills_left)] or names[:LARGEST_SET] if kills_left else left


if __name__ == "__main__":
    result = main(*map(int, sys.argv[1:4]))
    print(json.dumps({"issued": result.issued, "revoked": result.revoked, "deaths": result.deaths}))
