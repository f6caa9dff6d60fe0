"""The settings of deliveries: off by default, and refused when they cannot mean anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from issuer.errors import SettingsError
from issuer.jobs.settings import Callback, DeliverySettings, MailServer

FROM = {"MICROCRED_MAIL_FROM": "badges@uni.example"}


def test_nothing_is_sent_by_default() -> None:
    assert DeliverySettings.read({}) == DeliverySettings(None, None)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtps://mail.uni.example", "mail.uni.example", 465, "smtps"),
        ("smtp://mail.uni.example", "mail.uni.example", 587, "starttls"),
        ("smtp://mail.uni.example:25", "mail.uni.example", 25, "starttls"),
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, "none"),
    ],
)
def test_a_mail_server(url: str, host: str, port: int, tls: str) -> None:
    found = DeliverySettings.read({"MICROCRED_SMTP_URL": url, **FROM}).mail
    assert found == MailServer(host, port, tls, "badges@uni.example")


def test_a_user_has_a_password_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret p@ss\n")
    environ = {
        "MICROCRED_SMTP_URL": "smtps://badges%40uni.example@mail.uni.example",
        "MICROCRED_SMTP_PASSWORD_FILE": str(tmp_path / "password"),
        **FROM,
    }
    found = DeliverySettings.read(environ).mail
    assert found is not None
    assert (found.user, found.password) == ("badges@uni.example", "s3cret p@ss")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    "environ",
    [
        {"MICROCRED_SMTP_URL": "mail.uni.example", **FROM},
        {"MICROCRED_SMTP_URL": "http://mail.uni.example", **FROM},
        {"MICROCRED_SMTP_URL": "smtps://user:password@mail.uni.example", **FROM},
        {"MICROCRED_SMTP_URL": "smtps://mail.uni.example/path", **FROM},
        {"MICROCRED_SMTP_URL": "smtps://mail.uni.example:99999", **FROM},
        {"MICROCRED_SMTP_URL": "smtps://[mail", **FROM},
        {"MICROCRED_SMTP_URL": "smtps://user@mail.uni.example", **FROM},
        {"MICROCRED_SMTP_URL": "smtps://mail.uni.example"},
        {"MICROCRED_SMTP_URL": "smtps://mail.uni.example", "MICROCRED_MAIL_FROM": "nobody"},
        {"MICROCRED_SMTP_URL": "smtps://u@mail.uni.example", "MICROCRED_SMTP_PASSWORD_FILE": "/nowhere/at/all", **FROM},
        {"MICROCRED_WEBHOOK_URL": "https://sis.uni.example/hook"},
        {"MICROCRED_WEBHOOK_URL": "http://sis.uni.example/hook"},
    ],
)
def test_settings_that_are_refused(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="MICROCRED_"):
        DeliverySettings.read(environ)


@pytest.mark.parametrize(
    ("content", "good"),
    [
        ("a" * 16, True),
        ("a" * 16 + "\n" + "b" * 16, True),
        ("a" * 15, False),
        ("", False),
        ("\n".join(["a" * 16] * 3), False),
    ],
)
def test_secrets_of_calls(tmp_path: Path, content: str, *, good: bool) -> None:
    (tmp_path / "secret").write_text(content)
    environ = {
        "MICROCRED_WEBHOOK_URL": "https://sis.uni.example/hook",
        "MICROCRED_WEBHOOK_SECRET_FILE": str(tmp_path / "secret"),
    }
    if good:
        secrets = tuple(line.encode() for line in content.splitlines())
        assert DeliverySettings.read(environ).callback == Callback("https://sis.uni.example/hook", secrets)
    else:
        with pytest.raises(SettingsError):
            DeliverySettings.read(environ)
