"""The shape cache changes how long a verification takes, and nothing that it says."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import contexts, rdfc, strict_json
from openbadge.proof import suite_of
from openbadge.shape_build import ShapeError
from tests.mutations import LEAVES, MUTATIONS, spots
from tests.verifier import builders
from tests.verifier.builders import ISSUER, badge, check, did_key_signer, outcomes, sign, unsigned
from verifier import known_shape, store
from verifier import shapes as shapes_module
from verifier.known_shape import PLACES, KnownShape, compile_shape, full_hash, take_apart
from verifier.layout import lay_out
from verifier.report import Report, Verdict
from verifier.shapes import SAMPLE_EVERY, STRANGERS, VOUCHED, Shapes
from verifier.store import MAX_VARIANTS
from verifier.trust import TrustList

TRUST = TrustList({ISSUER: "Example Academy"})


def rich(**changes: Any) -> dict[str, Any]:
    """A badge with a text at every place where a slot may be."""
    document = unsigned()
    document["awardedDate"] = "2026-03-30T10:00:00Z"
    document["credentialSubject"]["achievement"]["resultDescription"] = [
        {"id": "urn:x:grade", "type": ["ResultDescription"], "name": "Grade", "resultType": "Percent"}
    ]
    document["credentialSubject"]["result"] = [{"type": ["Result"], "resultDescription": "urn:x:grade", "value": "87"}]
    document["evidence"] = [
        {"id": f"https://e.example/{n}", "type": ["Evidence"], "name": f"Work {n}", "narrative": "n"} for n in (1, 2)
    ]
    return {**document, **changes}


def taught(*documents: dict[str, Any], trust: TrustList = TRUST, times: int = VOUCHED.sightings) -> Shapes:
    known = Shapes()
    for document in documents:
        for _ in range(times):
            report = check(document, shapes=known, trust=trust)
            assert report.verdict is Verdict.VALID, outcomes(report)
    return known


SIGNED = sign(rich())
KNOWN = taught(SIGNED)
DATA = json.dumps(SIGNED).encode()


def raw(document: Any) -> bytes:
    return json.dumps(document).encode()


def hashed(known: Shapes, data: bytes) -> bytes | None:
    found = known.find(data)
    return None if found is None else found.shape.hashed(found.terms)


def same(data: Any, known: Shapes = KNOWN) -> Report:
    """Verify with and without the cache; the reports must be equal."""
    without = check(data, trust=TRUST)
    assert check(data, trust=TRUST, shapes=known) == without
    return without


def test_a_known_badge_is_valid_by_known_bytes() -> None:
    assert len(KNOWN) == 1
    assert hashed(KNOWN, DATA) == full_hash(SIGNED, suite_of(SIGNED["proof"][0]))
    assert same(SIGNED).verdict is Verdict.VALID


def test_another_badge_of_the_shape_needs_no_canonicalisation(monkeypatch: pytest.MonkeyPatch) -> None:
    document = rich(id="https://b.example/c/2", validFrom="2026-03-31T11:00:00Z")
    document["credentialSubject"]["identifier"][1]["identityHash"] = 'Zoë "\u2028" \\ \t\x7f'
    document["credentialSubject"]["id"] = "mailto:zoe@example.org"
    other = sign(document)
    assert same(other).verdict is Verdict.VALID
    asked: list[Any] = []
    real = rdfc.canonicalize

    def canonicalize(quads: Any, **named: Any) -> Any:
        asked.extend(subject for subject, _, _, _ in quads)
        return real(quads, **named)

    monkeypatch.setattr(rdfc, "canonicalize", canonicalize)
    check(other, trust=TRUST, shapes=KNOWN)
    assert f"<{other['id']}>" not in asked
    check(other, trust=TRUST)
    assert f"<{other['id']}>" in asked


def mutated(chance: random.Random) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(SIGNED)
    for _ in range(chance.choice((1, 1, 1, 2))):
        holder, key = chance.choice(spots(document))
        chance.choice(MUTATIONS)(chance, holder, key)
    return document


@given(st.integers(min_value=0))
@settings(max_examples=120)
def test_mutated_badges_give_the_same_report(seed: int) -> None:
    same(mutated(random.Random(seed)))


def test_thousands_of_mutated_badges_take_known_bytes_only_where_they_are_right() -> None:
    """What is signed and the normal form, which are all that the cache takes over, against pyld."""
    chance = random.Random(7)
    hits = 0
    for number in range(6_000):
        document = mutated(chance)
        data = spelled(chance, document) if number % 2 else raw(document)
        hits += agrees(data)
    assert hits > 100


def spelled(chance: random.Random, document: Any) -> bytes:
    """The document in other bytes: text in UTF-8, and a byte that is another, missing or twice there."""
    data = bytearray(json.dumps(document, ensure_ascii=False).encode())
    at = chance.randrange(len(data))
    piece = chance.choice(
        [b'"', b"\\", b"\x00", b"\x7f", b"\xff", b"\\u0000", b"\\ud800", b" ", b"1", b'","id":"urn:x:1']
    )
    data[at : at + chance.randrange(2)] = chance.choice([piece, data[at : at + 1] * 2, b""])
    return bytes(data)


def agrees(data: bytes) -> bool:
    """Compare what is known of a text with pyld; say whether anything is."""
    found = hashed(KNOWN, data)
    if found is not None:
        assert found == full_hash(strict_json.loads(data), suite_of(SIGNED["proof"][0]))
    return found is not None


@given(st.data())
@settings(max_examples=150)
def test_whatever_text_stands_in_a_slot_the_bytes_are_those_of_the_full_way(data: st.DataObject) -> None:
    document = copy.deepcopy(SIGNED)
    known = taken(document)
    assert agrees(raw(document))
    for holder, key in data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4)):
        holder[key] = data.draw(
            st.one_of(st.sampled_from([x for x in LEAVES if isinstance(x, str)]), st.text(max_size=9))
        )
    text = json.dumps(document, ensure_ascii=data.draw(st.booleans()))
    agrees(text.encode("utf-8", "surrogatepass"))


def taken(document: dict[str, Any]) -> list[tuple[Any, Any]]:
    """The places in a document whose text is a slot."""
    found = []
    for holder, key in spots(document):
        if isinstance(before := holder[key], str):
            holder[key] = "a text that stands nowhere else"
            if holder[key] in take_apart(document)[1]:
                found.append((holder, key))
            holder[key] = before
    return found


def test_tampering_with_any_slot_is_found() -> None:
    places = taken(copy.deepcopy(SIGNED))
    assert len(places) == 20
    for number in range(len(places)):
        document = copy.deepcopy(SIGNED)
        holder, key = taken(document)[number]
        holder[key] = holder[key][:-1] + ("1" if holder[key][-1] != "1" else "2")
        assert same(document).verdict is not Verdict.VALID


def test_texts_with_escapes_and_in_utf_8_are_known_too() -> None:
    document = rich()
    document["credentialSubject"]["identifier"][1]["identityHash"] = 'Zoë "the \\ \u2028" \U0001f600\t\x7f'
    signed = sign(document)
    for text in (json.dumps(signed), json.dumps(signed, ensure_ascii=False)):
        assert agrees(text.encode())
        assert check(text.encode(), shapes=KNOWN, trust=TRUST) == check(text.encode(), trust=TRUST)


@pytest.mark.parametrize(
    "change",
    [
        (b'"Ada', b'"\\ud800Ada'),
        (b'"Ada', b'"\\u0000Ada'),
        (b'"Ada', b'"\x01Ada'),
        (b'"Ada', b'"\xffAda'),
        (b'"Ada', b'"\xed\xa0\x80Ada'),
        (b'"Ada', b'"\\xAda'),
        (b'"Ada', b'"A","salt":"da'),
        (b'"https://e.example/1"', b'"https:\\/\\/e.example/1"'),
        (b'"2026-03-30T10:00:00Z"', b'"2026-03-30T24:00:00Z"'),
        (b'"2026-03-30T10:00:00Z"', b'"2026-W13-1T10:00:00Z"'),
        (b"{", b" {"),
        (b'"name": "Intro', b'"name":"Intro'),
    ],
)
def test_what_is_spelled_otherwise_is_not_known(change: tuple[bytes, bytes]) -> None:
    data = DATA.replace(*change, 1)
    assert data != DATA
    assert KNOWN.find(data) is None
    assert check(data, shapes=KNOWN, trust=TRUST) == check(data, trust=TRUST)


@pytest.mark.parametrize("name", ["validFrom", "validUntil"])
def test_a_day_that_is_not_in_the_calendar_is_no_date(name: str) -> None:
    signed = sign(rich(**{name: "2026-02-30T10:00:00Z"}))
    assert same(signed).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "value",
    [
        "http://www.w3.org/2001/XMLSchema#date",  # compaction would write it with a prefix
        "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Achievement",
        "HTTPS://b.example/",
        "ftp://b.example/",
        "https://b.example/\u00e9",
        "urn:",
        ISSUER,  # a part of the document that has this name already
        "https://e.example/1",  # and one whose name is a slot
    ],
)
def test_addresses_that_no_compile_has_proven_go_the_full_way(value: str) -> None:
    document = {**SIGNED, "id": value}
    assert KNOWN.find(raw(document)) is None
    same(document)


def test_dates_status_and_key_are_checked_on_the_actual_document() -> None:
    expired = sign(rich(validUntil="2026-03-31T23:00:00Z"))
    assert KNOWN.find(raw(expired)) is not None
    assert outcomes(same(expired))["validity-period"] == "failed"
    revoked = builders.material(status=builders.status_list(revoked=(builders.INDEX,)))
    assert outcomes(check(SIGNED, revoked, shapes=KNOWN))["status"] == "failed"
    other_key = builders.material(
        keys=builders.key_document(builders.Ed25519Signer(builders.KEY.verification_method, 5))
    )
    assert outcomes(check(SIGNED, other_key, shapes=KNOWN))["proof"] == "failed"
    assert check(SIGNED, other_key, shapes=KNOWN) == check(SIGNED, other_key)


# What enters.


def test_a_shape_is_compiled_only_when_it_is_met_again() -> None:
    known = Shapes()
    check(SIGNED, shapes=known, trust=TRUST)
    assert len(known) == 0
    check(SIGNED, shapes=known, trust=TRUST)
    assert len(known) == 1


@pytest.mark.parametrize(
    "document",
    [
        badge(lambda document: document.update(validUntil="2026-03-31T11:00:00Z")),
        badge(signer=builders.ATTACKER),
        {**SIGNED, "name": "Tampered"},
        badge(cryptosuite="eddsa-jcs-2022"),
        sign(sign(unsigned()), did_key_signer()),
    ],
)
def test_what_is_not_valid_or_not_of_a_kept_kind_never_enters(document: dict[str, Any]) -> None:
    known = Shapes()
    for _ in range(3 * STRANGERS.sightings):
        check(document, shapes=known, trust=TRUST)
    assert len(known) == 0


def test_strangers_need_more_sightings() -> None:
    document = badge()
    known = taught(document, trust=TrustList({}), times=STRANGERS.sightings - 1)
    assert len(known) == 0
    check(document, shapes=known)
    assert len(known) == 1


@pytest.fixture
def anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling always gives the same shape, so that a test about counting does not compile hundreds."""
    shape = compile_shape(SIGNED, DATA.decode())

    def again(document: Any, text: str) -> KnownShape:
        facts = dataclasses.replace(shape.facts, issuer=document["issuer"]["id"])
        return dataclasses.replace(shape, layout=lay_out(text, PLACES), facts=facts)

    monkeypatch.setattr(shapes_module, "compile_shape", again)


