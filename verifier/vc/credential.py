"""Verification of one credential: VC Data Model 2.0, section 7.1; VC Data Integrity 1.0, section 4.4; VCALM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openbadge import data_model, normal_form, timestamps
from openbadge.data_model.forms import values
from openbadge.errors import InvalidError, UnavailableError
from openbadge.vocabulary import OB_CONTEXTS
from verifier.checks import status
from verifier.checks.document import START_SKEW
from verifier.material import Material
from verifier.parse import Presented
from verifier.question import Question
from verifier.vc import steps as shared
from verifier.vc.opened import CREDENTIAL, Opened
from verifier.vc.question import VcQuestion
from verifier.vc.result import Steps, VcResult

_AFTER_FORM = ("json-ld", "proof", "issuer-binding")


def verify_credential(document: Any, question: VcQuestion) -> VcResult:
    """Verify a credential: an object with proofs in it, or an enveloped one. Never raises.

    The checks, in this order: the data model; JSON-LD, of which nothing may be lost (for a signed text this informs
    only); every proof of a set or chain, also those of others; that one of them is by a key of the issuer. They decide
    `verified`. Validity period and status follow and only warn, as VCALM has it: an expired or revoked credential is
    still what its issuer signed, and `warnings` and the check `status` say so. So do resources that nobody compared,
    and a badge that is not in normal form.
    """
    part = shared.part(document, CREDENTIAL, question)
    return judge(part, shared.gather([part], question), question)


def judge(part: shared.Part, material: Material, question: VcQuestion) -> VcResult:
    """Run the checks of a credential whose material is there. Never raises."""
    steps = Steps()
    form = steps.run("data-model", lambda: shared.check_form(part.need(), presentation=False, question=question))
    if not form or part.opened is None:
        steps.skip(*_AFTER_FORM)
    elif not shared.json_ld(steps, part.opened, question):
        steps.skip(*_AFTER_FORM[1:])
    else:
        shared.signed(steps, part.opened, CREDENTIAL, material, question)
        _inform(steps, part.opened, material, question)
    return VcResult(tuple(steps.checks))


def _inform(steps: Steps, opened: Opened, material: Material, question: VcQuestion) -> None:
    """Run the checks that only warn."""
    document = opened.document
    asked = Question(question.now, question.fetch, lists=question.lists)
    steps.run("validity-period", lambda: _in_time(document, question), required=False)
    presented = Presented("json", document, None, "")
    steps.run("status", lambda: status.not_revoked(presented, material, asked), required=False)
    if "relatedResource" in document:
        steps.run("related-resources", lambda: _resources(document), required=False)
    if any(isinstance(url, str) and url in OB_CONTEXTS for url in values(document["@context"])):
        steps.run("normal-form", lambda: _normal(document), required=False)


def _in_time(document: Mapping[str, Any], question: VcQuestion) -> str:
    start, end = ("issuanceDate", "expirationDate") if data_model.is_1_1(document) else ("validFrom", "validUntil")
    if start in document and timestamps.parse(document[start], start) > question.now + START_SKEW:
        raise InvalidError("NOT_YET_VALID", f"It becomes valid at {document[start]}.")
    if end in document and timestamps.parse(document[end], end) < question.now:
        raise InvalidError("EXPIRED", f"It has expired at {document[end]}.")
    return "It is within the dates that it gives."


def _resources(document: Mapping[str, Any]) -> str:
    left = data_model.unchecked_resources(document)
    if left:
        raise UnavailableError(
            "FETCH_FAILED", f"{len(left)} related resources were not fetched to be compared, such as {left[0][:200]}."
        )
    return "Each related resource has the digest that the credential gives."


def _normal(document: Mapping[str, Any]) -> str:
    normal_form.check(document)
    return "The badge is written in the form that hides nothing from a reader."
