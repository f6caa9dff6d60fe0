"""Trust lists, policies and settings: strict files, and sentences for what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from openbadge.errors import InvalidError
from verifier.policy import Policy
from verifier.settings import SETTINGS, SettingsError, VerifierSettings
from verifier.trust import TrustList

ISSUER = "did:web:badges.example.org"
TRUST = b'{"issuers":[{"id":"did:web:badges.example.org","name":"Example Academy"}]}'


def test_trust_is_by_exact_identifier() -> None:
    trust = TrustList.load(TRUST)
    assert trust.vouches(ISSUER) == "Example Academy"
    assert trust.vouches(ISSUER.upper()) is None
    assert trust.vouches(ISSUER + ":a") is None


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"{}",
        b'{"issuers":{}}',
        b'{"issuers":[],"more":1}',
        b'{"issuers":["did:web:a"]}',
        b'{"issuers":[{"id":"a"}]}',
        b'{"issuers":[{"id":"a","name":""}]}',
        b'{"issuers":[{"id":1,"name":"a"}]}',
        b'{"issuers":[{"id":"a","name":"a"},{"id":"a","name":"b"}]}',
        b'{"issuers":[],"issuers":[]}',
    ],
)
def test_bad_trust_lists(data: bytes) -> None:
    with pytest.raises(InvalidError):
        TrustList.load(data)


def test_an_empty_policy_demands_nothing() -> None:
    assert Policy.load(b"{}") == Policy()


def test_a_full_policy() -> None:
    policy = Policy.load(
        b'{"acceptedProofs":["eddsa-rdfc-2022"],"allowedIssuers":["did:web:a"],"requireStatus":true,'
        b'"requireExpiry":true,"maxStatusAgeSeconds":60}'
    )
    assert policy == Policy(frozenset({"eddsa-rdfc-2022"}), frozenset({"did:web:a"}), True, True, 60)


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'{"skipProof":true}',
        b'{"acceptedProofs":[]}',
        b'{"acceptedProofs":"eddsa-rdfc-2022"}',
        b'{"allowedIssuers":[1]}',
        b'{"requireStatus":"yes"}',
        b'{"requireExpiry":1}',
        b'{"maxStatusAgeSeconds":0}',
        b'{"maxStatusAgeSeconds":true}',
        b'{"maxStatusAgeSeconds":1.5}',
    ],
)
def test_bad_policies(data: bytes) -> None:
    with pytest.raises(InvalidError):
        Policy.load(data)


def test_defaults_need_nothing() -> None:
    settings = VerifierSettings.read({"MICROCRED_UNRELATED": "x"})
    assert settings.policy == Policy()
    assert settings.trust.vouches(ISSUER) is None
    assert settings.fetch_seconds == 5


def test_all_settings(tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_bytes(TRUST)
    (tmp_path / "policy.json").write_bytes(b'{"requireStatus":true}')
    settings = VerifierSettings.read(
        {
            "MICROCRED_TRUST_LIST": str(tmp_path / "trust.json"),
            "MICROCRED_POLICY": str(tmp_path / "policy.json"),
            "MICROCRED_FETCH_SECONDS": "2.5",
        }
    )
    assert settings.trust.vouches(ISSUER) == "Example Academy"
    assert settings.policy.require_status
    assert settings.fetch_seconds == 2.5


@pytest.mark.parametrize("value", ["", "soon", "0", "-1", "61", "nan", "inf"])
def test_a_bad_number_stops_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match="MICROCRED_FETCH_SECONDS must be"):
        VerifierSettings.read({"MICROCRED_FETCH_SECONDS": value})


@pytest.mark.parametrize("name", ["TRUST_LIST", "POLICY"])
def test_a_bad_file_stops_the_start(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"MICROCRED_{name} names a file that cannot be read"):
        VerifierSettings.read({f"MICROCRED_{name}": str(tmp_path / "missing")})
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(SettingsError, match=f"MICROCRED_{name}: The document is not JSON"):
        VerifierSettings.read({f"MICROCRED_{name}": str(tmp_path / "bad.json")})


def test_every_setting_is_explained() -> None:
    assert all(setting.meaning for setting in SETTINGS)
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
