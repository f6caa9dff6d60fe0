"""Verification of a presentation and of every credential in it: VC Data Model 2.0, section 4.13; VCALM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openbadge.data_model.forms import values
from openbadge.errors import InvalidError
from verifier.vc import steps as shared
from verifier.vc.credential import judge
from verifier.vc.opened import CREDENTIAL, PRESENTATION, Opened
from verifier.vc.question import VcQuestion
from verifier.vc.result import Steps, VcResult

_AFTER_FORM = ("json-ld", "proof", "holder-binding", "credentials")


def verify_presentation(document: Any, question: VcQuestion) -> VcResult:
    """Verify a presentation, an object with proofs in it or an enveloped one, and all its credentials. Never raises.

    The holder's proof must answer `question.challenge` and `question.domain`, as far as these are given, and be by a
    key of the `holder`, if one is named. It is verified only when every credential in it is, too: one good part does
    not make up for a bad one. `credentials` of the result holds the answer for each. The credentials themselves are
    asked without challenge and domain, which are the holder's to answer.
    """
    whole = shared.part(document, PRESENTATION, question)
    steps = Steps()
    form = steps.run("data-model", lambda: shared.check_form(whole.need(), presentation=True, question=question))
    if not form or whole.opened is None:
        steps.skip(*_AFTER_FORM)
        return VcResult(tuple(steps.checks))
    if not shared.json_ld(steps, whole.opened, question):
        steps.skip(*_AFTER_FORM[1:])
        return VcResult(tuple(steps.checks))
    return _verify(steps, whole, whole.opened, question)


def _verify(steps: Steps, whole: shared.Part, opened: Opened, question: VcQuestion) -> VcResult:
    inner_question = replace(question, challenge=None, domain=None)
    parts = [shared.part(item, CREDENTIAL, inner_question) for item in _credentials(opened.document)]
    material = shared.gather([whole, *parts], question)
    shared.signed(steps, opened, PRESENTATION, material, question)
    results = tuple(judge(item, material, inner_question) for item in parts)
    steps.run("credentials", lambda: _all_verified(results))
    return VcResult(tuple(steps.checks), results)


def _credentials(document: Mapping[str, Any]) -> list[Any]:
    return values(document["verifiableCredential"]) if "verifiableCredential" in document else []


def _all_verified(results: tuple[VcResult, ...]) -> str:
    bad = [number for number, result in enumerate(results) if not result.verified]
    if bad:
        raise InvalidError("PROOF_VERIFICATION_ERROR", f"{len(bad)} of {len(results)} credentials are not verified.")
    return f"All {len(results)} credentials are verified." if results else "It presents no credential."
