"""Everything that must hold before anything is signed: prove, then sign.

As certificate authorities do, a credential is first signed with a key that is thrown away and given to our own
verifier, with everything it needs served from here. Then come the rules that are stricter than any verifier. One
finding, and nothing is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from issuer.errors import IssuerError
from issuer.status_document import signed, status_list_document
from openbadge import data_model, did, strict_json
from openbadge.errors import InvalidError, UnavailableError
from openbadge.proof import Signer
from openbadge.vocabulary import MEDIA_DID, MEDIA_VC, MINIMUM_LIST_ENTRIES
from verifier.checks.limits import check_cost
from verifier.fetch import DOCUMENT_LIMIT, Fetched
from verifier.question import Question
from verifier.report import Outcome, Report, Verdict
from verifier.vc import VcQuestion, verify_credential
from verifier.verify import verify

_EMPTY_LIST: Final = bytes(MINIMUM_LIST_ENTRIES // 8)


class LintError(IssuerError):
    """A credential must not be signed; `findings` says why, one sentence per rule that does not hold."""

    code = "LINT"
    title = "The credential does not meet the rules, so it was not signed"

    def __init__(self, findings: tuple[str, ...]) -> None:
        super().__init__(" ".join(findings))
        self.findings = findings


def check_any(document: Mapping[str, Any]) -> None:
    """Accept an unsigned credential of any vocabulary: with few enough parts, and in keeping with its data model.

    Raises `InvalidError` as `data_model.check_credential`, and LIMIT_EXCEEDED.
    """
    check_cost(document)
    data_model.check_credential(document, issuing=True)


def prove_any(secured: Mapping[str, Any], now: datetime) -> None:
    """Accept a signed credential of any vocabulary, a rehearsal or a real one, that our own verifier accepts.

    `now` is the time at which the real one is signed. Nothing is fetched: status lists only warn. Raises
    `InvalidError` with the first thing that is wrong.
    """
    result = verify_credential(secured, VcQuestion(now, _Served(MappingProxyType({}), now)))
    for problem in result.errors:
        raise InvalidError(problem.code, problem.detail)
    if not result.verified:
        raise InvalidError("PROOF_GENERATION_ERROR", "Our own verifier could not check what would be signed.")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for what we issue: an id, the sentence for one that does not hold it, its source, and the test."""

    id: str
    sentence: str
    source: str
    holds: Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Linter:
    """Proves drafts for one issuer. `rehearsal` holds a key that is thrown away under the real key's name."""

    issuer: str
    cryptosuite: str
    rehearsal: Signer
    key_document: Mapping[str, Any]

    def check(self, document: dict[str, Any], now: datetime) -> None:
        """Accept an unsigned credential, or raise `LintError` with every finding.

        `now` is the time at which it is going to be signed.
        """
        findings = [f"{rule.id}: {rule.sentence}" for rule in RULES if not rule.holds(document)]
        try:
            rehearsed = signed(document, self.cryptosuite, self.rehearsal, now)
            report = verify(strict_json.dumps(rehearsed), Question(now, self._material(document, now)))
            findings += _findings(report)
        except InvalidError as error:
            findings.append(f"{error.code}: {error.detail}")
        if findings:
            raise LintError(tuple(findings))

    def _material(self, document: Mapping[str, Any], now: datetime) -> _Served:
        status = document.get("credentialStatus", {})
        url = str(status.get("statusListCredential"))
        purpose = str(status.get("statusPurpose"))
        unsigned = status_list_document(url, self.issuer, purpose, _EMPTY_LIST, now)
        listed = signed(unsigned, self.cryptosuite, self.rehearsal, now)
        documents = {
            did.did_web_url(self.issuer): (MEDIA_DID, strict_json.dumps(self.key_document)),
            url: (MEDIA_VC, strict_json.dumps(listed)),
        }
        return _Served(MappingProxyType(documents), now)


@dataclass(frozen=True, slots=True)
class _Served:
    """Answers a verification from documents that are at hand; asks nobody."""

    documents: Mapping[str, tuple[str, bytes]]
    at: datetime

    def fetch(self, url: str, accept: str, *, limit: int = DOCUMENT_LIMIT) -> Fetched:
        """Return the document for `url`; `accept` and `limit` make no difference to documents of our own."""
        if url not in self.documents:
            raise UnavailableError("FETCH_FAILED", f"The credential depends on {url[:200]}, which is not ours.")
        media_type, body = self.documents[url]
        return Fetched(url, media_type, body, self.at)


def linter(issuer: str, cryptosuite: str, rehearsal: Signer, public_key: Any) -> Linter:
    """Return a linter for an issuer whose rehearsal key has the given public key."""
    key_document = did.document(issuer, [(rehearsal.verification_method, public_key)])
    return Linter(issuer, cryptosuite, rehearsal, key_document)


def _findings(report: Report) -> Iterator[str]:
    if report.verdict is Verdict.VALID:
        return
    for check in report.authenticity:
        if check.required and check.outcome is not Outcome.PASSED:
            yield f"{check.id}: {check.detail}"


def _achievement(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("credentialSubject", {}).get("achievement", {})
    return found if isinstance(found, Mapping) else {}


def _no_fractions(document: Mapping[str, Any]) -> bool:
    return not any(isinstance(item, float) for item in strict_json.walk(document))


def _ids_with_one_body(document: Mapping[str, Any]) -> bool:
    """One object describes an id, so that RDF has nothing to merge; an image may be shown in two places."""
    seen: dict[str, Any] = {}
    for item in strict_json.walk(document):
        if isinstance(item, dict) and isinstance(item.get("id"), str) and seen.setdefault(item["id"], item) != item:
            return False
    return True


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "no-fractions", "Numbers with fractions are written differently by different programs; use a text.",
        "RFC 8785 section 3.2.2.3", _no_fractions,
    ),
    Rule(
        "one-body-per-id", "Two parts of the credential describe the same id differently.",
        "RDF 1.1 Concepts section 3; security rule 6", _ids_with_one_body,
    ),
    Rule(
        "achievement-image", "The achievement has no picture.",
        "Open Badges 3.0 certification guide, displayer", lambda document: bool(_achievement(document).get("image")),
    ),
    Rule(
        "achievement-narrative", "The achievement's criteria have no text that a wallet could show.",
        "Open Badges 3.0 Criteria.narrative",
        lambda document: bool(_achievement(document).get("criteria", {}).get("narrative")),
    ),
    Rule(
        "arrays-for-2024-schema", "The members type, proof and credentialSchema are not lists.",
        "Open Badges 3.0 JSON Schema of 2024",
        lambda document: all(isinstance(document.get(name), list) for name in ("type", "credentialSchema")),
    ),
    Rule(
        "subject-id", "The recipient has no id, so the credential has no VC-JWT form.",
        "Open Badges 3.0 section 8.2.4.2 (sub)", lambda document: bool(document["credentialSubject"].get("id")),
    ),
    Rule(
        "status-entry", "The credential cannot be revoked: it has no status entry with an id.",
        "Bitstring Status List 1.0 section 2.1",
        lambda document: bool(document.get("credentialStatus", {}).get("id")),
    ),
    Rule(
        "issuer-profile", "The issuer is not an object of the type Profile with a name.",
        "1EdTech public validator, step 9",
        lambda document: isinstance(document.get("issuer"), dict) and bool(document["issuer"].get("name")),
    ),
)  # fmt: skip
"""What our own credentials hold beyond what a verifier may demand of anybody's."""
