from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import schema
from openbadge.errors import InvalidError

PROFILE = {"id": "did:web:badges.example.org", "type": ["Profile"], "name": "Example Academy"}
BADGE = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    ],
    "id": "urn:uuid:7e2f1f1c-6c3e-4f1c-9d5e-111111111111",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Intro to Testing",
    "issuer": PROFILE,
    "validFrom": "2026-03-31T10:00:00Z",
    "credentialSubject": {
        "id": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": "sha256$00",
                "identityType": "emailAddress",
                "salt": "Kosher",
            }
        ],
        "achievement": {
            "id": "https://badges.example.org/achievements/1",
            "type": ["Achievement"],
            "achievementType": "MicroCredential",
            "name": "Intro to Testing",
            "description": "A course.",
            "criteria": {"narrative": "Pass all modules."},
            "image": {"id": "https://badges.example.org/img/1.png", "type": "Image"},
            "alignment": [{"type": ["Alignment"], "targetName": "Tests", "targetUrl": "https://skills.example/1"}],
        },
    },
    "credentialSchema": [
        {
            "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
            "type": "1EdTechJsonSchemaValidator2019",
        }
    ],
    "credentialStatus": {
        "id": "https://badges.example.org/status/1#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://badges.example.org/status/1",
    },
}
ENDORSEMENT = {
    "@context": BADGE["@context"],
    "id": "urn:uuid:7e2f1f1c-6c3e-4f1c-9d5e-222222222222",
    "type": ["VerifiableCredential", "EndorsementCredential"],
    "name": "Approved by the senate",
    "issuer": PROFILE,
    "validFrom": "2026-03-31T10:00:00Z",
    "credentialSubject": {"id": "https://badges.example.org/achievements/1", "type": ["EndorsementSubject"]},
}
ABSENT = object()


def changed(*path_and_value):
    *path, last, value = path_and_value
    document = copy.deepcopy(BADGE)
    place = document
    for step in path:
        place = place[step]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return document


def refused(document, check=schema.check_achievement_credential):
    with pytest.raises(InvalidError) as caught:
        check(document)
    assert caught.value.code == "SCHEMA_ERROR"
    return caught.value.detail


def test_right_documents_pass():
    schema.check_achievement_credential(BADGE)
    schema.check_achievement_credential(changed("endorsement", [ENDORSEMENT]))
    schema.check_endorsement_credential(ENDORSEMENT)
    schema.check_profile(PROFILE)


ACHIEVEMENT = ("credentialSubject", "achievement")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (changed("issuer", ABSENT), 'it lacks the member "issuer"'),
        (changed(*ACHIEVEMENT, "criteria", ABSENT), 'credentialSubject.achievement lacks the member "criteria"'),
        (changed("@context", 0, "x"), '@context[0] must be "https://www.w3.org/ns/credentials/v2"'),
        (
            changed("@context", 1, "x"),
            "@context[1] must be such as https://purl.imsglobal.org/spec/ob/v3p0/context-3.0",
        ),
        (changed("type", ["OpenBadgeCredential"]), 'type must contain "VerifiableCredential"'),
        (
            changed("type", ["VerifiableCredential"]),
            'type must contain one of "AchievementCredential", "OpenBadgeCredential"',
        ),
        (changed("type", 5), "type must be a text or an object or a list"),
        (changed(*ACHIEVEMENT, "name", None), "credentialSubject.achievement.name must be a text or an object"),
        (changed(*ACHIEVEMENT, "name", {"English": "x"}), "name has a member whose name is not a language"),
        (changed(*ACHIEVEMENT, "image", "https://x.example"), "credentialSubject.achievement.image must be an object"),
        (changed(*ACHIEVEMENT, "image", "by", "x"), 'image has the unknown member "by"'),
        (changed(*ACHIEVEMENT, "image", "type", "image"), 'image.type must be "Image"'),
        (changed(*ACHIEVEMENT, "tag", ["a", 1]), "credentialSubject.achievement.tag[1] must be a text or an object"),
        (changed(*ACHIEVEMENT, "achievementType", "Toy"), '"Badge", '),
        (changed(*ACHIEVEMENT, "achievementType", "Toy"), " or must be a name of your own that starts with ext:"),
        (
            changed(*ACHIEVEMENT, "alignment", 0, {"type": ["Alignment"], "targetName": "x"}),
            'alignment[0] lacks the member "t',
        ),
        (changed("credentialSubject", "result", [{"type": ["Result"], "value": 5}]), "result[0].value must be a text"),
        (changed("credentialSubject", "identifier", 0, "hashed", "true"), "identifier[0].hashed must be true or false"),
        (changed("credentialSubject", []), "credentialSubject must be an object"),
        (changed("credentialStatus", [BADGE["credentialStatus"]]), "credentialStatus must be an object"),
        (changed("endorsementJwt", ["a.b"]), "endorsementJwt[0] must be a compact JWS"),
        (changed(*ACHIEVEMENT, "inLanguage", "English"), "inLanguage must be a language tag such as en"),
        (changed("endorsement", [ENDORSEMENT | {"validFrom": 5}]), "endorsement[0].validFrom must be a text"),
    ],
)
def test_the_place_and_the_reason_are_told(document, told):
    assert told in refused(document)


def test_at_most_three_complaints_are_told():
    assert refused({}) == (
        'The document does not follow the schema: it lacks the member "@context"; it lacks the member "id"; '
        'it lacks the member "type" (3 more).'
    )


def test_the_other_schemas_tell_theirs():
    assert 'type must contain "EndorsementCredential"' in refused(BADGE, schema.check_endorsement_credential)
    assert 'type must contain "Profile"' in refused(BADGE, schema.check_profile)


def test_long_names_are_cut():
    assert len(refused(changed(*ACHIEVEMENT, "image", "x" * 100_000, 1))) < 300


def test_large_documents_are_judged_but_not_explained():
    schema.check_achievement_credential(changed(*ACHIEVEMENT, "tag", ["a"] * 5_000))
    assert "too large to say where" in refused(changed(*ACHIEVEMENT, "tag", [1] * 5_000))


@pytest.mark.parametrize("document", [{"\ud800": 1}, BADGE | {5: 6}])
def test_what_is_not_json_is_refused(document):
    with pytest.raises(InvalidError) as caught:
        schema.check_achievement_credential(document)
    assert caught.value.code == "MALFORMED_VALUE_ERROR"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(["Profile", "", "ext:x", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*BADGE, *PROFILE, "x"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(BADGE)), JSON, st.sampled_from(["id", "achievement", "name"]), JSON)
def test_whatever_is_there_the_answer_is_a_sentence(name, value, inner_name, inner):
    document = changed("credentialSubject", inner_name, inner) | {name: value}
    for check in (schema.check_achievement_credential, schema.check_endorsement_credential, schema.check_profile):
        try:
            check(document)
        except InvalidError as error:
            json.dumps(error.detail)
