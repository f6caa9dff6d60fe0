from __future__ import annotations

import copy
import itertools
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import normal_form
from openbadge.credential import Badge, check_data_model
from tests.openbadge.test_canon import JUNK, hashed, places, shuffled
from tests.openbadge.test_normal_form import ACHIEVEMENT, at, put
from tests.vectors import GRADE, badge, code_of, edited, rich_badge


def view(document):
    """All that a reader is told, without the order of lists."""
    read = Badge.read(document)
    told = [read.id, read.name, read.issuer.id, read.issuer.name, read.issuer.url, read.recipient_name]
    return [
        *told,
        read.valid_from,
        read.valid_until,
        settled(read.subject),
        settled(read.achievement),
        settled(read.statuses),
    ]


def settled(value):
    if isinstance(value, dict):
        return json.dumps({name: settled(item) for name, item in value.items() if name != "@context"}, sort_keys=True)
    if isinstance(value, list | tuple):
        items = sorted({json.dumps(settled(item)) for item in value})
        return items[0] if len(items) == 1 else json.dumps(items)
    return json.dumps(value)


def test_what_a_badge_says():
    read = Badge.read(badge())
    assert (read.id, read.name) == ("https://badges.example/credentials/1", "Data Literacy")
    assert (read.issuer.id, read.issuer.name, read.issuer.url) == ("did:web:badges.example", "Example University", None)
    assert read.valid_from == datetime(2026, 3, 31, 10, tzinfo=UTC)
    assert read.valid_until == datetime(2030, 3, 31, 10, tzinfo=UTC)
    assert read.achievement["name"] == "Data Literacy"
    assert [status["statusListIndex"] for status in read.statuses] == ["7"]
    assert read.endorsements == ()
    assert read.recipient_name == "Ada"


def test_a_badge_with_little_in_it():
    document = edited(badge(), lambda d: (d.pop("validUntil"), d.pop("credentialStatus"), d.pop("name")))
    document["issuer"] = "did:web:badges.example"
    del document["credentialSubject"]["identifier"]
    read = Badge.read(document)
    assert (read.name, read.valid_until, read.statuses, read.recipient_name) == (None, None, (), None)
    assert (read.issuer.id, read.issuer.name) == ("did:web:badges.example", None)


def test_endorsements_of_badge_and_achievement():
    document = rich_badge()
    document["credentialSubject"]["achievement"]["endorsement"] = document["endorsement"][0]
    assert [item["name"] for item in Badge.read(document).endorsements] == ["Quality label", "Quality label"]


