"""Row DM-016 in full: endorsements as documents and tokens, wherever they stand, never move the verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openbadge.multibase import base64url_encode
from openbadge.proof import vc_jwt
from tests.verifier.builders import (
    DID_URL,
    VALID,
    Document,
    Ed25519Signer,
    bad,
    badge,
    check,
    did_key_signer,
    edited,
    endorsement,
    material,
    sign,
    unsigned,
)
from verifier.report import Check, Outcome, Report

BADGE_ID = "urn:uuid:0b1c2d3e-0000-7000-8000-000000000001"
ISSUER_ID = "did:web:badges.example.org"
ACHIEVEMENT_ID = "https://badges.example.org/achievements/1"
CREATOR_ID = "https://curriculum.example/"


def part(value: Any) -> str:
    return base64url_encode(json.dumps(value).encode())


def as_token(about: str = ACHIEVEMENT_ID, signer: Ed25519Signer | None = None) -> str:
    signer = signer or did_key_signer(9)
    return vc_jwt.create(endorsement(about, signer), signer)


def endorsed(place: str, member: str, items: Any) -> Document:
    """Return a badge that has endorsements on one of its parts."""

    def change(document: Document) -> None:
        achievement = document["credentialSubject"]["achievement"]
        achievement["creator"] = {"id": CREATOR_ID, "type": ["Profile"], "name": "Curriculum"}
        parts = {
            "credential": document,
            "issuer": document["issuer"],
            "achievement": achievement,
            "creator": achievement["creator"],
        }
        parts[place][member] = items

    return badge(change)


def notes(report: Report) -> list[Check]:
    return [item for item in report.authenticity if item.id == "endorsement"]


PLACES = {
    "credential": (BADGE_ID, "this credential"),
    "issuer": (ISSUER_ID, "its issuer"),
    "achievement": (ACHIEVEMENT_ID, "its achievement"),
    "creator": (CREATOR_ID, "the creator of its achievement"),
}


@pytest.mark.parametrize("member", ["endorsement", "endorsementJwt"])
@pytest.mark.parametrize("place", sorted(PLACES))
def test_genuine_endorsements_wherever_they_stand(place: str, member: str) -> None:
    about, words = PLACES[place]
    item = endorsement(about) if member == "endorsement" else as_token(about)
    report = check(endorsed(place, member, [item]))
    assert bad(report) == {}
    assert report.verdict is VALID
    (note,) = notes(report)
    assert (note.outcome, note.required) == (Outcome.PASSED, False)
    assert f"endorses {words}" in note.detail


def test_each_endorsement_is_a_check_of_its_own() -> None:
    def change(document: Document) -> None:
        other = edited(endorsement(signer=did_key_signer(10)), lambda item: item.update(id=f"{BADGE_ID}#other"))
        document["endorsement"] = [endorsement(), other]
        document["endorsementJwt"] = [as_token(), as_token("https://other.example/")]

    report = check(badge(change))
    assert report.verdict is VALID
    assert [item.outcome for item in notes(report)] == ["passed", "failed", "passed", "failed"]
    assert [item.detail.partition(":")[0] for item in notes(report)] == [f"Endorsement {n} of 4" for n in range(1, 5)]


TOKEN = as_token()
OTHER = as_token(signer=did_key_signer(10))

BAD_TOKENS = {
    "signature of another": f"{TOKEN.rpartition('.')[0]}.{OTHER.rpartition('.')[2]}",
    "payload changed": f"{TOKEN.split('.')[0]}.{OTHER.split('.')[1]}.{TOKEN.split('.')[2]}",
    "about something else": as_token("https://other.example/achievements/9"),
    "a badge": vc_jwt.create(unsigned(), did_key_signer(9)),
    "no token": f"{part({})}.e30.AAAA",
    "unsigned": f"{part({'alg': 'none'})}.{TOKEN.split('.')[1]}.AAAA",
}


@pytest.mark.parametrize("name", sorted(BAD_TOKENS))
def test_bad_tokens_are_marked_and_the_credential_judged_alone(name: str) -> None:
    report = check(endorsed("credential", "endorsementJwt", [BAD_TOKENS[name]]))
    assert report.verdict is VALID
    assert [item.problem for item in notes(report)] == ["ENDORSEMENT_INVALID"]


def test_a_token_that_brings_its_key_along_stays_unknown() -> None:
    signer = did_key_signer(9)
    head = {"jwk": signer.public.jwk()}
    claims = vc_jwt.parse(as_token()).payload
    text = f"{part({'alg': 'EdDSA', **head})}.{part(dict(claims))}"
    item = f"{text}.{base64url_encode(signer.sign(text.encode()))}"
    report = check(endorsed("credential", "endorsementJwt", [item]))
    assert report.verdict is VALID
    assert [(note.outcome, note.problem) for note in notes(report)] == [("unknown", "ISSUER_NOT_BOUND")]


def test_a_token_of_the_older_data_model_stays_unknown() -> None:
    inner = {**endorsement(), "@context": ["https://www.w3.org/2018/credentials/v1"]}
    text = f"{part({'alg': 'EdDSA'})}.{part({'vc': inner})}.AAAA"
    report = check(endorsed("credential", "endorsementJwt", [text]))
    assert report.verdict is VALID
    assert [(note.outcome, note.problem) for note in notes(report)] == [("unknown", "UNSUPPORTED_FORMAT")]


def test_the_key_of_an_endorser_is_fetched() -> None:
    signer = Ed25519Signer("did:web:board.example#key-1", 9)
    keys = {"id": "did:web:board.example", "assertionMethod": [{
        "id": signer.verification_method, "type": "Multikey", "controller": "did:web:board.example",
        "publicKeyMultibase": signer.public.multibase}]}  # fmt: skip
    document = endorsed("credential", "endorsementJwt", [as_token(signer=signer)])
    report = check(document, {**material(), "https://board.example/.well-known/did.json": keys})
    assert [note.outcome for note in notes(report)] == ["passed"]
    report = check(document)
    assert report.verdict is VALID
    assert [(note.outcome, note.problem) for note in notes(report)] == [("unknown", "FETCH_FAILED")]


def test_endorsements_never_make_a_bad_badge_good() -> None:
    document = endorsed("credential", "endorsementJwt", [as_token(BADGE_ID)])
    report = check(edited(document, lambda item: item.update(name="Else")))
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}
    assert bad(check(document, {DID_URL: material()[DID_URL]})) == {"status": "STATUS_RETRIEVAL_ERROR"}


def test_an_endorsement_inside_cannot_be_taken_out_unseen() -> None:
    signed = endorsed("issuer", "endorsementJwt", [TOKEN])
    report = check(edited(signed, lambda item: item["issuer"].pop("endorsementJwt")))
    assert bad(report) == {"proof": "CRYPTOGRAPHIC_SECURITY_ERROR"}
    assert check(sign(edited(unsigned(), lambda item: None))).verdict is VALID
