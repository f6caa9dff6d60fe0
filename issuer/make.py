"""Making a credential: from all that was chosen for it to its exact signed bytes. Nothing is stored here.

    1. the slot values: from the completion, the definition, and what is derived from the seed
    2. the compiled template of these slots, which was linted and proven when it was made: rehearsed with a throw-away
       key, accepted by our own verifier, equal to the general algorithm on hostile values
    3. the checks that depend on the values, then the signature over what was rendered; values that the compiled form
       cannot take go the slow way, linted one by one

The same plan gives the same bytes, so whoever crashed between signing and storing signs the same again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from issuer.achievement import fixed_content
from issuer.addresses import Addresses
from issuer.compile import CompiledTemplate, Presence, Rendered, compile_template, presence_of
from issuer.errors import IntegrityError
from issuer.keys import Signer
from issuer.lint import Linter, LintError
from issuer.model import (
    Completion,
    CompletionReport,
    CompletionState,
    Definition,
    DefinitionVersion,
    Institution,
    StatusSlot,
)
from issuer.model.report import DefinitionRef, Evidence, Learner, Result
from issuer.status_document import signed
from issuer.template import Draft, Template, Values
from issuer.values import public_id_of, signing_values, slot_values
from openbadge import multibase, strict_json, timestamps
from openbadge.credential import check_data_model
from openbadge.errors import InvalidError
from openbadge.proof import data_integrity, vc_jwt

TEMPLATE: Final = "micro-credential"
CRYPTOSUITE: Final = "eddsa-rdfc-2022"
"""The embedded proof that Open Badges 3.0 certification asks for."""
MAX_COMPILED: Final = 256
"""Compiled templates kept: definition versions in use, times the combinations of optional slots that occur."""
SAMPLE_EVERY: Final = 1_000
"""One credential in so many is also canonicalised by the general algorithm, which costs a hundred times as much."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that was chosen for one credential: the same plan gives the same bytes.

    `seed` is 32 secret bytes; the public id, the subject's urn:uuid and the salt of the e-mail hash are derived from
    it (`issuer.values`).
    """

    completion: Completion
    version: DefinitionVersion
    slot: StatusSlot
    seed: bytes = field(repr=False)
    issued_at: datetime


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
    compiled: CompiledTemplates = field(default_factory=lambda: CompiledTemplates())

    def make(self, plan: Plan) -> Made:
        """Make one credential. Its signature is not verified here: see `verify`.

        Raises `LintError` and `FieldError` when it must not be signed, `IntegrityError` when we are defective.
        """
        values = self.values(plan)
        document, to_sign, signature = self._sign(plan.version, values, plan.issued_at)
        digest = hashlib.sha256(document).digest()
        key_id = self.signer.verification_method
        return Made(public_id_of(plan.seed), document, digest, key_id, to_sign, signature)

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
        values = self.values(Plan(_invented(version, now), version, slot, bytes(32), now))
        draft = self.draft(version)
        draft.check(values)
        self.compiled.get(version, draft, values, self._options(now), self.linter, now)

    def token(self, document: bytes) -> str:
        """Return the VC-JWT twin of a signed credential, verified. Raises `IntegrityError`."""
        token = vc_jwt.create(json.loads(document), self.signer)
        try:
            vc_jwt.verify(vc_jwt.parse(token), self.signer.public_key)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a token that does not verify: {error.detail}") from error
        return token

    def draft(self, version: DefinitionVersion) -> Draft:
        """Return the template with the content of a definition version in it: only slots are open."""
        return _draft(version.content, self.institution, self.addresses)

    def values(self, plan: Plan) -> dict[str, Any]:
        """Return the slot values of a plan. Raises `FieldError`."""
        return {
            **slot_values(plan.completion, plan.version.definition, self.addresses, plan.seed),
            **signing_values(public_id_of(plan.seed), plan.slot, self.addresses, plan.issued_at),
        }

    def _options(self, now: datetime) -> dict[str, str]:
        return data_integrity.options(CRYPTOSUITE, self.signer.verification_method, now)

    def _sign(self, version: DefinitionVersion, values: Values, now: datetime) -> tuple[bytes, bytes, bytes]:
        """Return the signed credential, what was signed and the signature: by the compiled template if it can."""
        draft = self.draft(version)
        draft.check(values)
        check_validity(values, now)
        options = self._options(now)
        compiled = self.compiled.get(version, draft, values, options, self.linter, now)
        rendered = compiled.render(values, options["created"])
        if rendered is None or self.compiled.is_sample():
            return self._sign_slowly(draft, values, now, rendered)
        check_rendered(rendered)
        signature = self.signer.sign(rendered.to_sign)
        return rendered.credential(signature), rendered.to_sign, signature

    def _sign_slowly(
        self, draft: Draft, values: Values, now: datetime, rendered: Rendered | None
    ) -> tuple[bytes, bytes, bytes]:
        """Lint, sign and verify by the general algorithm. A compiled form that differs stops the issuing."""
        document = draft.fill(values)
        self.linter.check(document, now)
        credential = signed(document, CRYPTOSUITE, self.signer, now)
        proof = data_integrity.proofs(credential)[-1]
        to_sign = data_integrity.hash_data(credential, without_value(proof), self.signer.algorithm)
        signature = multibase.decode_multibase(proof["proofValue"])
        try:
            self.signer.public_key.verify(signature, to_sign)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a signature that does not verify: {error.detail}") from error
        if rendered is not None and rendered.to_sign != to_sign:
            _LOG.critical("the compiled template and the general algorithm differ: issuing is stopped")
            raise IntegrityError("The compiled template is not what the general algorithm gives; nothing was signed.")
        return strict_json.dumps(credential), to_sign, signature


@lru_cache(maxsize=MAX_COMPILED)
def _draft(content: bytes, institution: Institution, addresses: Addresses) -> Draft:
    definition = Definition.from_json(json.loads(content))
    return Template.load(TEMPLATE).apply(fixed_content(definition, institution, addresses))


def check_validity(values: Values, now: datetime) -> None:
    """Refuse a credential that would be born expired: the one demand of a verifier that depends on the values."""
    until = values.get("validUntil")
    if isinstance(until, str) and timestamps.parse(until, "validUntil") <= now:
        raise LintError(
            ("validity-period: The achievement's validity has ended already, counted from the completion.",)
        )


def check_rendered(rendered: Rendered) -> None:
    """Accept what the compiled form cannot have proven, since it depends on the values: the rules of the data model.

    Raises `LintError`.
    """
    try:
        check_data_model(json.loads(rendered.unsecured))
    except InvalidError as error:
        raise LintError((f"data-model: {error.detail}",)) from error


def without_value(proof: Mapping[str, Any]) -> dict[str, Any]:
    """Return a proof without its value: the proof configuration."""
    return {name: value for name, value in proof.items() if name != "proofValue"}


class CompiledTemplates:
    """The compiled templates of one issuer and key, made when first needed and kept. Safe to use from threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, Presence], CompiledTemplate] = OrderedDict()
        self._lock = threading.Lock()
        self._issued = 0

    def get(
        self,
        version: DefinitionVersion,
        draft: Draft,
        values: Values,
        options: Mapping[str, str],
        linter: Linter,
        now: datetime,
    ) -> CompiledTemplate:
        """Return the compiled template for the slots that `values` fill. Raises `LintError` if it cannot be proven."""
        key = (version.id, presence_of(values))
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                unproven = {name: value for name, value in options.items() if name != "created"}
                found = self._kept[key] = compile_template(draft, values, unproven, linter, now)
                if len(self._kept) > MAX_COMPILED:
                    self._kept.popitem(last=False)
            return found

    def is_sample(self) -> bool:
        """Say of every thousandth credential that it shall be proven by the general algorithm, too."""
        with self._lock:
            self._issued += 1
            return self._issued % SAMPLE_EVERY == 0


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
