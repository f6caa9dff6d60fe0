"""ecdsa-sd-2023 with an issuer, a holder and a verifier that are each ours or Digital Bazaar's, in all eight ways."""

from __future__ import annotations

from copy import deepcopy
from itertools import product
from typing import Any

import pytest

from openbadge.errors import InvalidError
from openbadge.proof.sd import values
from tests.interop.badges import Document, badge
from tests.interop.readers import Ask
from tests.interop.spoilers import changed
from tests.interop.suites import (
    CASES,
    SELECTIVE,
    THEY_CANNOT_TAKE_APART,
    disclose,
    everything_but_the_name,
    they_derive,
    they_judge,
    they_sign,
    we_accept,
)

pytestmark = pytest.mark.node

CASE = CASES[SELECTIVE]
KEY = CASE.signer.key.public
WHO = ("ours", "theirs")
THEY_FAIL = {THEY_CANNOT_TAKE_APART: "invalid set or list object", "endorsed": '"labelMap" must be a Map of strings'}
"""Badges that their holder cannot derive from, and its words. In an endorsed one it is the graph of the embedded proof
that gets no label; if the endorsement is not shown, nothing fails."""
BADGES = [what for what in CASE.badges if what not in (*THEY_FAIL, "revoked")]
SELECTIONS = ("the achievement's name", "all but the name")
WAYS = list(product(WHO, WHO, SELECTIONS))

Signed = dict[tuple[str, str], Document]
Derived = dict[tuple[str, str, str, str], Document]


@pytest.fixture(scope="session")
def signed(ask: Ask) -> Signed:
    """Base proofs by issuer and badge."""
    theirs = they_sign(ask, {("theirs", what): (CASE, CASE.badges[what]) for what in BADGES})
    return {**theirs, **{("ours", what): CASE.sign(CASE.badges[what]) for what in BADGES}}


@pytest.fixture(scope="session")
def derived(ask: Ask, signed: Signed) -> Derived:
    """Derived credentials by issuer, holder, badge and selection."""
    orders = {
        (issuer, what, selection): (document, _pointers(document, selection))
        for (issuer, what), document in signed.items()
        for selection in SELECTIONS
    }
    theirs = {(issuer, "theirs", *rest): document for (issuer, *rest), document in they_derive(ask, orders).items()}
    ours = {(issuer, "ours", *rest): disclose(*order) for (issuer, *rest), order in orders.items()}
    return {**theirs, **ours}


@pytest.fixture(scope="session")
def judged_by_them(ask: Ask, derived: Derived) -> dict[tuple[str, ...], Any]:
    return they_judge(ask, derived)


def _pointers(document: Document, selection: str) -> list[str]:
    return {
        "the achievement's name": ["/credentialSubject/achievement/name"],
        "all but the name": everything_but_the_name(document),
    }[selection]


@pytest.mark.parametrize(("issuer", "holder", "selection"), WAYS)
def test_both_accept(
    derived: Derived, judged_by_them: dict[tuple[str, ...], Any], issuer: str, holder: str, selection: str
) -> None:
    for what in BADGES:
        answer = judged_by_them[issuer, holder, what, selection]
        assert answer["verified"], (what, answer["error"])
        assert we_accept(derived[issuer, holder, what, selection], KEY), what


@pytest.mark.parametrize(("issuer", "holder", "selection"), WAYS)
def test_nothing_but_the_selection_is_shown(derived: Derived, issuer: str, holder: str, selection: str) -> None:
    document = derived[issuer, holder, "astral", selection]
    assert "name" not in document
    assert {"issuer", "validFrom", "credentialSchema"} <= document.keys()
    assert ("description" in document["credentialSubject"]["achievement"]) == (selection == "all but the name")


@pytest.mark.parametrize(("issuer", "selection"), list(product(WHO, SELECTIONS)))
def test_both_holders_show_the_same(derived: Derived, issuer: str, selection: str) -> None:
    """Deriving has no randomness, so even the proof values are equal."""
    for what in BADGES:
        ours, theirs = (derived[issuer, holder, what, selection] for holder in WHO)
        assert _with_one_proof(ours) == _with_one_proof(theirs), what


def _with_one_proof(document: Document) -> Document:
    proof = document["proof"]
    return {**document, "proof": proof[0] if isinstance(proof, list) else proof}


