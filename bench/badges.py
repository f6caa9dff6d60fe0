"""The badges that are measured: as many different ones as wanted of one template, with what their issuer publishes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from issuer import status_document
from issuer.compile import compile_template
from issuer.compiled import CompiledTemplate, Rendered
from issuer.keys import Signer, rehearsal_signer
from issuer.lint import linter
from issuer.template import Draft, Template, Values, example
from openbadge import contexts, did, status, strict_json, timestamps
from openbadge.errors import UnavailableError
from openbadge.proof import data_integrity
from openbadge.vocabulary import MEDIA_VC, MINIMUM_LIST_ENTRIES
from verifier.fetch import DOCUMENT_LIMIT, Fetched
from verifier.question import Question
from verifier.shapes import Shapes
from verifier.trust import TrustList

NOW: Final = datetime.now(UTC).replace(microsecond=0)
CREATED: Final = timestamps.write(NOW)
SUITE: Final = "eddsa-rdfc-2022"
REVOKED: Final = range(0, MINIMUM_LIST_ENTRIES, 100)
"""One entry in a hundred is revoked: a list that compresses to a realistic size."""
_EXAMPLE: Final = example("micro-credential")


class Published:
    """Answers from memory, as a verifier's cache does."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers

    def answers_at_once(self, url: str) -> bool:
        return True

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        if url not in self.answers:
            raise UnavailableError("FETCH_FAILED", f"There is nothing at {url}.")
        return Fetched(url, MEDIA_VC, self.answers[url], NOW)


@dataclass(frozen=True)
class Issuer:
    """An issuer with a key in memory, its compiled template, and what it publishes."""

    id: str
    signer: Signer
    draft: Draft
    compiled: CompiledTemplate
    status_url: str

    @classmethod
    def make(cls) -> Issuer:
        picture = {"id": "https://badges.northbridge.example/emblems/1.png", "type": "Image"}
        achievement = {**_EXAMPLE["fixed"]["achievement"], "image": picture}
        draft = Template.load("micro-credential").apply({**_EXAMPLE["fixed"], "achievement": achievement})
        name = str(draft.document["issuer"]["id"])
        signer = rehearsal_signer(f"{name}#key-1", "Ed25519", os.urandom)
        options = data_integrity.options(SUITE, signer.verification_method, NOW)
        proof = linter(name, SUITE, signer, signer.public_key)
        values = values_of(0)
        compiled = compile_template(draft, values, options, proof, NOW)
        return cls(name, signer, draft, compiled, str(values["statusListCredential"]))

    def issue(self, values: Values) -> bytes:
        """What the main job does between its database reads and its write: check, render, hash, sign, put together."""
        rendered = self._rendered(values)
        return rendered.credential(self.signer.sign(rendered.to_sign))

    def issue_many(self, many: Sequence[Values]) -> list[bytes]:
        """The same for a set, step by step, as `Maker.make_many` does it."""
        ready = [self._rendered(values) for values in many]
        signatures = [self.signer.sign(rendered.to_sign) for rendered in ready]
        return [rendered.credential(value) for rendered, value in zip(ready, signatures, strict=True)]

    def _rendered(self, values: Values) -> Rendered:
        rendered = self.compiled.render(values, CREATED)
        if rendered is None:
            raise RuntimeError("the values of a benchmark take the slow way")
        return rendered

    def status_list(self) -> dict[str, Any]:
        bits = status.set_bits(MINIMUM_LIST_ENTRIES, REVOKED)
        document = status_document.status_list_document(self.status_url, self.id, "revocation", bits, NOW)
        return status_document.signed(document, SUITE, self.signer, NOW)

    def published(self) -> dict[str, dict[str, Any]]:
        """The key document and the status list by address."""
        keys = did.document(self.id, [(self.signer.verification_method, self.signer.public_key)])
        return {did.did_web_url(self.id): keys, self.status_url: self.status_list()}

    def for_peer(self, published: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Everything that the peer loads: the contexts, the key document, and the key by its own address."""
        keys = published[did.did_web_url(self.id)]
        key = {"@context": "https://w3id.org/security/multikey/v1", **keys["verificationMethod"][0]}
        documents = {url: contexts.document(url) for url in contexts.contexts().urls}
        documents |= {**published, self.id: keys, key["id"]: key}
        return {"documents": documents, "issuer": self.id, "method": self.signer.verification_method}

    def question(self, published: dict[str, dict[str, Any]], shapes: Shapes | None) -> Question:
        fetch = Published({url: strict_json.dumps(document) for url, document in published.items()})
        return Question(NOW, fetch, trust=TrustList({self.id: "The issuer"}), shapes=shapes)


def values_of(number: int) -> dict[str, Any]:
    """The values of one learner's badge."""
    given: dict[str, Any] = json.loads(json.dumps(dict(_EXAMPLE["values"])))
    index = number % MINIMUM_LIST_ENTRIES // 100 * 100 + 1
    given["credentialId"] = f"{given['credentialId']}{number}"
    given["validFrom"] = given["awardedDate"] = CREATED
    given["validUntil"] = timestamps.write(NOW.replace(month=1, day=1, year=NOW.year + 3))
    given["subjectId"] = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    given["recipientName"] = f"Amara Okafor {number}"
    given["statusListIndex"] = str(index)
    given["statusEntryId"] = f"{given['statusListCredential']}#{index}"
    return given
