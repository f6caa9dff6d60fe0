"""One verification from bytes to report.

The plan; each number stands again at its code:

1. Parse the bytes strictly, whatever form they come in (`parse`).
2. Gather everything that must be fetched, before any check, and freeze it (`material`).
3. Check the form: known vocabularies, and a text that says exactly what was signed. Nothing after this reads a
   document that failed here, since its member names may not mean what they say (`checks.document`).
4. Run the checks of the credential: schema, data model, signature, issuer's key, dates, revocation, and the recipient
   if one was asked for. All run, also when one fails, so that the report is complete.
5. Run the notes that never move the verdict: trust, names, picture, and each embedded endorsement.
6. Say what would stand in the way elsewhere (`portability`).
7. Conclude: one pure function of the checks (`report.conclude`).

Not checked: whether the issuer was right to award the credential, other credentials that it links to, pictures that
it links to, and the `refreshService`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from openbadge.credential import Badge
from openbadge.errors import OpenBadgeError
from openbadge.proof.model import Canonical
from verifier import portability
from verifier.checks import document, endorsement, issuer, notes, recipient, status
from verifier.display import headline, summary
from verifier.failure import log_failure
from verifier.material import Material, gather, issuer_id
from verifier.parse import Presented, parse
from verifier.question import Question
from verifier.report import MANDATORY, Check, Outcome, Report, Source, Verdict

__all__ = ["Question", "Report", "verify"]

CheckFunction = Callable[[Presented, Material, Question], str]
"""Returns why the check passes; raises `InvalidError` to fail it and `UnavailableError` to leave it unknown."""

REQUIRED: Final[tuple[tuple[str, CheckFunction], ...]] = (
    ("schema", document.follows_schema),
    ("data-model", document.data_model),
    ("proof", issuer.proof),
    ("issuer-binding", issuer.issuer_binding),
    ("validity-period", document.validity_period),
    ("status", status.not_revoked),
)
"""The checks of step 4 that always run, in the order of the report."""

UNREADABLE: Final = "Not checked, because the document could not be read."
NOT_NORMAL: Final = "Not checked, because the document is written in a way that can hide data."
BROKEN: Final = "This check could not be completed, for a reason of our own; it is no statement about the credential."


def verify(data: bytes, question: Question) -> Report:
    """Check the credential in `data` (JSON, compact JWT, PNG or SVG) and return the report; never raises."""
    # 1. Parse.
    parsed, presented = _parse(data)
    if presented is None:
        return _conclude([parsed, *_not_checked(MANDATORY[1:], UNREADABLE)], question, _Shown())
    # 2. Gather.
    material = gather(presented, question.fetch)
    known = _known(presented, question)
    report = _report(parsed, presented, replace(material, known=known), question)
    if known is None:
        _remember(presented, report, question)
    elif _is_doubtful(report, question):
        full = _report(parsed, presented, material, question)
        _compare(report, full, question)
        return full
    return report


def _report(parsed: Check, presented: Presented, material: Material, question: Question) -> Report:
    shown = _Shown(presented.form, material.sources())
    # 3. Check the form.
    form = _run("contexts", document.contexts, presented, material, question)
    if form.outcome is not Outcome.PASSED:
        return _conclude([parsed, form, *_not_checked(MANDATORY[2:], NOT_NORMAL)], question, shown)
    # 4. Run the checks of the credential.
    checks = [_run(name, function, presented, material, question) for name, function in _asked(question)]
    # 5. Run the notes.
    checks += _notes(presented, material, question)
    # 6. Say what would stand in the way elsewhere.
    shown = replace(shown, portability=portability.assess(presented), credential=_summary(presented))
    # 7. Conclude.
    return _conclude([parsed, form, *checks], question, shown)


def _known(presented: Presented, question: Question) -> Canonical | None:
    """Ask what is remembered of the shape of a badge; whatever goes wrong there, the full way is open."""
    if question.shapes is None or presented.token is not None:
        return None
    try:
        return question.shapes.canonical(presented.document, presented.text)
    except Exception as error:
        log_failure("shapes", error)
        return None


def _remember(presented: Presented, report: Report, question: Question) -> None:
    """Let a badge that the full way has found valid add to what is remembered."""
    if question.shapes is None or presented.token is not None or report.verdict is not Verdict.VALID:
        return
    trust = report.check("trust")
    vouched = trust is not None and trust.outcome is Outcome.PASSED
    try:
        question.shapes.sighted(presented.document, presented.text, issuer_id(presented.document), vouched=vouched)
    except Exception as error:
        log_failure("shapes", error)


def _is_doubtful(report: Report, question: Question) -> bool:
    """Say whether a report that rests on remembered bytes needs the full way: its signature failed, or as a sample."""
    proof = report.check("proof")
    if proof is None or proof.outcome is Outcome.FAILED:
        return True
    return question.shapes is not None and proof.outcome is Outcome.PASSED and question.shapes.is_sample()


def _compare(report: Report, full: Report, question: Question) -> None:
    if question.shapes is not None and report != full:
        question.shapes.alarm()


@dataclass(frozen=True, slots=True)
class _Shown:
    """The parts of the report that are no checks of authenticity, as far as they are known."""

    form: str | None = None
    sources: tuple[Source, ...] = ()
    portability: tuple[Check, ...] = ()
    credential: Mapping[str, Any] | None = None


def _conclude(checks: list[Check], question: Question, shown: _Shown) -> Report:
    return Report(
        authenticity=tuple(checks),
        portability=shown.portability,
        checked_at=question.now,
        headline=headline(checks, shown.credential),
        form=shown.form,
        credential=shown.credential,
        sources=shown.sources,
    )


def _parse(data: bytes) -> tuple[Check, Presented | None]:
    try:
        presented = parse(data)
    except OpenBadgeError as error:
        return Check.from_error("parse", error), None
    except Exception as error:
        log_failure("parse", error)
        return Check.unknown("parse", BROKEN), None
    return Check.passed("parse", _FORMS[presented.form]), presented


_FORMS: Final = {
    "json": "It is a JSON document.",
    "jwt": "It is a signed token (JWT).",
    "png": "It is a PNG picture with one credential inside.",
    "svg": "It is an SVG picture with one credential inside.",
}


def _run(name: str, function: CheckFunction, presented: Presented, material: Material, question: Question) -> Check:
    try:
        return Check.passed(name, function(presented, material, question))
    except OpenBadgeError as error:
        return Check.from_error(name, error)
    except Exception as error:
        log_failure(name, error)
        return Check.unknown(name, BROKEN)


def _asked(question: Question) -> Iterator[tuple[str, CheckFunction]]:
    yield from REQUIRED
    if question.recipient is not None:
        yield "recipient", recipient.recipient


def _notes(presented: Presented, material: Material, question: Question) -> Iterator[Check]:
    """Yield the checks that only inform; `trust` is required where the policy names the issuers it accepts."""
    trust = _run("trust", issuer.trust, presented, material, question)
    yield replace(trust, required=question.policy.allowed_issuers is not None and trust.outcome is Outcome.FAILED)
    functions: list[tuple[str, CheckFunction]] = [("names", notes.names)]
    if presented.form in ("png", "svg"):
        functions.append(("picture", notes.picture))
    functions += [
        ("endorsement", partial(endorsement.endorsement, number)) for number in range(endorsement.count(presented))
    ]
    for name, function in functions:
        yield replace(_run(name, function, presented, material, question), required=False)


def _not_checked(names: tuple[str, ...], why: str) -> list[Check]:
    return [Check.unknown(name, why) for name in names]


def _summary(presented: Presented) -> Mapping[str, Any] | None:
    try:
        return summary(Badge.read(presented.document))
    except OpenBadgeError:  # the check "data-model" reports it
        return None
    except Exception as error:
        log_failure("summary", error)
        return None
