"""Does the source, asked again, say what it had reported? Needed before signing wherever it can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from issuer.lms import rules
from issuer.lms.bindings import Held
from issuer.lms.model import IdKind
from issuer.lms.rules import Agreement
from issuer.lms_work import report_json
from issuer.lms_work.items import Item
from issuer.lms_work.ledger import Ledger, Place
from issuer.model.lms import LmsQuestion

ASKABLE: Final = frozenset({"moodle", "canvas", "xapi"})
"""Kinds of sources that can be asked."""
_ASKING: Final = Held("asking", "The platform is being asked whether it says the same.")
_NO_ID: Final = Held("not-confirmed", "The platform cannot be asked: its own id of the learner is not known.")
_HELD: Final[Mapping[Agreement, Held]] = MappingProxyType(
    {
        Agreement.DISAGREES: Held("source-disagrees", "The platform, asked again, does not say that this is reached."),
        Agreement.UNKNOWN: Held("not-confirmed", "The platform, asked again, cannot say whether this is reached."),
    }
)


def confirmed(place: Place, items: Sequence[Item], ledger: Ledger) -> bytes | Held | None:
    """Return SHA-256 of what the source answered, None where it need not or cannot be asked, or why to wait."""
    connection = place.group.opened.connection
    hints = [item for item in items if item.reported.reread or not item.reported.origin.integrity]
    if not hints or not connection.api_token or connection.kind not in ASKABLE:
        return None
    newest = max(item.record.received_at for item in hints)
    question = ledger.questions.get(place.group.key)
    if question is None or question.asked_at is None or question.asked_at < newest or question.due_at is not None:
        return _asked(place, hints, ledger)
    if question.answer is None:
        return Held("source-silent", question.error or "The platform gave no answer.")
    agreement = _agreement(place, question)
    if agreement is Agreement.UNKNOWN and connection.options.get("unconfirmed") == "issue":
        agreement = Agreement.AGREES
    return _HELD.get(agreement) or bytes.fromhex(question.answer["evidence"])


def _agreement(place: Place, question: LmsQuestion) -> Agreement:
    answer = question.answer or {}
    if "inForce" in answer:
        return Agreement.AGREES if answer["inForce"] else Agreement.DISAGREES
    return rules.confirm(place.bound.binding.rule, report_json.read_state(answer))


def _asked(place: Place, hints: Sequence[Item], ledger: Ledger) -> Held:
    last = max(hints, key=lambda item: (item.reported.occurred_at, item.reported.order))
    learner = last.reported.learner.id_of(IdKind.LMS) if last.reported.learner else None
    if place.group.opened.connection.kind != "xapi" and learner is None:
        return _NO_ID
    ledger.ask(place, learner or "", last.record.event_id)
    known = ledger.questions[place.group.key]
    return _ASKING if known.error is None else Held("asking", f"{_ASKING.sentence} So far: {known.error}")