def few(known: Shapes, sightings: int = 2) -> Shapes:
    """The cache with strangers that are believed sooner, so that a test does not meet each a hundred times."""
    known._stores[False].allowance = dataclasses.replace(STRANGERS, sightings=sightings)
    return known


def met(issuer: str, number: int) -> dict[str, Any]:
    subject = SIGNED["credentialSubject"]
    achievement = {**subject["achievement"], "id": f"https://a.example/{issuer}/{number}"}
    return {
        **SIGNED,
        "issuer": {**SIGNED["issuer"], "id": issuer},
        "credentialSubject": {**subject, "achievement": achievement},
    }


def meet(known: Shapes, document: dict[str, Any], *, vouched: bool) -> None:
    for _ in range(2):
        known.sighted(document, json.dumps(document), vouched=vouched)


def test_one_stranger_has_few_places_and_all_together_take_none_of_those_of_vouched_issuers(anything: None) -> None:
    known = few(Shapes())
    meet(known, met(ISSUER, 0), vouched=True)
    for number in range(3 * STRANGERS.per_issuer):
        meet(known, met("did:key:one", number), vouched=False)
    assert len(known) == 1 + STRANGERS.per_issuer
    for number in range(2 * STRANGERS.shapes):
        meet(known, met(f"did:key:{number}", 0), vouched=False)
    assert len(known) == 1 + STRANGERS.shapes
    assert known.find(raw(met(ISSUER, 0))) is not None


