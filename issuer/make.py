"""Making a credential: from all that was chosen for it to its exact signed bytes. Nothing is stored here.

    1. the slot values: from the completion, the definition, and what is derived from the seed
    2. the compiled template of these slots, which was linted and proven when it was made: rehearsed with a throw-away
       key, accepted by our own verifier, equal to the general algorithm on hostile values
    3. the checks that depend on the values, then the signature over what was rendered; a credential that the compiled
       template cannot take goes the slow way, linted for itself; one in a thousand goes both, for comparison

The same plan gives the same bytes, so whoever crashed between signing and storing signs the same again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from issuer.achievement import fixed_content
from issuer.addresses import Addresses
from issuer.compiled import Rendered
from issuer.compiled_cache import MAX_COMPILED, CompiledTemplates, Recipe
from issuer.errors import FieldError, IntegrityError, IssuerError
from issuer.keys import Signer
from issuer.lint import Linter, LintError
from issuer.model import (
    Completion,
    CompletionReport,
    CompletionState,
    DefinitionVersion,
    Institution,
    StatusSlot,
)
from issuer.model.report import DefinitionRef, Evidence, Learner, Result
from issuer.template import Draft, Template, Values
from issuer.values import public_id_of, signing_values, slot_values
from openbadge.errors import InvalidError
from openbadge.proof import data_integrity

TEMPLATE: Final = "micro-credential"
CRYPTOSUITE: Final = "eddsa-rdfc-2022"
"""The embedded proof that Open Badges 3.0 certification asks for."""
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that was chosen for one credential: the same plan gives the same bytes.

    `seed` is 32 secret bytes; the public id, the subject's urn:uuid and the salt of the e-mail hash are derived from
    it (`issuer.values`). `address` is the public id of a credential that is issued again, which keeps its address.
    """

    completion: Completion
    version: DefinitionVersion
    slot: StatusSlot
    seed: bytes = field(repr=False)
    issued_at: datetime
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A signed credential: its exact bytes, their SHA-256, and the verification method that signed.

    `to_sign` and `signature` are for `Maker.verify`; both follow from the document.
    """

    public_id: str
    document: bytes = field(repr=False)
    sha256: bytes
    key_id: str
    to_sign: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the credentials of one institution with one key. Safe to use from threads."""

    institution: Institution
    addresses: Addresses
    signer: Signer
    linter: Linter
    compiled: CompiledTemplates = field(default_factory=CompiledTemplates)
    _recipes: dict[bytes, Recipe] = field(default_factory=dict, init=False, repr=False, compare=False)

    def make(self, plan: Plan) -> Made:
        """Make one credential. Its signature is not verified here: see `verify`.

        Raises `LintError` and `FieldError` when it must not be signed, `IntegrityError` when we are defective.
        """
        (made,) = self.make_many([plan])
        if isinstance(made, Made):
            return made
        raise made

    def make_many(self, plans: Sequence[Plan]) -> list[Made | IssuerError]:
        """Make many credentials; one that must not be signed has its `LintError` or `FieldError` in its place.

        All are rendered before the first is signed, which is quicker: signing takes everything else out of the
        processor's caches. Raises `IntegrityError` when we are defective; then none is signed.
        """
        found: list[_Ready | IssuerError] = []
        for plan in plans:
            try:
                found.append(self._ready(plan))
            except (LintError, FieldError) as error:
                found.append(error)
            except InvalidError as error:  # what the format refuses is the fault of this one, too
                found.append(LintError((f"{error.code}: {error.detail}",)))
        signatures = [self.signer.sign(item.rendered.to_sign) if isinstance(item, _Ready) else b"" for item in found]
        return [
            self._made(item, signature) if isinstance(item, _Ready) else item
            for item, signature in zip(found, signatures, strict=True)
        ]

    def verify(self, made: Made) -> None:
        """Verify the signature of what was made: a key store can be broken, too. Raises `IntegrityError`."""
        try:
            self.signer.public_key.verify(made.signature, made.to_sign)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a signature that does not verify: {error.detail}") from error

    def rehearse(self, version: DefinitionVersion, now: datetime) -> None:
        """Prove with an invented completion that credentials of a version can be issued.

        Raises `LintError` or `FieldError`.
        """
        list_id = UUID(int=0, version=4)
        slot = StatusSlot(list_id, 0, self.addresses.status_list(list_id))
        values = slot_values(_invented(version, now), version.definition, self.addresses, bytes(32))
        values |= signing_values(public_id_of(bytes(32)), slot, self.addresses, now)
        self.compiled.get(self._recipe(version), values, now)

    def draft(self, version: DefinitionVersion) -> Draft:
        """Return the template with the content of a definition version in it: only slots are open."""
        return self._recipe(version).draft

    def _recipe(self, version: DefinitionVersion) -> Recipe:
        found = self._recipes.get(version.digest)
        if found is None:
            fixed = fixed_content(version.definition, self.institution, self.addresses)
            options = data_integrity.options(CRYPTOSUITE, self.signer.verification_method, version.created_at)
            found = Recipe(version.digest, Template.load(TEMPLATE).apply(fixed), options, self.linter)
            if len(self._recipes) >= MAX_COMPILED:
                self._recipes.clear()
            self._recipes[version.digest] = found
        return found

    def _ready(self, plan: Plan) -> _Ready:
        """Return the credential of a plan, ready to be signed: by the compiled template if it can."""
        recipe, now = self._recipe(plan.version), plan.issued_at
        public_id = plan.address or public_id_of(plan.seed)
        values = signing_values(public_id, plan.slot, self.addresses, now)
        values.update(slot_values(plan.completion, plan.version.definition, self.addresses, plan.seed))
        created = values["validFrom"]
        check_validity(values, created)
        rendered = self.compiled.get(recipe, values, now).render(values, created)
        if rendered is None:
            document = recipe.draft.fill(values)
            self.linter.check(document, now)
            return _Ready(public_id, self._slowly(document, now))
        if self.compiled.is_sample():
            self._compare(rendered, self._slowly(recipe.draft.fill(values), now))
        return _Ready(public_id, rendered)

    def _slowly(self, document: dict[str, Any], now: datetime) -> Rendered:
        """Render by the general algorithm."""
        options = data_integrity.options(CRYPTOSUITE, self.signer.verification_method, now)
        return Rendered.of(document, options, data_integrity.hash_data(document, options, self.signer.algorithm))

    def _compare(self, quick: Rendered, slow: Rendered) -> None:
        """Stop all issuing when the compiled form differs from the general algorithm: that is a defect of ours."""
        if (quick.to_sign, quick.credential(b"")) != (slow.to_sign, slow.credential(b"")):
            _LOG.critical("the compiled template and the general algorithm differ: issuing is stopped")
            self.compiled.stop()
            raise IntegrityError("The compiled template is not what the general algorithm gives; nothing was signed.")

    def _made(self, ready: _Ready, signature: bytes) -> Made:
        document = ready.rendered.credential(signature)
        digest = hashlib.sha256(document).digest()
        key_id = self.signer.verification_method
        return Made(ready.public_id, document, digest, key_id, ready.rendered.to_sign, signature)


