"""Verification of any W3C credential or presentation, as the VC-API asks for it.

This is not the verdict about a badge: `verifier.verify` reads a badge only in normal form and decides whether it is
valid. Here a credential of any vocabulary is taken as the standards have it, and the answer is whether it is verified:
sound in its data model, its JSON-LD and every signature, by a key of its issuer.
"""

from verifier.vc.credential import verify_credential
from verifier.vc.presentation import verify_presentation
from verifier.vc.question import Binding, VcQuestion
from verifier.vc.result import Problem, VcResult

__all__ = ["Binding", "Problem", "VcQuestion", "VcResult", "verify_credential", "verify_presentation"]
