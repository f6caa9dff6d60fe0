"""Will it work elsewhere? What wallets, other verifiers and the certification of Open Badges stumble over.

None of this touches authenticity. A `failed` outcome says what an issuer should change, an `unknown` one what a holder
should expect. The reasons come from Open Badges 3.0 with its certification guide 1.5, and from public verifiers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge import vocabulary
from openbadge.strict_json import MAX_SAFE_INTEGER
from verifier.failure import log_failure
from verifier.parse import Presented
from verifier.report import Check, Outcome

CERTIFIED_SUITES: Final = ("eddsa-rdfc-2022", "ecdsa-sd-2023")
"""Cryptosuites that the certification guide 1.5 allows for embedded proofs."""
_ZULU: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_DATES: Final = ("validFrom", "validUntil", "awardedDate", "created", "expires")

Finding = tuple[Outcome, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One question about other systems: a stable `id`, what is true when it passes, and the function that looks."""

    id: str
    title: str
    look: Callable[[Presented], Finding]


def assess(presented: Presented) -> tuple[Check, ...]:
    """Return one check for each rule; none of them is required. The document must be in normal form."""
    return tuple(_check(rule, presented) for rule in RULES)


def _check(rule: Rule, presented: Presented) -> Check:
    try:
        outcome, detail = rule.look(presented)
    except Exception as error:
        log_failure(f"portability {rule.id}", error)
        outcome, detail = Outcome.UNKNOWN, "This could not be looked at, because the document has an unusual shape."
    return Check(rule.id, rule.title, outcome, detail, None, required=False)


def _context_version(presented: Presented) -> Finding:
    if presented.document["@context"][1] == vocabulary.OB_CONTEXT:
        return _good("It uses the current vocabulary of Open Badges 3.0.")
    return _bad("It uses an older vocabulary of Open Badges 3.0; issue with context-3.0.3.json.")


def _arrays(presented: Presented) -> Finding:
    document = presented.document
    names = [name for name in ("type", "proof", "credentialSchema") if name in document]
    single = [name for name in names if not isinstance(document[name], list)]
    if single:
        return _bad(f"Verifiers with the schema of 2024 want a list for {', '.join(single)}; issue lists.")
    return _good("Members that older verifiers want as lists are lists.")


def _status_id(presented: Presented) -> Finding:
    status = presented.document.get("credentialStatus")
    if isinstance(status, list):
        return _bad("The official schemas want one credentialStatus, not a list; issue one object.")
    if isinstance(status, dict) and "id" not in status:
        return _bad("Verifiers with the schema of 2024 want an id in credentialStatus; add one.")
    return _good("The status entry is in the form that all schemas take, or there is none.")


def _issuer_object(presented: Presented) -> Finding:
    issuer = presented.document.get("issuer")
    if not isinstance(issuer, dict) or "Profile" not in _list(issuer.get("type")):
        return _bad("The public validator wants the issuer as an object of the type Profile; issue it so.")
    if not isinstance(issuer.get("name"), str):
        return _bad("Wallets show the issuer's name, and the issuer has none; add one.")
    return _good("The issuer is a Profile with a name.")


def _image(presented: Presented) -> Finding:
    image = _achievement(presented).get("image")
    address = image.get("id") if isinstance(image, dict) else image
    if address is None:
        return _bad("The achievement has no picture, so wallets show an empty frame; add an image.")
    if isinstance(address, str) and address.startswith(("https://", "data:image/")):
        return _good("The achievement has a picture that wallets can show.")
    return _bad("The achievement's picture is not at an https address, so wallets will not load it.")


def _subject_id(presented: Presented) -> Finding:
    if isinstance(_subject(presented).get("id"), str):
        return _good("The recipient has an id, so the credential can also travel as a token.")
    return _unsure("The recipient has no id: tokens (VC-JWT) and presentations need one.")


def _proof_suite(presented: Presented) -> Finding:
    if presented.token is not None:
        algorithm = presented.token.header["alg"]
        if algorithm in ("RS256", "ES256"):
            return _good(f"Tokens signed with {algorithm} are widely accepted.")
        return _bad(f"The public validator does not accept tokens signed with {algorithm}; sign with ES256.")
    proofs = _list(presented.document.get("proof", []))
    suites = [proof.get("cryptosuite") for proof in proofs]
    if any(suite in CERTIFIED_SUITES for suite in suites):
        return _good("It is signed in a way that the Open Badges certification asks for.")
    older = [proof["type"] for proof in proofs if proof.get("type") != vocabulary.DATA_INTEGRITY_PROOF]
    if older:
        return _bad(f"It is signed in the older form {older[0]}, which fewer and fewer verifiers read; issue it anew.")
    return _bad("The Open Badges certification wants a proof of the kind eddsa-rdfc-2022; add one.")