def test_several_names_come_in_no_order_of_the_document():
    def names(*order):
        items = [
            {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"} for name in order
        ]
        return Badge.read(edited(badge(), put("credentialSubject", "identifier", items))).recipient_name

    assert names("Ada", "Ben") == names("Ben", "Ada") == "Ada, Ben"


@given(st.randoms(use_true_random=False), st.sampled_from([badge(), rich_badge()]))
def test_the_order_of_members_and_sets_means_nothing(chance, document):
    assert view(shuffled(document, chance)) == view(document)


def same_ids(document):
    """Every ordered pair of places whose objects have the same id."""
    found = {}
    for path in places(document):
        item = at(document, path)
        if isinstance(item, dict) and isinstance(item.get("id"), str) and "@context" not in path:
            found.setdefault(item["id"], []).append(path)
    return [pair for group in found.values() for pair in itertools.permutations(group, 2)]


def moves():
    for source, target in same_ids(rich_badge()):
        for name in at(rich_badge(), source):
            if name not in ("id", "type") and name not in at(rich_badge(), target):
                yield source, target, name


MOVES = list(moves())


def test_there_is_something_to_move():
    assert len(MOVES) > 10


@pytest.mark.parametrize(("source", "target", "name"), MOVES)
def test_a_member_moved_to_another_body_of_its_id_is_still_seen(source, target, name):
    document = rich_badge()
    giver, taker = at(document, source), at(document, target)
    kinds = [
        kind for item in (giver, taker) for kind in (item["type"] if isinstance(item["type"], list) else [item["type"]])
    ]
    taker[name] = giver.pop(name)
    taker["type"] = list(dict.fromkeys(kinds))
    if code_of(normal_form.check, document) != "accepted":
        return
    assert hashed(document) == hashed(rich_badge())
    assert code_of(Badge.read, document) == "accepted"
    before, after = Badge.read(rich_badge()), Badge.read(document)
    assert after.achievement.keys() - {"endorsementComment"} == before.achievement.keys()
    assert after.subject.keys() == before.subject.keys()
    assert (after.issuer, after.valid_until) == (before.issuer, before.valid_until)


def test_a_member_moved_into_an_endorsement_does_not_vanish():
    document = rich_badge()
    about = document["endorsement"][0]["credentialSubject"]
    about["creditsAvailable"] = document["credentialSubject"]["achievement"].pop("creditsAvailable")
    about["type"] = ["EndorsementSubject", "Achievement"]
    assert hashed(document) == hashed(rich_badge())  # the signature does not see it
    assert code_of(normal_form.check, document) == "accepted"
    assert Badge.read(document).achievement["creditsAvailable"] == 3.5


def test_an_endorsement_never_contradicts_the_badge():
    def claim(document):
        document["endorsement"][0]["issuer"] = {"id": "did:web:badges.example", "type": ["Profile"], "name": "Other"}

    assert Badge.read(edited(rich_badge(), claim)).issuer.name == "Example University"


def test_two_values_for_one_member_are_refused():
    def claim(document):
        document["credentialSubject"]["achievement"]["creator"]["name"] = "Other"

    assert code_of(Badge.read, edited(rich_badge(), claim)) == "MALFORMED_VALUE_ERROR"


def test_lists_of_several_bodies_are_united():
    def split(document):
        document["credentialSubject"]["achievement"]["tag"] = ["data"]
        document["credentialSubject"]["achievement"]["related"] = [
            {"id": "https://badges.example/achievements/1", "type": ["Related", "Achievement"], "tag": "literacy"}
        ]

    assert sorted(Badge.read(edited(badge(), split)).achievement["tag"]) == ["data", "literacy"]


def test_a_circle_of_ids_is_read():
    def circle(document):
        achievement = document["credentialSubject"]["achievement"]
        achievement["related"] = [{"id": achievement["id"], "type": ["Related"]}]
        document["credentialSubject"]["id"] = achievement["id"]

    assert code_of(Badge.read, edited(badge(), circle)) == "accepted"


MALFORMED = {
    "DM-001 end before start": put("validUntil", "2026-03-31T09:59:59Z"),
    "DM-003 date": put("validFrom", "2026-03-31"),
    "DM-005 two dates": put("validUntil", ["2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"]),
    "DM-005 object": put("validUntil", {"@value": "2030-01-01T00:00:00Z"}),
    "DM-005 null": put("validUntil", None),
    "awarded": put("awardedDate", "2026-03-31T10:00:00"),
    "no start": lambda d: d.pop("validFrom"),
    "no id": lambda d: d.pop("id"),
    "DM-006 no VerifiableCredential": put("type", ["OpenBadgeCredential"]),
    "DM-006 no OpenBadgeCredential": put("type", ["VerifiableCredential"]),
    "DM-006 object": put("type", {"a": 1}),
    "DM-006 objects": put("type", [{"a": 1}, "VerifiableCredential"]),
    "DM-006 nothing": lambda d: d.pop("type"),
    "DM-008 empty": put("credentialSubject", {}),
    "DM-008 two": lambda d: d.update(credentialSubject=[d["credentialSubject"]] * 2),
    "DM-008 text": put("credentialSubject", "did:example:learner"),
    "DM-008 nobody": lambda d: (d["credentialSubject"].pop("id"), d["credentialSubject"].pop("identifier")),
    "subject type": put("credentialSubject", "type", ["Person"]),
    "achievement type": put(*ACHIEVEMENT, "type", ["Course"]),
    "no achievement": lambda d: d["credentialSubject"].pop("achievement"),
    "achievement as text": put("credentialSubject", "achievement", "https://badges.example/achievements/1"),
    "two achievements": lambda d: d["credentialSubject"].update(
        achievement=[d["credentialSubject"]["achievement"]] * 2
    ),
    "no criteria": lambda d: d["credentialSubject"]["achievement"].pop("criteria"),
    "empty criteria": put(*ACHIEVEMENT, "criteria", {"type": "Criteria"}),
    "criteria as text": put(*ACHIEVEMENT, "criteria", "https://badges.example/criteria"),
    "issuer as number": put("issuer", 5),
    "issuer without id": put("issuer", {"type": ["Profile"]}),
    "status without type": lambda d: d["credentialStatus"].pop("type"),
    "status as text": put("credentialStatus", "https://badges.example/status/1#7"),
    "one status as text": lambda d: d.update(credentialStatus=[d["credentialStatus"], "urn:x:y"]),
    "evidence without type": put("evidence", [{"id": "urn:x:y"}]),
    "schema without id": put("credentialSchema", [{"type": "1EdTechJsonSchemaValidator2019"}]),
    "endorsement as text": put("endorsement", ["urn:x:y"]),
    "result of nothing": put("credentialSubject", "result", 0, "resultDescription", "urn:x:y"),
    "result of an object": put("credentialSubject", "result", 0, "resultDescription", {"id": GRADE}),
    "result of a list": put("credentialSubject", "result", 0, "resultDescription", [GRADE]),
    "result as number": put("credentialSubject", "result", 0, "value", 85),
    "status without status": put(*ACHIEVEMENT, "resultDescription", 0, "resultType", "Status"),
    "unknown status": put("credentialSubject", "result", 0, "status", "Perfect"),
    "unknown result type": put(*ACHIEVEMENT, "resultDescription", 0, "resultType", "Colour"),
    "result type as list": put(*ACHIEVEMENT, "resultDescription", 0, "resultType", ["Percent"]),
    "unknown identity type": put("credentialSubject", "identifier", 0, "identityType", "shoeSize"),
    "language": put(*ACHIEVEMENT, "inLanguage", "English"),
    "language as list": put(*ACHIEVEMENT, "inLanguage", ["en"]),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_the_data_model_refuses(name):
    assert code_of(check_data_model, edited(badge(), MALFORMED[name])) == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: None,
        put("type", ["VerifiableCredential", "AchievementCredential"]),
        lambda d: d["credentialSubject"].pop("id"),
        lambda d: d["credentialSubject"].pop("identifier"),
        lambda d: d["credentialSubject"].pop("result"),
        put(*ACHIEVEMENT, "criteria", {"id": "https://badges.example/criteria"}),
        put(*ACHIEVEMENT, "resultDescription", 0, "resultType", "ext:Colour"),
        put("credentialSubject", "result", 0, "status", "Completed"),
        put(*ACHIEVEMENT, "inLanguage", "zh-Hant-TW"),
        put("validUntil", "2026-03-31T10:00:00Z"),
        put("awardedDate", "2026-03-31T10:00:00+02:00"),
    ],
)
def test_the_data_model_accepts(change):
    assert code_of(check_data_model, edited(badge(), change)) == "accepted"


def test_the_data_model_accepts_a_rich_badge():
    assert code_of(check_data_model, rich_badge()) == "accepted"


PLACES = [path for path in places(rich_badge()) if path]


@given(st.sampled_from(PLACES), JUNK)
def test_hostile_documents_raise_nothing_but_our_own_error(path, junk):
    document = copy.deepcopy(rich_badge())
    at(document, path[:-1])[path[-1]] = junk
    code_of(check_data_model, document)
    code_of(Badge.read, document)


def test_five_thousand_bodies_of_one_id_cost_one_pass():
    # With each list compared to all before it, this would take minutes.
    items = [{"id": "urn:x:y", "type": ["Evidence"], "tag": [f"a{number}", f"b{number}"]} for number in range(5_000)]
    assert code_of(Badge.read, edited(badge(), put("evidence", items))) == "accepted"