class _Ready(NamedTuple):
    """A credential that may be signed, and the unguessable part of its address."""

    public_id: str
    rendered: Rendered


def check_validity(values: Values, created: str) -> None:
    """Refuse a credential that would be born expired. Both times have the one form of slots, so they compare as texts.

    Raises `LintError`.
    """
    if values.get("validUntil", "9") <= created:
        raise LintError(
            ("validity-period: The achievement's validity has ended already, counted from the completion.",)
        )


def _invented(version: DefinitionVersion, now: datetime) -> Completion:
    """Return a completion that never was, with every optional value that one can have."""
    report = CompletionReport(
        source="rehearsal",
        source_id=str(version.id),
        definition=DefinitionRef(version.definition_id, version.version),
        learner=Learner("rehearsal", "Ada Example", "ada@example.org"),
        completed_at=now,
        result=tuple(Result(item.id, value="1", status="Completed") for item in version.definition.results),
        evidence=(Evidence("https://example.org/evidence", "Evidence", "Some work", "It shows the outcome."),),
    )
    content = report.canonical_bytes()
    return Completion(
        id=version.id,
        institution_id=version.institution_id,
        source=report.source,
        source_id=report.source_id,
        raw=content,
        digest=report.digest,
        state=CompletionState.RECEIVED,
        definition_id=version.definition_id,
        person=report.learner.id,
        occurrence="",
        learner_name=report.learner.name,
        learner_email=report.learner.email,
        completed_at=now,
        received_at=now,
    )
