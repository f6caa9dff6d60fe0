from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import identity
from openbadge.errors import InvalidError

VECTOR = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def of(**members):
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": VECTOR,
        "identityType": "emailAddress",
        "salt": "Kosher",
    } | members


def without(name):
    return {key: value for key, value in of().items() if key != name}


def test_the_vector_of_the_standard():
    assert identity.hash_identity("a@example.com", "Kosher") == VECTOR
    assert identity.identity_object(" A@Example.com ", "emailAddress", "Kosher") == of()


@given(TEXT.filter(str.strip), TEXT, st.sampled_from(["emailAddress", "sourcedId", "name"]))
def test_what_is_issued_matches(value, salt, identity_type):
    issued = identity.identity_object(value, identity_type, salt)
    assert identity.matches(issued, value, identity_type)
    assert identity.matches(issued, f"  {value.strip()}\n", identity_type)
    assert not identity.matches(issued, value + "x", identity_type)


@pytest.mark.parametrize(
    ("identity_object", "value", "expected"),
    [
        (of(), "a@example.com", True),
        (of(), " A@EXAMPLE.com ", True),
        (of(), "b@example.com", False),
        (of(salt="kosher"), "a@example.com", False),
        (without("salt"), "a@example.com", False),
        (of(identityHash=VECTOR.upper().replace("SHA", "sha")), "a@example.com", True),
        (of(identityHash="sha256$b5"), "a@example.com", False),
        (of(identityHash=identity.hash_identity("A@Example.com", "Kosher")), "A@Example.com", True),
        (of(identityHash=identity.hash_identity("A@Example.com", "Kosher")), "a@example.com", False),
        (of(identityHash=identity.hash_identity("a@example.com"), salt=""), "a@example.com", True),
        (of(identityHash="md5$" + hashlib.md5(b"a@example.comKosher").hexdigest()), "a@example.com", True),
        (of(identityHash="md5$" + hashlib.md5(b"b@example.comKosher").hexdigest()), "a@example.com", False),
        (of(hashed=False, identityHash=" A@example.com"), "a@Example.com", True),
        (of(hashed=False, identityHash="a@example.com"), "b@example.com", False),
        (of(hashed=False), "a@example.com", False),
        (of(hashed=False), VECTOR, True),
    ],
)
def test_matching(identity_object, value, expected):
    assert identity.matches(identity_object, value, "emailAddress") is expected


def test_a_hash_without_salt_matches():
    unsalted = without("salt") | {"identityHash": identity.hash_identity("a@example.com")}
    assert identity.matches(unsalted, "a@example.com", "emailAddress")


def test_another_type_of_identifier_never_matches():
    assert not identity.matches(of(), "a@example.com", "identifier")


def test_letter_case_counts_outside_addresses():
    plain = of(hashed=False, identityHash="Abc", identityType="sourcedId")
    assert identity.matches(plain, " Abc", "sourcedId")
    assert not identity.matches(plain, "abc", "sourcedId")


@pytest.mark.parametrize(
    "identity_object",
    [
        {},
        without("hashed"),
        without("identityHash"),
        without("identityType"),
        of(hashed="true"),
        of(hashed=1),
        of(identityHash=5),
        of(salt=None),
        of(salt=["Kosher"]),
        of(identityHash="sha512$" + "0" * 128),
        of(identityHash="SHA256$" + "0" * 64),
        of(identityHash="sha256" + "0" * 64),
        of(identityHash="sha256$"),
        of(identityHash="sha256$xyz"),
        of(identityHash=VECTOR + "\n"),
        of(identityHash="a@example.com"),
        of(salt="\ud800"),
    ],
)
def test_malformed_objects_are_refused(identity_object):
    with pytest.raises(InvalidError) as caught:
        identity.matches(identity_object, "a@example.com", "emailAddress")
    assert caught.value.code == "MALFORMED_VALUE_ERROR"


@pytest.mark.parametrize(("value", "salt"), [("", "Kosher"), (" ", "Kosher"), ("a@example.com", ""), ("\udfff", "s")])
def test_nothing_is_issued_for_an_empty_identifier_or_salt(value, salt):
    with pytest.raises(InvalidError) as caught:
        identity.identity_object(value, "emailAddress", salt)
    assert caught.value.code == "MALFORMED_VALUE_ERROR"
