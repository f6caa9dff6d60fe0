"""What is asked of one verification of a credential or presentation, apart from the document itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openbadge import contexts
from openbadge.canon import Loader
from verifier.fetch import Fetch
from verifier.remembered import Lists


class Binding(StrEnum):
    """Whether a signature must be by a key of the issuer (or holder) whom the document names."""

    ISSUER = "issuer"
    """It must; without this a verification says nothing about who issued."""
    PROOF_ONLY = "proof-only"
    """It need not: for the endpoints that the suites of the W3C test, whose fixtures name issuers without keys."""


@dataclass(frozen=True, slots=True)
class VcQuestion:
    """The circumstances of a verification.

    `now` is the aware time that every date check uses; `fetch` gets key documents and status lists. `challenge` and
    `domain`, when given, must be what every proof was made for (VC Data Integrity 1.0, section 4.4). `binding` is a
    setting of the operator, never an option of a request. `load` gives context documents by URL: the pinned ones.
    `lists` remembers status lists that were verified.
    """

    now: datetime
    fetch: Fetch
    challenge: str | None = None
    domain: str | None = None
    binding: Binding = Binding.ISSUER
    load: Loader = contexts.document
    lists: Lists | None = None
