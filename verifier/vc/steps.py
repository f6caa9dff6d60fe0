"""The checks that credentials and presentations share: form, JSON-LD, signatures, and by whose key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openbadge import data_model
from openbadge.data_model import linked_data
from openbadge.data_model.forms import party
from openbadge.errors import InvalidError, OpenBadgeError
from verifier.checks.limits import check_cost
from verifier.failure import log_failure
from verifier.material import Material
from verifier.vc import keys, seal
from verifier.vc.opened import Kind, Opened, open_document
from verifier.vc.question import Binding, VcQuestion
from verifier.vc.result import BROKEN, Steps


@dataclass(frozen=True, slots=True)
class Part:
    """A credential or presentation on its way: what it was opened to, or the error that this ended in."""

    opened: Opened | None
    error: OpenBadgeError | None

    def need(self) -> Opened:
        """Return what was opened, or raise why it was not."""
        if self.opened is None:
            raise self.error or InvalidError("PARSING_ERROR", BROKEN)
        return self.opened


def part(document: Any, kind: Kind, question: VcQuestion) -> Part:
    """Open a document; never raises."""
    try:
        return Part(open_document(document, kind, question.now), None)
    except OpenBadgeError as error:
        return Part(None, error)
    except Exception as error:
        log_failure("open", error)
        return Part(None, InvalidError("PARSING_ERROR", BROKEN))


def gather(parts: Iterable[Part], question: VcQuestion) -> Material:
    """Fetch what the parts that could be opened need; never raises."""
    return keys.gather([item.opened for item in parts if item.opened is not None], question.fetch)


def json_ld(steps: Steps, opened: Opened, question: VcQuestion) -> bool:
    """Run the check of JSON-LD; it informs only where the text itself was signed, since then nothing can get lost."""

    def check() -> str:
        linked_data.check(opened.document, question.load)
        return "Every type, term and id has a meaning in the vocabularies that the document names."

    return steps.run("json-ld", check, required=opened.seal is None)


def cost(document: Mapping[str, Any]) -> None:
    """Accept a document whose processing is bounded; raises `InvalidError` LIMIT_EXCEEDED."""
    check_cost(document)


def seals(opened: Opened, kind: Kind, material: Material, question: VcQuestion) -> list[seal.Seal]:
    """Accept every signature of a document and return them; there is at least one.

    Raises `InvalidError` and `UnavailableError` as `seal.embedded`, `seal.check_purpose`, `keys.resolve` and the
    verification of the signature.
    """
    embedded = seal.embedded(opened.document, question.now, question.load)
    found = embedded if opened.seal is None else [opened.seal, *embedded]
    if not found:
        raise InvalidError("PROOF_VERIFICATION_ERROR", "The document is not signed.")
    for item in found:
        seal.check_purpose(item, kind.purposes, question)
    for item in found:
        item.verify(keys.resolve(item, material, question.now))
    return found


def signed(steps: Steps, opened: Opened, kind: Kind, material: Material, question: VcQuestion) -> None:
    """Run the checks of the signatures and of whose keys made them."""
    found: list[seal.Seal] = []

    def proof() -> str:
        found.extend(seals(opened, kind, material, question))
        return "The content is exactly what was signed." if len(found) == 1 else f"All {len(found)} signatures hold."

    binding = f"{kind.owner}-binding"
    if not steps.run("proof", proof):
        steps.skip(binding)
    elif question.binding is Binding.PROOF_ONLY:
        steps.skip(binding, why="Not asked: this service is set to check signatures only.", required=False)
    else:
        steps.run(binding, lambda: _bound(opened.document, kind, found))


def _bound(document: Mapping[str, Any], kind: Kind, found: list[seal.Seal]) -> str:
    if kind.owner not in document:  # only a presentation may leave it out, its data model says so
        return f"The document names no {kind.owner}."
    owner = party(document, kind.owner)
    mine = [item for item in found if item.controller == owner]
    if not mine:
        raise InvalidError("ISSUER_NOT_BOUND", f"No signature was made with a key of the {kind.owner} {owner[:200]}.")
    return f"{owner} lists the key {mine[0].method}."


def check_form(opened: Opened, *, presentation: bool, question: VcQuestion) -> str:
    """Accept a document that can be processed in time and keeps the rules of its data model."""
    cost(opened.document)
    if presentation:
        data_model.check_presentation(opened.document)
    else:
        data_model.check_credential(opened.document, issuing=False, load=question.load)
    version = "1.1" if data_model.is_1_1(opened.document) else "2.0"
    return f"It follows VC Data Model {version}."