def test_one_definition_has_few_places(anything: None) -> None:
    known = few(Shapes())
    spaces = [" " * number for number in range(2 * MAX_VARIANTS)]
    texts = [json.dumps(met(ISSUER, 1)) + space for space in spaces]
    for text in texts:
        for _ in range(2):
            known.sighted(met(ISSUER, 1), text, vouched=True)
    assert len(known) == MAX_VARIANTS
    assert [known.find(text.encode()) is not None for text in texts] == [False] * MAX_VARIANTS + [True] * MAX_VARIANTS


def test_what_was_used_stays_and_bytes_are_bounded(anything: None) -> None:
    known = few(Shapes())
    store = known._stores[True]
    meet(known, met(ISSUER, 0), vouched=True)
    store.allowance = dataclasses.replace(store.allowance, bytes=3 * store._bytes + 100)
    for number in range(1, 6):
        meet(known, met(ISSUER, number), vouched=True)
        assert known.find(raw(met(ISSUER, 0))) is not None
    assert len(known) == 3
    assert known.find(raw(met(ISSUER, 2))) is None
    store.allowance = dataclasses.replace(store.allowance, bytes=10)
    meet(known, met(ISSUER, 7), vouched=True)
    assert len(known) == 3


def test_only_one_piece_of_work_waits(anything: None) -> None:
    work: list[Callable[[], None]] = []
    known = Shapes(work.append)
    for number in range(3):
        meet(known, met(ISSUER, number), vouched=True)
    assert len(work) == 1
    work.pop()()
    assert len(known) == 0
    known.sighted(met(ISSUER, 0), json.dumps(met(ISSUER, 0)), vouched=True)
    work.pop()()
    assert len(known) == 1


