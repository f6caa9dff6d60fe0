"""Whose completion it is. Bad input ISS-006: the documented identity rule, no double badge, no merge of two people."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from issuer.lms.identity import Matched, Person, Rules, Unmatched, key, keys, match
from issuer.lms.model import Identifier, IdKind, SourceLearner

A, B = "https://a.example", "https://b.example"
LMS3 = Identifier(IdKind.LMS, A, "3")
SIS1 = Identifier(IdKind.SIS, "sis", "S1")
MAIL = Identifier(IdKind.EMAIL, "", "a@x.org")
ADA = Person("S1", "Ada Nguyen", frozenset({LMS3, SIS1, MAIL}))
BOB = Person("S2", "Bob Nguyen", frozenset({Identifier(IdKind.LMS, A, "9"), Identifier(IdKind.SIS, "sis", "S2"), MAIL}))
ALL = Rules(creates=True, links=True)


def seen(*ids: Identifier, name: str = "Ada") -> SourceLearner:
    return SourceLearner(ids, name)


def test_any_strong_id_finds_the_person():
    for one in (LMS3, SIS1):
        assert match(seen(one), [ADA, BOB], Rules()) == Matched(ADA)


def test_an_address_alone_finds_nobody_and_suggests():
    found = match(seen(MAIL), [ADA, BOB], ALL)
    assert (found.code, found.suggested) == ("learner-unknown", (ADA, BOB))


def test_iss_006_another_account_with_the_same_address_is_not_merged():
    stranger = seen(Identifier(IdKind.LMS, A, "77"), MAIL)
    found = match(stranger, [ADA], ALL)
    assert (found.code, found.suggested) == ("learner-unknown", (ADA,))
    new = match(seen(Identifier(IdKind.SIS, "sis", "S77"), MAIL), [ADA], ALL)
    assert new.person.id == "S77"
    assert MAIL not in new.person.ids


def test_iss_006_spellings_of_an_address_are_one():
    spellings = ["A@x.org", "a@x.org ", "Ａ@x.org".replace("Ａ", "A"), "a@X.ORG"]
    assert {key(Identifier(IdKind.EMAIL, "", one)) for one in spellings} == {MAIL}
    composed, decomposed = "é@x.org", "e\u0301@x.org"
    assert key(Identifier(IdKind.EMAIL, "", composed)) == key(Identifier(IdKind.EMAIL, "", decomposed))


def test_iss_006_the_same_number_of_another_platform_is_another_person():
    assert match(seen(Identifier(IdKind.LMS, B, "3")), [ADA], Rules()).code == "learner-unknown"
    assert key(Identifier(IdKind.LMS, A + "/", "3")) == LMS3
    assert key(Identifier(IdKind.SIS, "sis", "s1")) != SIS1


def test_ids_of_two_people_are_a_conflict():
    found = match(seen(LMS3, Identifier(IdKind.SIS, "sis", "S2")), [ADA, BOB], ALL)
    assert (found.code, set(found.suggested)) == ("learner-conflict", {ADA, BOB})


def test_a_second_number_for_one_person_is_a_conflict():
    found = match(seen(LMS3, Identifier(IdKind.SIS, "sis", "S9")), [ADA], ALL)
    assert found.code == "learner-conflict"


def test_further_ids_are_linked_only_by_a_source_that_may():
    sub = Identifier(IdKind.LTI, A, "sub-3")
    assert match(seen(SIS1, sub), [ADA], ALL).learned == (sub,)
    assert match(seen(SIS1, sub), [ADA], Rules()).learned == ()
    assert match(seen(SIS1, Identifier(IdKind.USERNAME, A, "ada")), [ADA], ALL).learned == ()


def test_records_are_made_only_for_a_student_number_and_only_if_allowed():
    number = Identifier(IdKind.SIS, "sis", "S5")
    made = match(seen(number, LMS3, MAIL, name="Eve"), [], ALL)
    assert (made.person.id, made.person.name, made.person.ids) == ("S5", "Eve", frozenset({number, LMS3}))
    assert match(seen(number, LMS3), [], Rules(creates=True)).person.ids == frozenset({number})
    assert match(seen(number), [], Rules(links=True)).code == "learner-unknown"
    assert match(seen(LMS3), [], ALL).code == "learner-unknown"


def test_the_name_of_the_record_stays():
    assert match(seen(LMS3, name="ADA NGUYEN"), [ADA], ALL).person.name == "Ada Nguyen"


def test_nothing_personal_is_shown():
    shown = repr([ADA, match(seen(MAIL), [ADA], ALL), seen(MAIL)])
    for secret in ("Ada", "a@x.org", "S1'"):
        assert secret not in shown


_IDS = st.builds(
    Identifier,
    st.sampled_from(list(IdKind)),
    st.sampled_from([A, B, "sis", ""]),
    st.sampled_from(["1", "2", "a@x.org"]),
)
_PEOPLE = st.lists(
    st.builds(Person, st.sampled_from(["S1", "S2", "S3"]), st.none(), st.frozensets(_IDS, max_size=4)),
    max_size=3,
    unique_by=lambda person: person.id,
)


@given(st.lists(_IDS, min_size=1, max_size=4), _PEOPLE, st.booleans(), st.booleans())
def test_whoever_is_matched_shares_a_strong_id_and_nobody_else_does(ids, people, creates, links):
    learner = seen(*ids)
    found = match(learner, people, Rules(creates, links))
    strong = {one for one in keys(learner) if one.kind in (IdKind.LMS, IdKind.SIS, IdKind.LTI)}
    sharing = [person for person in people if person.ids & strong]
    if isinstance(found, Unmatched):
        assert found.code == "learner-conflict" if sharing else found.code == "learner-unknown"
    elif sharing:
        assert sharing == [found.person]
    else:
        assert creates
    if isinstance(found, Matched):
        assert all(one.kind is not IdKind.EMAIL for one in found.learned)