@pytest.mark.parametrize(("issuer", "holder"), list(product(WHO, WHO)))
def test_both_refuse_a_spoiled_one(ask: Ask, derived: Derived, issuer: str, holder: str) -> None:
    good, rest = (derived[issuer, holder, "astral", selection] for selection in SELECTIONS)
    spoiled = {
        "another value shown": changed(good, ("credentialSubject", "achievement", "name"), "Something else"),
        "another mandatory value": changed(good, ("validFrom",), "2026-01-01T00:00:00Z"),
        "a hidden member guessed": {**good, "name": CASE.badges["astral"]["name"]},
        "a shown member hidden": changed(rest, ("credentialSubject", "achievement"), {"type": ["Achievement"]}),
        "a mandatory member hidden": {name: value for name, value in good.items() if name != "validFrom"},
        "the proof of another selection": {**good, "proof": deepcopy(rest["proof"])},
    }
    answers = they_judge(ask, spoiled)
    assert {how: answer["verified"] for how, answer in answers.items()} == dict.fromkeys(spoiled, False)
    assert all(answer["error"].startswith("Verification error(s)") for answer in answers.values()), answers
    assert {how: we_accept(document, KEY) for how, document in spoiled.items()} == dict.fromkeys(spoiled, False)


def test_their_holder_confirms_our_base_proof(ask: Ask, signed: Signed) -> None:
    """Before it keeps a credential, a wallet looks at every signature of the base proof."""
    alone = {what: signed["ours", what] for what in BADGES if what != "status"}  # lists have no base proof
    answers = they_judge(ask, alone, confirm=True)
    assert {what: answer["error"] for what, answer in answers.items() if not answer["verified"]} == {}


def test_their_holder_notices_a_changed_base_credential(ask: Ask, signed: Signed) -> None:
    good = signed["ours", "astral"]
    spoiled = [{**good, "name": "Another name"}, changed(good, ("issuer", "name"), "Someone else")]
    answers = they_judge(ask, dict(enumerate(spoiled)), confirm=True)
    assert [answer["verified"] for answer in answers.values()] == [False, False]


@pytest.mark.parametrize("issuer", WHO)
def test_no_verifier_takes_a_base_proof(ask: Ask, signed: Signed, issuer: str) -> None:
    """It holds the key to what is hidden, so it is for the holder alone."""
    base = signed[issuer, "astral"]
    assert not they_judge(ask, {"base": base})["base"]["verified"]
    assert not we_accept(base, KEY)


def test_base_proofs_say_the_same(signed: Signed) -> None:
    """Keys and signatures are random; what is mandatory and how many statements are signed is not."""
    for what in BADGES:
        ours, theirs = (_base(signed[issuer, what]) for issuer in WHO)
        assert ours.mandatory_pointers == theirs.mandatory_pointers
        assert len(ours.signatures) == len(theirs.signatures)


def _base(document: Document) -> values.BaseProof:
    return values.BaseProof.decode(_with_one_proof(document)["proof"]["proofValue"])


@pytest.mark.parametrize(("what", "message"), THEY_FAIL.items())
def test_what_their_holder_cannot_take_apart_their_verifier_accepts(ask: Ask, what: str, message: str) -> None:
    """A limit of theirs, kept in sight here: when it falls, this test fails and the badge joins the others."""
    signed = CASE.sign(CASE.badges[what])
    whole = everything_but_the_name(signed)
    assert they_judge(ask, {what: disclose(signed, whole)})[what]["verified"]
    with pytest.raises(AssertionError, match=message):
        they_derive(ask, {what: (signed, whole)})


def test_their_holder_can_leave_out_the_endorsement(ask: Ask) -> None:
    signed = CASE.sign(CASE.badges["endorsed"])
    pointers = [pointer for pointer in everything_but_the_name(signed) if pointer != "/endorsement"]
    document = they_derive(ask, {"endorsed": (signed, pointers)})["endorsed"]
    assert "endorsement" not in document
    assert we_accept(document, KEY)


def test_we_derive_nothing_from_a_credential_that_was_changed_in_size() -> None:
    """Our holder notices when statements do not fit the base proof."""
    signed = CASE.sign(badge(CASE.signer))
    with pytest.raises(InvalidError):
        disclose({**signed, "awardedDate": "2026-03-31T10:00:00Z"}, ["/name"])
