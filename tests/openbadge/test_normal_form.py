"""The normal-form rule against every way found so far to say in JSON something else than the signature covers."""

from __future__ import annotations

import copy
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import canon, contexts, normal_form
from openbadge.vocabulary import CLR_CONTEXT, CREDENTIALS_V2, DATA_INTEGRITY_V2, OB_CONTEXT, OB_EXTENSIONS
from tests.openbadge.test_canon import JUNK, hashed, places, shuffled
from tests.vectors import badge, code_of, edited, rich_badge

CREDENTIALS = "https://www.w3.org/2018/credentials#"
CONTEXTS = [CREDENTIALS_V2, OB_CONTEXT]
PROOF = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "created": "2026-03-31T10:00:00Z",
    "verificationMethod": "did:web:badges.example#key-1",
    "proofPurpose": "assertionMethod",
    "proofValue": "z5x9aCBYovW3CQCbKdNyhEm7ffYSw1YpEdPywQJoNbzDD2gkzQDKJ1sYKJaWvqZtkMtSbz35HcbgXVEDYHxCzgkCr",
}


def put(*path):
    """An edit that sets the member named `path[-2]` at `path[:-2]` to `path[-1]`."""

    def change(document):
        holder = document
        for name in path[:-2]:
            holder = holder[name]
        holder[path[-2]] = path[-1]

    return change


def rename(old, new, wrap=lambda value: value, *where):
    def change(document):
        holder = document
        for name in where:
            holder = holder[name]
        holder[new] = wrap(holder.pop(old))

    return change


ACHIEVEMENT = ("credentialSubject", "achievement")