def _did_method(presented: Presented) -> Finding:
    issuer = presented.document.get("issuer")
    name = str(issuer.get("id") if isinstance(issuer, dict) else issuer)
    if name.startswith(("did:web:", "did:key:")):
        return _good("Common verifiers can find the issuer's key.")
    if name.startswith("did:jwk:"):
        return _unsure("The issuer is known by a did:jwk, which several wallets do not read; did:web works.")
    if name.startswith("https://"):
        return _unsure("The issuer is known by an https address, which several wallets do not resolve; did:web works.")
    return _bad("Few verifiers can find the key of such an issuer; use did:web.")


def _dates(presented: Presented) -> Finding:
    for name, value in presented.members():
        if name in _DATES and not (isinstance(value, str) and _ZULU.fullmatch(value)):
            return _bad(f"Some verifiers only read times like 2026-03-31T10:00:00Z; {name} is written otherwise.")
    return _good("All times are written as every verifier reads them.")


def _https(presented: Presented) -> Finding:
    plain = {name for name, value in presented.members() if isinstance(value, str) and value.startswith("http://")}
    loaded = sorted(plain - {"targetUrl"})
    if loaded:
        return _bad(f"The address in {loaded[0]} is not https, so pages and wallets will not load it.")
    if plain:
        return _unsure("A skill has an http address, as in ESCO: it names the skill, but pages may not link to it.")
    return _good("It links to https addresses only.")


def _recipient_name(presented: Presented) -> Finding:
    identifiers = [item for item in _list(_subject(presented).get("identifier", [])) if isinstance(item, dict)]
    if identifiers and all(item.get("hashed") is True for item in identifiers):
        return _unsure("The recipient is named by hashes only: private, but wallets cannot show a name.")
    if any(item.get("identityType") == "name" for item in identifiers):
        return _good("Wallets can show the recipient's name.")
    return _unsure("The credential holds no name of the recipient for wallets to show.")


def _schema_pointer(presented: Presented) -> Finding:
    schemas = [item for item in _list(presented.document.get("credentialSchema", [])) if isinstance(item, dict)]
    pair = {"id": vocabulary.ACHIEVEMENT_SCHEMA, "type": vocabulary.SCHEMA_TYPE}
    if not schemas:
        return _unsure("It names no schema (credentialSchema), so strict verifiers may not recognise it as a badge.")
    if pair not in schemas or vocabulary.OB_EXTENSIONS not in presented.document["@context"]:
        return _bad("A credentialSchema needs the official address and the extensions vocabulary; add both.")
    return _good("It names the official schema.")


def _numbers(presented: Presented) -> Finding:
    values = [item for _, value in presented.members() for item in _list(value)]
    for value in values:
        if isinstance(value, float) or (isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER):
            return _bad("It holds a number that programs round differently; issue fractions and large numbers as text.")
    return _good("All numbers read the same everywhere.")


RULES: Final = (
    Rule("context-version", "It uses the current vocabulary", _context_version),
    Rule("arrays", "Lists are written as lists", _arrays),
    Rule("status-form", "The status entry suits all schemas", _status_id),
    Rule("issuer-profile", "The issuer is described", _issuer_object),
    Rule("achievement-image", "It has a picture", _image),
    Rule("subject-id", "The recipient has an identifier", _subject_id),
    Rule("proof-suite", "The kind of signature is widely known", _proof_suite),
    Rule("issuer-method", "The issuer's key can be found by others", _did_method),
    Rule("dates", "Times are written in the common form", _dates),
    Rule("https", "Links are safe to load", _https),
    Rule("recipient-name", "Wallets can show for whom it is", _recipient_name),
    Rule("schema-pointer", "It names its schema", _schema_pointer),
    Rule("numbers", "Numbers read the same everywhere", _numbers),
)
"""Every rule, in the order of the report."""


def _good(detail: str) -> Finding:
    return Outcome.PASSED, detail


def _bad(detail: str) -> Finding:
    return Outcome.FAILED, detail


def _unsure(detail: str) -> Finding:
    return Outcome.UNKNOWN, detail


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _subject(presented: Presented) -> Mapping[str, Any]:
    return next((item for item in _list(presented.document.get("credentialSubject")) if isinstance(item, dict)), {})


def _achievement(presented: Presented) -> Mapping[str, Any]:
    return next((item for item in _list(_subject(presented).get("achievement")) if isinstance(item, dict)), {})
