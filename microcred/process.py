"""A process that answers: how its threads share the interpreter, and what its collector looks through."""

from __future__ import annotations

import gc
import sys
from typing import Final

TURN_SECONDS: Final = 0.001
"""How long a thread that is busy keeps the interpreter while another one has to answer. A request changes threads some
five times: with Python's own 5 ms, 1 of 100 webhooks waited 44 ms for it while credentials were made, with 1 ms 24."""


def take_turns() -> None:
    """Let threads with an answer to give wait less for those that work."""
    sys.setswitchinterval(TURN_SECONDS)


def settle() -> None:
    """Remove what nobody needs any more, and leave all that is there now out of later collections.

    Python's collector stops every thread while it looks through all objects. A started service has so many that this
    takes 100 to 200 milliseconds, in which nobody would be answered.
    """
    gc.collect()
    gc.freeze()
