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

from openbadge import strict_json
from openbadge.errors import OpenBadgeError
from openbadge.proof.expanded import Expanded
from verifier import portability
from verifier.checks import document, endorsement, issuer, notes, recipient, status
from verifier.checks.known import Doubt
from verifier.checks.known import check as check_known
from verifier.display import headline, summary
from verifier.failure import log_failure
from verifier.material import Material, gather
from verifier.parse import Presented, parse
from verifier.question import Question
from verifier.report import MANDATORY, Check, Outcome, Report, Source, Verdict
from verifier.store import Known

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
    known = _known(data, question)
    if known is None or question.shapes is None:
        return _verify_fully(data, question)
    quick, material = _verify_known(data, known, question)
    if isinstance(quick, Report) and not question.shapes.is_sample():
        return quick
    full = _verify_fully(data, question, material)
    if not _agree(quick, full, known, data):
        question.shapes.alarm()
    return full


def _agree(quick: Report | Doubt, full: Report, known: Known, data: bytes) -> bool:
    """Say whether the full way and pyld bear out a success, or that a signature does not fit."""
    if isinstance(quick, Report):
        return quick == full and known.is_what_pyld_says(strict_json.loads(data))
    proof = full.check("proof")
    return quick is Doubt.UNCLEAR or proof is None or proof.outcome is not Outcome.PASSED


def _verify_fully(data: bytes, question: Question, material: Material | None = None) -> Report:
    """Check anything; `material` is given if it has been gathered already."""
    # 1. Parse.
    parsed, presented = _parse(data)
    if presented is None:
        return _conclude([parsed, *_not_checked(MANDATORY[1:], UNREADABLE)], question, _Shown())
    # 2. Gather.
    material = gather(presented, question.fetch) if material is None else material
    shown = _Shown(presented.form, material.sources())
    # 3. Check the form.
    form, expanded = _form(presented, material, question)
    if form.outcome is not Outcome.PASSED:
        return _conclude([parsed, form, *_not_checked(MANDATORY[2:], NOT_NORMAL)], question, shown)
    report = _report([parsed, form], presented, replace(material, hashed=expanded), question, {})
    _remember(presented, report, question)
    return report


def _verify_known(data: bytes, known: Known, question: Question) -> tuple[Report | Doubt, Material | None]:
    """Check a badge of known shape; no report if it is not clearly right in signature, key and dates.

    Its form is that of the badge that its shape was compiled from (`verifier.shapes`).
    """
    parsed, presented = _parse(data)
    if presented is None:
        return Doubt.UNCLEAR, None
    material = gather(presented, question.fetch)
    try:
        answer = check_known(known, material, question)
    except Exception as error:  # whatever goes wrong here, the full way is open
        log_failure("shapes", error)
        return Doubt.UNCLEAR, material
    if isinstance(answer, Doubt):
        return answer, material
    facts = known.shape.facts
    passed = {
        "proof": issuer.SIGNED,
        "issuer-binding": issuer.bound(facts.issuer, facts.method),
        "validity-period": document.valid_from(*answer),
    }
    before = [parsed, Check.passed("contexts", document.COVERED)]
    return _report(before, presented, material, question, passed), material


def _report(
    before: list[Check], presented: Presented, material: Material, question: Question, passed: Mapping[str, str]
) -> Report:
    """Run what follows on the form; `passed` says why checks pass that need not be run."""
    # 4. Run the checks of the credential.
    checks = [
        Check.passed(name, passed[name]) if name in passed else _run(name, function, presented, material, question)
        for name, function in _asked(question)
    ]
    # 5. Run the notes.
    checks += _notes(presented, material, question)
    # 6. Say what would stand in the way elsewhere.
    portable = portability.assess(presented)
    shown = _Shown(presented.form, material.sources(), portable, _summary(presented))
    # 7. Conclude.
    return _conclude([*before, *checks], question, shown)


def _form(presented: Presented, material: Material, question: Question) -> tuple[Check, Expanded | None]:
    """Check the form; the expansion that it takes is what the proof is over, so it is handed on."""
    kept: list[Expanded] = []

    def contexts(presented: Presented, _material: Material, _question: Question) -> str:
        kept.append(document.expanded(presented))
        return document.COVERED

    check = _run("contexts", contexts, presented, material, question)
    return check, kept[0] if kept else None


def _known(data: bytes, question: Question) -> Known | None:
    """Ask whether the shape of a badge is known; whatever goes wrong there, the full way is open."""
    if question.shapes is None:
        return None
    try:
        return question.shapes.find(data)
    except Exception as error:
        log_failure("shapes", error)
        return None


def _remember(presented: Presented, report: Report, question: Question) -> None:
    """Let a badge that the full way has found valid add to what is remembered."""
    if question.shapes is None or presented.form != "json" or report.verdict is not Verdict.VALID:
        return
    trust = report.check("trust")
    vouched = trust is not None and trust.outcome is Outcome.PASSED
    try:
        question.shapes.sighted(presented.document, presented.text, vouched=vouched)
    except Exception as error:
        log_failure("shapes", error)


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
        return summary(presented.badge())
    except OpenBadgeError:  # the check "data-model" reports it
        return None
    except Exception as error:
        log_failure("summary", error)
        return None