# Same signature, other JSON: each of these once hid something somewhere.
SAME_RDF = {
    "LD-003 full address": rename(
        "validUntil",
        CREDENTIALS + "validUntil",
        lambda value: {"@value": value, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
    ),
    "LD-005 nest": rename("validUntil", "@nest", lambda value: {"validUntil": value}),
    "LD-006 nest status": rename("credentialStatus", "@nest", lambda value: {"credentialStatus": value}),
    "LD-010 split issuer": put(
        "issuer",
        [
            {"id": "did:web:badges.example", "type": ["Profile"]},
            {"id": "did:web:badges.example", "name": "Example University"},
        ],
    ),
    "LD-011 Criteria": rename("criteria", "Criteria", lambda value: value, *ACHIEVEMENT),
    "LD-015 null": put("image", None),
    "LD-015 empty list": put("evidence", []),
    "list in list": put(*ACHIEVEMENT, "tag", [["data"], "literacy"]),
    "null in list": put(*ACHIEVEMENT, "tag", ["data", "literacy", None]),
    "@id for id": rename("id", "@id"),
    "@type for type": rename("type", "@type", lambda value: value, "issuer"),
    "type by address": put("issuer", "type", "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Profile"),
    "value object": put("name", {"@value": "Data Literacy"}),
    "set": put(*ACHIEVEMENT, "tag", {"@set": ["data", "literacy"]}),
    "list written out": put(*ACHIEVEMENT, "resultDescription", 0, "allowedValue", {"@list": ["85", "70"]}),
    "included": rename("issuer", "@included", lambda value: [value]),
    "number as text": put(*ACHIEVEMENT, "creditsAvailable", "3.5E0"),
    "truth value as text": put("credentialSubject", "identifier", 0, "hashed", "false"),
    "date as value object": put("validFrom", {"@value": "2026-03-31T10:00:00Z"}),
    "status in a list of lists": rename("credentialStatus", "credentialStatus", lambda value: [[value]]),
    "single member in a list": put("name", ["Data Literacy"]),
    "id as object": put("credentialStatus", "statusListCredential", {"id": "https://badges.example/status/1"}),
}


TOLD_APART = {
    "LD-015 null": "DATA_LOSS_DETECTION_ERROR",
    "LD-015 empty list": "DATA_LOSS_DETECTION_ERROR",
    "date as value object": "MALFORMED_VALUE_ERROR",
}


@pytest.mark.parametrize("name", SAME_RDF)
def test_what_hides_behind_the_same_signature_is_refused(name):
    code = TOLD_APART.get(name, "NON_CANONICAL_FORM")
    assert code_of(normal_form.check, edited(badge(), SAME_RDF[name])) == code


def same(name):
    return hashed(edited(badge(), SAME_RDF[name])) == hashed(badge())


@pytest.mark.parametrize("name", ["LD-003 full address", "LD-005 nest", "number as text", "truth value as text", "set"])
def test_these_do_keep_the_signature(name):
    # Otherwise the refusals above would prove nothing.
    assert same(name)


def alias(document):
    document["@context"].append({"st": CREDENTIALS + "credentialStatus"})
    document["st"] = document.pop("credentialStatus")


def moved(document):
    document["endorsement"][0]["credentialSubject"]["id"] = document["id"]
    document["endorsement"][0]["credentialSubject"]["validUntil"] = document.pop("validUntil")
    document["endorsement"][0]["credentialSubject"]["type"].append("VerifiableCredential")


REFUSED = {
    "LD-001 undefined": (put("note", "Awarded with honours"), "DATA_LOSS_DETECTION_ERROR"),
    "LD-008 alias": (alias, "CONTEXT_NOT_ALLOWED"),
    "LD-013 index": (put("issuer", "@index", "Dean's list"), "NON_CANONICAL_FORM"),
    "LD-013 value index": (put("name", {"@value": "Data Literacy", "@index": "x"}), "NON_CANONICAL_FORM"),
    "direction": (put("name", {"@value": "Data Literacy", "@direction": "rtl"}), "NON_CANONICAL_FORM"),
    "LD-018 graph": (
        lambda d: d.update({"@graph": [{name: d.pop(name) for name in list(d) if name != "@context"}]}),
        "NON_CANONICAL_FORM",
    ),
    "LD-020 reverse": (put("credentialSubject", "@reverse", {"name": {"id": "urn:x:y"}}), "NON_CANONICAL_FORM"),
    "LD-021 inner context": (put("credentialSubject", "@context", {"name": "urn:x:y"}), "CONTEXT_NOT_ALLOWED"),
    "LD-021 allowed inner context": (put("issuer", "@context", [CREDENTIALS_V2, OB_CONTEXT]), "CONTEXT_NOT_ALLOWED"),
    "LD-023 redefined": (put("@context", [CREDENTIALS_V2, OB_CONTEXT, {"name": "urn:x:y"}]), "CONTEXT_NOT_ALLOWED"),
    "LD-025 vocab": (put("@context", [*CONTEXTS, {"@vocab": "urn:x:"}]), "CONTEXT_NOT_ALLOWED"),
    "LD-026 base": (put("@context", [*CONTEXTS, {"@base": "https://x.example/"}]), "CONTEXT_NOT_ALLOWED"),
    "LD-028 space": (put("credentialSubject", "id", "did:example:a b"), "DATA_LOSS_DETECTION_ERROR"),
    "LD-028 space in the id": (put("id", "https://badges.example/credentials/1 2"), "DATA_LOSS_DETECTION_ERROR"),
    "LD-028 space in a status": (put("credentialStatus", "id", "urn:x: y"), "DATA_LOSS_DETECTION_ERROR"),
    "LD-030 type": (put("type", ["VerifiableCredential", "GoldMedal"]), "DATA_LOSS_DETECTION_ERROR"),
    "LD-031 language": (
        put("description", {"@value": "d", "@language": 'en .\n<urn:x> <urn:y> "z"'}),
        "MALFORMED_VALUE_ERROR",
    ),
    "LD-033 order": (put("@context", [OB_CONTEXT, CREDENTIALS_V2]), "CONTEXT_NOT_ALLOWED"),
    "LD-035 file": (put("@context", [CREDENTIALS_V2, OB_CONTEXT, "file:///etc/passwd"]), "CONTEXT_NOT_ALLOWED"),
    "LD-036 slash": (put("@context", [CREDENTIALS_V2 + "/", OB_CONTEXT]), "CONTEXT_NOT_ALLOWED"),
    "LD-036 http": (put("@context", [CREDENTIALS_V2.replace("https", "http"), OB_CONTEXT]), "CONTEXT_NOT_ALLOWED"),
    "twice": (put("@context", [CREDENTIALS_V2, OB_CONTEXT, OB_CONTEXT]), "CONTEXT_NOT_ALLOWED"),
    "one context": (put("@context", [CREDENTIALS_V2]), "CONTEXT_NOT_ALLOWED"),
    "context as text": (put("@context", CREDENTIALS_V2), "CONTEXT_NOT_ALLOWED"),
    "no context": (lambda d: d.pop("@context"), "CONTEXT_NOT_ALLOWED"),
    "LD-038 thousand": (put("@context", [CREDENTIALS_V2, OB_CONTEXT] * 500), "LIMIT_EXCEEDED"),
    "LD-043 label": (put("credentialSubject", "id", "_:b0"), "MALFORMED_VALUE_ERROR"),
    "LD-045 proof": (put("proof", {**PROOF, "verified": True}), "DATA_LOSS_DETECTION_ERROR"),
    "LD-046 proof2": (put("proof2", PROOF), "DATA_LOSS_DETECTION_ERROR"),
    "LD-046 jws": (put("jws", "abc"), "DATA_LOSS_DETECTION_ERROR"),
    "proof with a context": (put("proof", {**PROOF, "@context": [CREDENTIALS_V2, OB_CONTEXT]}), "CONTEXT_NOT_ALLOWED"),
    "proof as text": (put("proof", "urn:x:proof"), "MALFORMED_VALUE_ERROR"),
    "JSON literal": (put("credentialSubject", "_sd", ["x"]), "NON_CANONICAL_FORM"),
    "empty name": (put("", "x"), "NON_CANONICAL_FORM"),
    "name by address": (put("urn:x:y", "x"), "NON_CANONICAL_FORM"),
    "empty object": (put("evidence", [{}]), "NON_CANONICAL_FORM"),
    "criteria as text": (put(*ACHIEVEMENT, "criteria", "https://badges.example/c"), "NON_CANONICAL_FORM"),
    "status as text": (put("credentialStatus", "https://badges.example/status/1#7"), "NON_CANONICAL_FORM"),
    "number in a date": (put("validUntil", 5), "MALFORMED_VALUE_ERROR"),
    "number in a truth value": (put("credentialSubject", "identifier", 0, "hashed", 1), "NON_CANONICAL_FORM"),
    "truth value in a number": (put(*ACHIEVEMENT, "creditsAvailable", True), "NON_CANONICAL_FORM"),
    "relative host": (put("credentialSubject", "id", "//badges.example/a"), "DATA_LOSS_DETECTION_ERROR"),
    "second body of the credential": (
        put("evidence", [{"id": "https://badges.example/credentials/1", "type": ["Evidence"]}]),
        "NON_CANONICAL_FORM",
    ),
    "second body of the status": (
        put("evidence", [{"id": "https://badges.example/status/1#7", "type": ["Evidence"]}]),
        "NON_CANONICAL_FORM",
    ),
    "second body of a proof": (
        put("proof", [{**PROOF, "id": "urn:x:p"}, {**PROOF, "id": "urn:x:p", "nonce": "n"}]),
        "NON_CANONICAL_FORM",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    change, code = REFUSED[name]
    assert code_of(normal_form.check, edited(badge(), change)) == code


def test_the_end_date_moved_into_an_endorsement_of_the_credential_is_refused():
    assert code_of(normal_form.check, edited(rich_badge(), moved)) == "NON_CANONICAL_FORM"


@pytest.mark.parametrize("context", [[CREDENTIALS_V2], [CREDENTIALS_V2, "urn:x:y"], {"name": "urn:x:y"}, None, []])
def test_an_embedded_endorsement_has_the_contexts_of_a_badge(context):
    document = edited(rich_badge(), put("endorsement", 0, "@context", context))
    assert code_of(normal_form.check, document) == "CONTEXT_NOT_ALLOWED"


def test_an_embedded_endorsement_may_do_without_contexts_of_its_own():
    document = edited(rich_badge(), lambda d: d["endorsement"][0].pop("@context"))
    assert code_of(normal_form.check, document) == "accepted"
    assert hashed(document) == hashed(rich_badge())


ACCEPTED = {
    "as it is": lambda d: None,
    "proof": put("proof", PROOF),
    "proofs": put("proof", [PROOF, {**PROOF, "nonce": "n"}]),
    "extensions": put("@context", [CREDENTIALS_V2, OB_CONTEXT, OB_EXTENSIONS, DATA_INTEGRITY_V2]),
    "type as text": put("issuer", "type", "Profile"),
    "one-element lists": put(*ACHIEVEMENT, "tag", ["data"]),
    "LD-016 repeated": put(*ACHIEVEMENT, "tag", ["literacy", "data", "data"]),
    "criteria by id": put(*ACHIEVEMENT, "criteria", {"id": "https://badges.example/criteria"}),
    "language": put("description", {"@value": "d", "@language": "en-GB"}),
    "language with script": put("description", {"@value": "d", "@language": "zh-Hant-TW"}),
    "whole number": put(*ACHIEVEMENT, "creditsAvailable", 3),
    "whole fraction": put(*ACHIEVEMENT, "creditsAvailable", 3.0),
    "other name of a badge": put("type", ["VerifiableCredential", "AchievementCredential"]),
    "issuer as text": put("issuer", "did:web:badges.example"),
    "foreign type": put("type", ["VerifiableCredential", "OpenBadgeCredential", "https://x.example/Medal"]),
    "every character": put("name", "".join(map(chr, range(1, 0x300)))),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name):
    assert code_of(normal_form.check, edited(badge(), ACCEPTED[name])) == "accepted"


def test_repeated_ids_endorsements_and_geo_are_accepted():
    assert code_of(normal_form.check, rich_badge()) == "accepted"


@pytest.mark.parametrize(
    "path",
    [
        "vectors/ob3/ob-signed.json",
        "vectors/ob3/own-full-unsigned.json",
        "samples/definitions/mynextid-open-badge-mc-unsigned.json",
    ],
)
def test_badges_of_others_are_accepted(shared, path):
    normal_form.check(json.loads((shared / path).read_bytes()))


def test_a_status_list_has_its_own_contexts():
    document = {
        "@context": [CREDENTIALS_V2],
        "id": "https://badges.example/status/1",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:web:badges.example",
        "credentialSubject": {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uH4sIAAA"},
    }
    assert code_of(normal_form.check_status_list, document) == "accepted"
    assert code_of(normal_form.check, document) == "CONTEXT_NOT_ALLOWED"
    assert code_of(normal_form.check_status_list, {**document, "@context": [CLR_CONTEXT]}) == "CONTEXT_NOT_ALLOWED"
    assert code_of(normal_form.check_status_list, {**document, "note": "x"}) == "DATA_LOSS_DETECTION_ERROR"


def test_a_vocabulary_that_may_follow_renames_no_term():
    for url in normal_form.EXTRA_CONTEXTS & contexts.contexts().urls:
        document = edited(badge(), put("@context", [CREDENTIALS_V2, OB_CONTEXT, url]))
        assert hashed(document) == hashed(badge()), url


PLACES = [path for path in places(rich_badge()) if path and "@context" not in path]
TERMS = sorted(
    {str(path[-1]) for path in PLACES} | {"proof", "evidence", "jwk", "Criteria", "narrative", "@nest", "@set"}
)


@given(
    st.sampled_from(PLACES), st.sampled_from(TERMS), JUNK, st.sampled_from(["set", "add", "move", "copy"]), st.data()
)
def test_who_keeps_the_signature_and_the_normal_form_says_the_same(path, term, junk, how, data):
    """Any edit: if the signature and the normal form hold, then only order, repetition or the case of tags changed."""
    document = rich_badge()
    mutate(document, path, term, junk, how, data)
    if code_of(normal_form.check, document) == "accepted" and hashed(document) == SIGNED:
        assert bodies(document) == bodies(rich_badge())


SIGNED = hashed(rich_badge())


def at(document, path):
    for name in path:
        document = document[name]
    return document


def mutate(document, path, term, junk, how, data):
    holder = at(document, path[:-1])
    value = copy.deepcopy(holder[path[-1]])
    if how == "set":
        holder[path[-1]] = junk
    elif how == "add" and isinstance(value, dict):
        holder[path[-1]][term] = junk
    elif how in ("move", "copy"):
        target = at(document, data.draw(st.sampled_from(PLACES)))
        if isinstance(target, dict):
            target[path[-1] if isinstance(path[-1], str) else term] = value
            if how == "move" and target is not holder:
                del holder[path[-1]]


def bodies(document):
    """All that a document says, by id: the members of all bodies of one id together, lists as sets."""
    told = {}
    anonymous = []
    for path in places(document):
        item = at(document, path)
        if isinstance(item, dict) and "@context" not in path:
            body = told.setdefault(item["id"], set()) if "id" in item else set()
            for name, value in item.items():
                if name != "@context":
                    body.update((name, marked(part)) for part in (value if isinstance(value, list) else [value]))
            if "id" not in item:
                anonymous.append(frozenset(body))
    return told, set(anonymous)


def marked(value):
    return json.dumps(value["id"] if isinstance(value, dict) and "id" in value else value, sort_keys=True)


@given(st.randoms(use_true_random=False), st.sampled_from([badge(), rich_badge()]))
def test_order_means_nothing(chance: random.Random, document):
    mixed = shuffled(document, chance)
    assert code_of(normal_form.check, mixed) == "accepted"
    assert hashed(mixed) == hashed(document)


@given(st.sampled_from(PLACES), st.sampled_from(TERMS), JUNK, st.sampled_from(["set", "add"]), st.data())
def test_hostile_documents_raise_nothing_but_our_own_error(path, term, junk, how, data):
    document = rich_badge()
    mutate(document, path, term, junk, how, data)
    code_of(normal_form.check, document)


@given(st.dictionaries(st.sampled_from(["@context", "id", "type", "proof", "endorsement", "x"]), JUNK))
def test_any_object_raises_nothing_but_our_own_error(document):
    code_of(normal_form.check, document)
    code_of(normal_form.check, {**document, "@context": [CREDENTIALS_V2, OB_CONTEXT]})


def test_the_expanded_form_is_handed_back():
    assert normal_form.check(badge()) == canon.expand(badge())
