"""The shape cache changes how long a verification takes, and nothing that it says."""

from __future__ import annotations

import copy
import json
import logging
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import canon, normal_form, strict_json
from openbadge.proof import data_integrity
from tests.verifier import builders
from tests.verifier.builders import ISSUER, badge, check, did_key_signer, outcomes, sign, unsigned
from verifier import known_shape
from verifier import shapes as shapes_module
from verifier.known_shape import KnownShape, compile_shape, take_apart
from verifier.report import Report, Verdict
from verifier.shapes import SAMPLE_EVERY, STRANGERS, VOUCHED, Shapes
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
TEXT = json.dumps(SIGNED)


def canonical(known: Shapes, document: dict[str, Any]) -> Any:
    return known.canonical(document, json.dumps(document))


def same(data: Any, known: Shapes = KNOWN) -> Report:
    """Verify with and without the cache; the reports must be equal."""
    without = check(data, trust=TRUST)
    assert check(data, trust=TRUST, shapes=known) == without
    return without


def test_a_known_badge_is_valid_by_known_bytes() -> None:
    assert len(KNOWN) == 1
    known = canonical(KNOWN, SIGNED)
    bare = {name: value for name, value in SIGNED.items() if name != "proof"}
    assert known.document == canon.canonical(bare)
    assert same(SIGNED).verdict is Verdict.VALID


def test_another_badge_of_the_shape_needs_no_canonicalisation(monkeypatch: pytest.MonkeyPatch) -> None:
    document = rich(id="https://b.example/c/2", validFrom="2026-03-31T11:00:00Z")
    document["credentialSubject"]["identifier"][1]["identityHash"] = 'Zoë "\u2028" \\ \t\x7f'
    document["credentialSubject"]["id"] = "mailto:zoe@example.org"
    other = sign(document)
    assert same(other).verdict is Verdict.VALID
    asked: list[Any] = []
    real = canon.expand

    def expand(document: Any, **named: Any) -> Any:
        asked.append(document.get("id"))
        return real(document, **named)

    monkeypatch.setattr(canon, "expand", expand)
    check(other, trust=TRUST, shapes=KNOWN)
    assert other["id"] not in asked
    check(other, trust=TRUST)
    assert other["id"] in asked


# Mutations: every place of the document, with whatever JSON.

LEAVES: list[Any] = [
    None, True, False, 0, 1, -0.0, 1.5, 2**53, "", "x", "@type", "_:c14n0", "https://x.example/", "urn:x:1", "urn:",
    "http://www.w3.org/2001/XMLSchema#string", "https://www.w3.org/2018/credentials#VerifiableCredential", "a:b",
    "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Achievement", "did:web:badges.example.org", "//x", "xsd:date",
    "https://e.example/1", "https://e.example/é", "https://e.example/ x", "https://e.example/%00<>", "\x01\x7f\ue000",
    "2026-03-31T10:00:00Z", "2020-01-01T00:00:00Z", "\ue0000\ue001", "https://x-microcred-slot-0-end",
    [], {}, ["x"], {"id": "https://x.example/"}, {"@value": "x"}, [None], ["a", "a"], "87", ISSUER,
]  # fmt: skip
NAMES = ["id", "name", "type", "@id", "@type", "@context", "proof", "validUntil", "salt", "evidence", "tag", "x", "a:b"]


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        item = stack.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        for key in keys:
            found.append((item, key))
            stack.append(item[key])
    return found


def put(chance: random.Random, holder: Any, key: Any) -> None:
    holder[key] = copy.deepcopy(chance.choice(LEAVES))


def remove(_chance: random.Random, holder: Any, key: Any) -> None:
    del holder[key]


def double(_chance: random.Random, holder: Any, key: Any) -> None:
    holder[key] = [copy.deepcopy(holder[key]), copy.deepcopy(holder[key])]


