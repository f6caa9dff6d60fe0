"""An LTI platform on the command line: connected, proved, its key replaced."""

from __future__ import annotations

import pytest

from microcred.simulate.plays import Student
from tests.microcred.conftest import Console
from tests.microcred.lti.conftest import DEFINITION, NAME, School
from tests.microcred.lti.platform import OPTIONS

pytestmark = pytest.mark.databases("sqlite")


def kids(school: School) -> list[str]:
    return [key["kid"] for key in school.lms.client.get("/lti/jwks.json").json()["keys"]]


def test_a_platform_is_connected_and_told_our_addresses_before_it_has_to_say_its_own(school: School) -> None:
    console = Console(school.world)
    answers = "\n".join(["https://second.example/", *OPTIONS.values(), ""]).encode()
    assert console("connections", "add", "lti", "--name", "second", stdin=answers) == 0
    said, base = console.out.getvalue(), school.lms.client._base_url
    for place in ("login", "launch", "jwks.json", "configuration"):
        assert f"{base}/lti/{place}\n" in said
    assert "Secret:" not in said
    assert "second-key-1" in kids(school)
    about = school.lms.client.get("/lti/configuration").json()
    assert (about["oidc_initiation_url"], about["public_jwk_url"]) == (f"{base}/lti/login", f"{base}/lti/jwks.json")
    assert console("connections", "test", "second") == 1  # nothing is bound


def test_settings_that_cannot_be_are_refused(school: School) -> None:
    console = Console(school.world)
    settings = [word for pair in OPTIONS.items() for word in ("--option", "=".join(pair))]
    names = ("connections", "add", "lti", "--name", "third", *settings, "--source", "https://third.example")
    ports = ("site=https://third.example:65536", "site=https://third.example:0")
    for wrong in (
        "token=http://third.example/token",
        "token=https://a b/",
        "counts=always",
        "site=x",
        *ports,
        "other=1",
    ):
        assert console(*names, "--option", wrong) == 1, wrong
    assert console(*names[:-1], "https://third.example:65536") == 1
    assert console(*names) == 0


def test_a_section_or_term_is_nothing_that_a_launch_names(school: School) -> None:
    console = Console(school.world)
    for part in (("--section", "A"), ("--term", "2026"), ("--per-term",)):
        assert console("bindings", "add", NAME, "another", DEFINITION, *part) == 1
        assert f"{part[0][2:]}: does not work here" in console.err.getvalue()
    assert "Bind the whole course." in console.err.getvalue()


def test_a_connection_is_proved_by_the_platforms_keys_and_an_access_token(school: School) -> None:
    console = Console(school.world)
    assert console("connections", "test", NAME) == 0
    assert "knows this tool by its key" in console.out.getvalue()
    assert "which only this machine reaches" in console.out.getvalue()
    school.connect("strict", "https://strict.example", token="https://lms.uni.example/nothing")
    school.bind("strict", {"rule": "completed"})
    assert console("connections", "test", "strict") == 1
    assert "BAD  1 courses are bound by rules that ask for completion" in console.out.getvalue()
    school.lms.broken = True
    assert console("connections", "test", NAME) == 1
    assert console.out.getvalue().count("BAD") == 2


def test_a_new_key_is_in_the_key_set_before_it_signs(school: School) -> None:
    console = Console(school.world)

    def signing() -> str:
        return school.platforms.tool.signer(school.platforms.connections.get(NAME)).verification_method

    assert console("connections", "rotate-secret", NAME, "--overlap-days", "2") == 0
    assert "Secret" not in console.out.getvalue()
    old, new = f"{NAME}-key-1", f"{NAME}-key-2"
    assert ({old, new} <= set(kids(school)), signing()) == (True, old)
    student = Student("ada", 1)
    school.lms.results = b'[{"userId":"%d","resultScore":80,"resultMaximum":100}]' % student.account
    assert 'data-standing="earned"' in school.lms.open(student).text
    school.clock.forward(days=2)
    assert (old in kids(school), signing()) == (False, new)
    assert console("connections", "rotate-secret", NAME, "--overlap-days", "0") == 0
    assert (new in kids(school), signing()) == (False, f"{NAME}-key-3")
