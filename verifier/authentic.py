"""Who signed, what was signed, and when it is valid: the question that other libraries call `verifyCredential`.

It is a part of `verifier.verify`, which asks for much more (schema, data model, revocation, the words for people), and
made of the same pieces. For a machine that looks at many badges of issuers that it knows, and asks the rest elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.checks import document, issuer
from verifier.checks.known import Doubt, Period, check
from verifier.material import Material
from verifier.parse import parse
from verifier.question import Question

__all__ = ["Period", "authentic"]


def authentic(data: bytes, material: Material, question: Question) -> Period:
    """Accept a badge that its issuer signed, of which every member is signed, and that is valid at `question.now`.

    `material` holds the key document of the issuer; revocation is not asked for. Returns the validity period. Raises
    `InvalidError` and `UnavailableError` as the checks "parse", "contexts", "proof", "issuer-binding" and
    "validity-period" do.
    """
    known = None if question.shapes is None else question.shapes.find(data)
    answer = Doubt.UNCLEAR if known is None else check(known, material, question)
    if isinstance(answer, Period):
        return answer
    presented = parse(data)
    material = replace(material, hashed=document.expanded(presented))
    issuer.proof(presented, material, question)
    issuer.issuer_binding(presented, material, question)
    if answer is Doubt.UNSIGNED and question.shapes is not None:
        question.shapes.alarm()
    document.validity_period(presented, material, question)
    return Period(*document.check_period(presented.document, question.now))