def wrap(_chance: random.Random, holder: Any, key: Any) -> None:
    holder[key] = [holder[key]]


def add(chance: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[chance.choice(NAMES)] = copy.deepcopy(holder[key])
    else:
        holder.append(copy.deepcopy(chance.choice(LEAVES)))


def rename(chance: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[chance.choice([*NAMES, str(key).upper(), f"@{key}"])] = holder.pop(key)


def reorder(_chance: random.Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[key] = holder.pop(key)
    else:
        holder.reverse()


MUTATIONS: list[Callable[[random.Random, Any, Any], None]] = [put, put, put, remove, double, wrap, add, rename, reorder]


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
    """The bytes and the normal form, which are all that the cache takes over, against the full way."""
    chance = random.Random(7)
    hits = 0
    for _ in range(4_000):
        document = mutated(chance)
        try:
            document = strict_json.loads(json.dumps(document).encode())
        except shapes_module.OpenBadgeError:
            continue
        if canonical(KNOWN, document) is not None:
            hits += 1
            assert_full_way(document)
    assert hits > 100


def assert_full_way(document: dict[str, Any]) -> None:
    known = canonical(KNOWN, document)
    normal_form.check(document)
    (proof,) = data_integrity.proofs(document)
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    unsecured, config = data_integrity.parts(document, config, data_integrity.read_suite({**SIGNED["proof"][0]}))
    assert known == (canon.canonical(config), canon.canonical(unsecured))


@given(st.data())
@settings(max_examples=150)
def test_whatever_text_stands_in_a_slot_the_bytes_are_those_of_the_full_way(data: st.DataObject) -> None:
    document = copy.deepcopy(SIGNED)
    known = taken(document)
    assert canonical(KNOWN, document) is not None
    for holder, key in data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4)):
        holder[key] = data.draw(
            st.one_of(st.sampled_from([x for x in LEAVES if isinstance(x, str)]), st.text(max_size=9))
        )
    try:
        document = strict_json.loads(json.dumps(document).encode())
    except shapes_module.OpenBadgeError:
        return
    if canonical(KNOWN, document) is not None:
        assert_full_way(document)


def taken(document: dict[str, Any]) -> list[tuple[Any, Any]]:
    """The places in a document whose text is a slot: changing it leaves the skeleton as it is."""
    skeleton = take_apart(document).skeleton
    found = []
    for holder, key in spots(document):
        if isinstance(before := holder[key], str):
            holder[key] = "another"
            if take_apart(document).skeleton == skeleton:
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


def test_a_number_that_stands_for_a_hole_cannot_be_written() -> None:
    """Otherwise a document could have the skeleton of another with fewer texts."""
    with pytest.raises(shapes_module.OpenBadgeError):
        strict_json.loads(TEXT.replace('"2029-03-31T10:00:00Z"', "NaN").encode())


@pytest.mark.parametrize(
    "value",
    [
        "http://www.w3.org/2001/XMLSchema#date",  # compaction would write it with a prefix
        "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Achievement",
        "HTTPS://b.example/",
        "ftp://b.example/",
        "https://b.example/\u00e9",
        "urn:",
        ISSUER,  # a part of the document that the skeleton has already
    ],
)
def test_addresses_that_no_compile_has_proven_go_the_full_way(value: str) -> None:
    document = {**SIGNED, "id": value}
    assert canonical(KNOWN, document) is None
    same(document)


def test_dates_status_and_key_are_checked_on_the_actual_document() -> None:
    expired = sign(rich(validUntil="2026-03-31T23:00:00Z"))
    assert canonical(KNOWN, expired) is not None
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
    shape = compile_shape(SIGNED, ISSUER)

    def again(_document: Any, issuer: str) -> KnownShape:
        return KnownShape(issuer, shape.kinds, shape.names, shape.taken, shape.document, shape.proof)

    monkeypatch.setattr(shapes_module, "compile_shape", again)


def meet(known: Shapes, issuer: str, number: int, *, vouched: bool) -> None:
    document = {**SIGNED, "name": f"{issuer} {number}"}
    for _ in range(STRANGERS.sightings):
        known.sighted(document, TEXT, issuer, vouched=vouched)


def test_one_stranger_has_few_places_and_all_together_take_none_of_those_of_vouched_issuers(anything: None) -> None:
    known = Shapes()
    meet(known, ISSUER, 0, vouched=True)
    for number in range(3 * STRANGERS.per_issuer):
        meet(known, "did:key:one", number, vouched=False)
    assert len(known) == 1 + STRANGERS.per_issuer
    for number in range(2 * STRANGERS.shapes):
        meet(known, f"did:key:{number}", 0, vouched=False)
    assert len(known) == 1 + STRANGERS.shapes
    assert canonical(known, {**SIGNED, "name": f"{ISSUER} 0"}) is not None


def test_only_one_compile_waits() -> None:
    work: list[Callable[[], None]] = []
    known = Shapes(work.append)
    for name in ("a", "b", "c"):
        meet(known, ISSUER, ord(name), vouched=True)
    assert len(work) == 1
    work.pop()()
    assert len(known) == 1
    meet(known, ISSUER, 99, vouched=True)
    assert len(work) == 1


def test_a_large_document_is_not_looked_up() -> None:
    assert KNOWN.canonical(SIGNED, TEXT + " " * shapes_module.MAX_TEXT) is None


# What happens if it is wrong all the same.


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known bytes that are not those of the document."""
    real = KnownShape.canonical

    def other(self: KnownShape, values: Any) -> Any:
        found = real(self, values)
        return None if found is None else found._replace(document=found.document + b"\n")

    monkeypatch.setattr(KnownShape, "canonical", other)


def test_wrong_bytes_never_make_a_good_badge_invalid(wrong: None, caplog: pytest.LogCaptureFixture) -> None:
    known = taught(SIGNED)
    assert len(known) == 0  # the compile has noticed
    known._stores[True].add(shapes_module._key(take_apart(SIGNED).skeleton), compiled_unproven())
    with caplog.at_level(logging.CRITICAL):
        assert check(SIGNED, shapes=known, trust=TRUST).verdict is Verdict.VALID
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert len(known) == 0
    taught_again = [check(SIGNED, shapes=known, trust=TRUST) for _ in range(4)]
    assert len(known) == 0
    assert taught_again[0].verdict is Verdict.VALID


def compiled_unproven() -> KnownShape:
    shape = next(iter(KNOWN._stores[True].shapes.values()))
    return KnownShape(shape.issuer, shape.kinds, shape.names, shape.taken, shape.document, shape.proof)


def test_one_success_in_a_thousand_is_compared(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A badge that hides its end date, under a shape that should never have been admitted: the sample finds out."""
    assert sum(KNOWN.is_sample() for _ in range(3 * SAMPLE_EVERY)) == 3
    hidden = {
        ("https://www.w3.org/2018/credentials#validUntil" if k == "validUntil" else k): v for k, v in SIGNED.items()
    }
    monkeypatch.setattr(known_shape, "_prove", lambda *_: None)
    known = Shapes()
    known._stores[True].add(shapes_module._key(take_apart(hidden).skeleton), compile_shape(hidden, ISSUER))
    verdicts = []
    with caplog.at_level(logging.CRITICAL):
        for _ in range(2):
            known._successes = SAMPLE_EVERY - 1
            verdicts.append(check(hidden, shapes=known, trust=TRUST))
    assert verdicts == [check(hidden, trust=TRUST)] * 2
    assert outcomes(verdicts[0])["contexts"] == "failed"
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert len(known) == 0


def test_samples_that_agree_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    known = taught(SIGNED)
    known._successes = SAMPLE_EVERY - 1
    same(SIGNED, known)
    assert not caplog.records
    assert len(known) == 1
