"""Issuing: the one place where a credential comes into being, inside the caller's transaction.

    1. claim the business key: (institution, person, definition, occurrence) never gets two credentials
    2. allocate the credential's address and a random status entry
    3. fill the slots of the compiled template, which was linted and proven when it was made: rehearsed with a
       throw-away key, accepted by our own verifier, equal to the general algorithm on hostile values
    4. check what depends on the values, and sign what was rendered; values that the compiled form cannot take go
       the slow way, linted one by one
    5. verify the signature; store the exact bytes; mark the completion; write the audit entry

Whatever fails undoes all of it. Nothing here sends anything: deliveries send what is stored.
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

from issuer import audit, completions, status
from issuer.achievement import fixed_content
from issuer.addresses import Addresses
from issuer.compile import CompiledTemplate, Presence, Rendered, compile_template, presence_of
from issuer.db import Transaction
from issuer.errors import IntegrityError
from issuer.keys import Signer
from issuer.lint import Linter, LintError
from issuer.model import (
    Completion,
    CompletionReport,
    Definition,
    DefinitionVersion,
    Institution,
    IssuedCredential,
    StatusSlot,
)
from issuer.model.report import DefinitionRef, Evidence, Learner, Result
from issuer.status_document import signed
from issuer.store import credentials
from issuer.template import Draft, Template, Values
from issuer.values import signing_values, slot_values
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
PUBLIC_ID_BYTES: Final = 16
"""128 random bits: nobody finds a credential by trying addresses."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Issuance:
    """All that is the same for every credential that one institution issues with one key."""

    institution: Institution
    addresses: Addresses
    signer: Signer
    linter: Linter
    compiled: CompiledTemplates = field(default_factory=lambda: CompiledTemplates())

    def draft(self, version: DefinitionVersion) -> Draft:
        """Return the template with the content of a definition version in it: only slots are open."""
        return _draft(version.content, self.institution, self.addresses)

    def rehearse(self, tx: Transaction, version: DefinitionVersion, now: datetime) -> None:
        """Prove with an invented completion that credentials of a version can be issued; changes nothing.

        Raises `LintError` or `FieldError`.
        """
        list_id = UUID(bytes=tx.random_bytes(16), version=4)
        slot = StatusSlot(list_id, 0, self.addresses.status_list(list_id))
        _, values = self._values(tx, _invented(tx, version, now), version, slot, now)
        draft = self.draft(version)
        draft.check(values)
        options = data_integrity.options(CRYPTOSUITE, self.signer.verification_method, now)
        self.compiled.get(version, draft, values, options, self.linter, now)

    def issue(
        self, tx: Transaction, completion: Completion, version: DefinitionVersion, actor: str, now: datetime
    ) -> tuple[Completion, UUID]:
        """Issue the credential of a completion, or find the one that its business key already has.

        Returns the completion in its new state and the credential's key. Raises `LintError` and `FieldError` when
        the credential must not be signed; the caller then rolls back to before the call.
        """
        credential_id = credentials.claim(tx, completion, tx.new_id(now))
        if credentials.get(tx, credential_id) is None:
            record = self._make(tx, credential_id, completion, version, now)
            credentials.add(tx, record)
            detail = {"completion": str(completion.id), "sha256": record.sha256.hex(), "key": record.key_id}
            audit.append(tx, now, actor, "credential.issue", str(credential_id), detail)
        return completions.mark_issued(tx, completion, credential_id, actor, now), credential_id

    def _make(
        self, tx: Transaction, credential_id: UUID, completion: Completion, version: DefinitionVersion, now: datetime
    ) -> IssuedCredential:
        slot = status.allocate(tx, status.REVOCATION, now)
        public_id, values = self._values(tx, completion, version, slot, now)
        data = self._sign(version, values, now)
        return IssuedCredential(
            id=credential_id,
            public_id=public_id,
            institution_id=tx.institution_id,
            completion_id=completion.id,
            definition_version_id=version.id,
            document=data,
            sha256=hashlib.sha256(data).digest(),
            key_id=self.signer.verification_method,
            status_list_id=slot.list_id,
            status_index=slot.index,
            issued_at=now,
            jwt=self._token(data),
        )

    def _values(
        self, tx: Transaction, completion: Completion, version: DefinitionVersion, slot: StatusSlot, now: datetime
    ) -> tuple[str, dict[str, Any]]:
        public_id = multibase.base64url_encode(tx.random_bytes(PUBLIC_ID_BYTES))
        values: dict[str, Any] = {
            **slot_values(completion, version.definition, self.addresses, tx.random_bytes),
            **signing_values(public_id, slot, self.addresses, now),
        }
        return public_id, values

    def _sign(self, version: DefinitionVersion, values: Values, now: datetime) -> bytes:
        """Return the bytes of the signed credential: by the compiled template, or by the slow path where it must."""
        draft = self.draft(version)
        draft.check(values)
        check_validity(values, now)
        options = data_integrity.options(CRYPTOSUITE, self.signer.verification_method, now)
        compiled = self.compiled.get(version, draft, values, options, self.linter, now)
        rendered = compiled.render(values, options["created"])
        if rendered is None or self.compiled.is_sample():
            return self._sign_slowly(draft, values, now, rendered)
        check_rendered(rendered)
        signature = self.signer.sign(rendered.to_sign)
        self._verify(signature, rendered.to_sign)
        return rendered.credential(signature)

    def _sign_slowly(self, draft: Draft, values: Values, now: datetime, rendered: Rendered | None) -> bytes:
        """Lint and sign by the general algorithm. A compiled form that differs stops the issuing: it is a defect."""
        document = draft.fill(values)
        self.linter.check(document, now)
        credential = signed(document, CRYPTOSUITE, self.signer, now)
        proof = data_integrity.proofs(credential)[-1]
        to_sign = data_integrity.hash_data(credential, without_value(proof), self.signer.algorithm)
        self._verify(multibase.decode_multibase(proof["proofValue"]), to_sign)
        if rendered is not None and rendered.to_sign != to_sign:
            _LOG.critical("the compiled template and the general algorithm differ: issuing is stopped")
            raise IntegrityError("The compiled template is not what the general algorithm gives; nothing was signed.")
        return strict_json.dumps(credential)

    def _token(self, data: bytes) -> str:
        token = vc_jwt.create(json.loads(data), self.signer)
        try:
            vc_jwt.verify(vc_jwt.parse(token), self.signer.public_key)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a token that does not verify: {error.detail}") from error
        return token

    def _verify(self, signature: bytes, data: bytes) -> None:
        """Verify a real signature before it is stored: a key store can be broken, too."""
        try:
            self.signer.public_key.verify(signature, data)
        except InvalidError as error:
            raise IntegrityError(f"The signing key made a signature that does not verify: {error.detail}") from error


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


def _invented(tx: Transaction, version: DefinitionVersion, now: datetime) -> Completion:
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
    return completions.new(tx, report, report.canonical_bytes(), now)
