from __future__ import annotations

from pathlib import Path

import pytest

from issuer.errors import SettingsError
from issuer.settings import SETTINGS, IssuerSettings


def test_what_holds_without_any_setting() -> None:
    settings = IssuerSettings.read({})
    assert settings.home == Path("var")
    assert settings.base_url is None
    assert settings.database_url == "sqlite:///var/microcred.sqlite3"
    assert settings.key_passphrase is None
    assert settings.key_passphrase_file == Path("var/keys/passphrase")
    assert settings.token_algorithm == "Ed25519"


def test_everything_follows_the_home() -> None:
    settings = IssuerSettings.read({"MICROCRED_HOME": "/srv/mc", "MICROCRED_BASE_URL": "https://b.example/x/"})
    assert settings.database_url == "sqlite:////srv/mc/microcred.sqlite3"
    assert settings.keys_directory == Path("/srv/mc/keys")
    assert settings.base_url == "https://b.example/x"


@pytest.mark.parametrize(
    ("value", "kind"), [("EdDSA", "Ed25519"), ("ES256", "P-256"), ("ES384", "P-384"), ("RS256", "RSA")]
)
def test_how_tokens_are_signed(value: str, kind: str) -> None:
    assert IssuerSettings.read({"MICROCRED_TOKEN_ALGORITHM": value}).token_algorithm == kind


def test_the_passphrase_is_not_shown() -> None:
    assert "secret" not in repr(IssuerSettings.read({"MICROCRED_KEY_PASSPHRASE": "secret"}))


@pytest.mark.parametrize(
    "address", ["http://localhost:8000", "http://[::1]:1", "http://127.9.9.9", "https://b.example"]
)
def test_addresses_that_are_accepted(address: str) -> None:
    assert IssuerSettings.read({"MICROCRED_BASE_URL": address}).base_url == address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MICROCRED_HOME", ""),
        ("MICROCRED_KEY_PASSPHRASE", ""),
        ("MICROCRED_KEY_PASSPHRASE_FILE", " "),
        ("MICROCRED_BASE_URL", "badges.example.edu"),
        ("MICROCRED_BASE_URL", "http://badges.example.edu"),
        ("MICROCRED_BASE_URL", "https://me@badges.example.edu"),
        ("MICROCRED_BASE_URL", "https://badges.example.edu/?x=1"),
        ("MICROCRED_BASE_URL", "https://badges.example.edu:99999"),
        ("MICROCRED_BASE_URL", "https://[::1"),
        ("MICROCRED_BASE_URL", "ftp://badges.example.edu"),
        ("MICROCRED_TOKEN_ALGORITHM", ""),
        ("MICROCRED_TOKEN_ALGORITHM", "RSA"),
        ("MICROCRED_TOKEN_ALGORITHM", "rs256"),
        ("MICROCRED_TOKEN_ALGORITHM", "HS256"),
        ("MICROCRED_TOKEN_ALGORITHM", "none"),
    ],
)
def test_a_bad_value_stops_the_start_and_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} "):
        IssuerSettings.read({name: value})


def test_every_setting_has_a_sentence_and_the_prefix() -> None:
    assert all(row.name.startswith("MICROCRED_") and row.sentence.endswith(".") for row in SETTINGS)
    assert len({row.name for row in SETTINGS}) == len(SETTINGS)