def test_what_cannot_be_compiled_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refuse(_document: Any, _text: str) -> KnownShape:
        tried.append(1)
        raise ShapeError("it cannot be")

    monkeypatch.setattr(shapes_module, "compile_shape", refuse)
    known = Shapes()
    for _ in range(5):
        meet(known, SIGNED, vouched=True)
    assert len(tried) == 1


def test_a_large_document_is_not_looked_up() -> None:
    assert KNOWN.find(DATA + b" " * shapes_module.MAX_TEXT) is None


def test_other_vocabularies_are_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KNOWN.find(DATA) is not None
    monkeypatch.setattr(contexts.contexts(), "digest", "another")
    assert KNOWN.find(DATA) is None


# What happens if it is wrong all the same.


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known bytes that are not those of the document."""
    monkeypatch.setattr(KnownShape, "hashed", lambda self, terms: bytes(64))


def test_wrong_bytes_never_make_a_good_badge_invalid(wrong: None, caplog: pytest.LogCaptureFixture) -> None:
    known = taught(SIGNED)
    assert len(known) == 0  # the compile has noticed
    found = KNOWN.find(DATA)
    assert found is not None
    known._stores[True].add(found.shape)
    with caplog.at_level(logging.CRITICAL):
        assert check(SIGNED, shapes=known, trust=TRUST).verdict is Verdict.VALID
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert len(known) == 0
    taught_again = [check(SIGNED, shapes=known, trust=TRUST) for _ in range(4)]
    assert len(known) == 0
    assert taught_again[0].verdict is Verdict.VALID


def test_one_success_in_a_thousand_is_compared(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A badge that hides its name, under a shape that should never have been admitted: the sample finds out."""
    assert sum(KNOWN.is_sample() for _ in range(3 * SAMPLE_EVERY)) == 3
    hidden = {("https://schema.org/name" if name == "name" else name): value for name, value in SIGNED.items()}
    monkeypatch.setattr(known_shape, "_prove", lambda *_: None)
    known = Shapes()
    known._stores[True].add(compile_shape(hidden, json.dumps(hidden)))
    verdicts = []
    with caplog.at_level(logging.CRITICAL):
        for _ in range(2):
            known._successes = SAMPLE_EVERY - 1
            verdicts.append(check(hidden, shapes=known, trust=TRUST))
    assert verdicts == [check(hidden, trust=TRUST)] * 2
    assert outcomes(verdicts[0])["contexts"] == "failed"
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert len(known) == 0


def test_bytes_that_agree_with_the_full_way_but_not_with_pyld_are_an_alarm(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = taught(SIGNED)
    monkeypatch.setattr(store, "full_hash", lambda *_: bytes(64))
    known._successes = SAMPLE_EVERY - 1
    assert check(SIGNED, shapes=known, trust=TRUST).verdict is Verdict.VALID
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert len(known) == 0


def test_samples_that_agree_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    known = taught(SIGNED)
    known._successes = SAMPLE_EVERY - 1
    same(SIGNED, known)
    assert not caplog.records
    assert len(known) == 1
