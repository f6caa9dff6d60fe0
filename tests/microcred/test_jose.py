"""`microcred jose`, called as the W3C's VC-JOSE-COSE test suite calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from microcred.world import World
from openbadge.multibase import base64url_decode
from tests.microcred.conftest import Console
from tests.openbadge.jose_keys import RSA_SECRETS, rsa_jwk
from tests.openbadge.suite_inputs import (
    COSE_BAD_CREDENTIAL,
    COSE_BAD_MEDIA_TYPE,
    COSE_MINIMAL,
    COSE_PRESENTATION,
    ED25519,
    JOSE_BAD_CREDENTIAL,
    JOSE_ISSUER_MATCH,
    JOSE_MINIMAL,
    JOSE_OLD_CLAIMS,
    P256,
    P384,
    P521,
    SD_BAD_MEDIA_TYPE,
    SD_NESTED,
    SD_SELECTIVE,
)
from tests.openbadge.vc_documents import employment, envelope, full, minimal, presentation

PHONES = ["credentialSubject.address.street", "credentialSubject.address.city", "credentialSubject.phoneNumbers[0]"]


class Suite:
    """The suite's way of calling an implementation: files in, one file out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.console = Console(World({}, lambda: pytest.fail("the command needs no clock")))

    def __call__(self, action: str, text: Any, key: dict[str, Any], feature: str, *more: str) -> tuple[str, str]:
        source = text if isinstance(text, str) else json.dumps(text)
        (self.folder / "input").write_text(source + "\n")
        public = {name: value for name, value in key.items() if name not in RSA_SECRETS}
        method = {"id": "https://example.issuer/x#key-1", "publicKeyJwk": public, "secretKeyJwk": key}
        (self.folder / "key.json").write_text(json.dumps(method))
        return self.run(action, feature, *more)

    def run(self, action: str, feature: str, *more: str) -> tuple[str, str]:
        files = [f"--{name}={self.folder / file}" for name, file in
                 (("input", "input"), ("key", "key.json"), ("output", "output.json"))]  # fmt: skip
        code = self.console("jose", action, *files, "--feature", feature, *more)
        answer = json.loads((self.folder / "output.json").read_text())
        assert list(answer) == ["result", "data"]
        assert code == {"success": 0, "failure": 1, "indeterminate": 2}[answer["result"]]
        return answer["result"], answer["data"]


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


@pytest.mark.parametrize(
    ("number", "document", "key", "feature", "paths"),
    [
        (1, minimal(), P256, "credential_jose", []),
        (2, full(), P384, "credential_jose", []),
        (3, presentation(), P256, "presentation_jose", []),
        (4, presentation(envelope(), envelope("vc+cose", "0oRY")), P521, "presentation_jose", []),
        (17, minimal(), P384, "credential_sdjwt", ["credentialSubject.degree"]),
        (18, employment(), P521, "credential_sdjwt", PHONES),
        (19, presentation(), P384, "presentation_sdjwt", ["holder", "verifiableCredential[0]"]),
        (27, minimal(), ED25519, "credential_cose", []),
        (28, presentation(), P384, "presentation_cose", []),
    ],
)
def test_issue(suite: Suite, number: int, document: Any, key: Any, feature: str, paths: list[str]) -> None:
    more = ["--sd", json.dumps(paths)] if paths else []
    result, text = suite("issue", document, key, feature, *more)
    assert result == "success"
    assert text.count("~") == (len(paths) + 1 if paths else 0)
    assert "=" not in text
    result, verified = suite("verify", text, key, feature)
    assert (result, json.loads(verified)) == ("success", document)


@pytest.mark.parametrize(
    ("document", "feature", "paths"),
    [
        (minimal(), "credential_jose", []),
        (presentation(), "presentation_jose", []),
        (employment(), "credential_sdjwt", PHONES),
    ],
)
def test_issue_with_rs256(suite: Suite, document: Any, feature: str, paths: list[str]) -> None:
    more = ["--sd", json.dumps(paths)] if paths else []
    result, text = suite("issue", document, rsa_jwk(), feature, *more)
    assert result == "success"
    assert json.loads(base64url_decode(text.partition(".")[0]))["alg"] == "RS256"
    result, verified = suite("verify", text, rsa_jwk(), feature)
    assert (result, json.loads(verified)) == ("success", document)
    assert suite("verify", text, rsa_jwk(3_072), feature)[0] == "failure"


@pytest.mark.parametrize(
    ("key", "feature", "sentence"),
    [
        (rsa_jwk(), "credential_cose", "RSA have no COSE algorithm"),
        (rsa_jwk(1_024), "credential_jose", "1,024 bits"),
        (rsa_jwk(2_048, 3), "credential_jose", "exponent from 65537"),
        ({**rsa_jwk(), "alg": "PS256"}, "credential_jose", "RSA-PSS cannot sign"),
        ({**rsa_jwk(), "q": rsa_jwk(3_072)["q"]}, "credential_jose", "not a secret of its kind"),
    ],
    ids=["COSE", "1024 bits", "exponent 3", "PS256", "another secret"],
)
def test_rsa_keys_that_do_not_sign(suite: Suite, key: Any, feature: str, sentence: str) -> None:
    result, data = suite("issue", minimal(), key, feature)
    assert result == "failure"
    assert sentence in data


@pytest.mark.parametrize(
    ("number", "text", "key", "feature", "result"),
    [
        (6, JOSE_MINIMAL, P256, "credential_jose", "success"),
        (8, JOSE_ISSUER_MATCH, ED25519, "credential_jose", "success"),
        (9, JOSE_MINIMAL, ED25519, "credential_jose", "failure"),
        (10, json.dumps(minimal()), ED25519, "credential_jose", "failure"),
        (11, json.dumps(presentation()), ED25519, "presentation_jose", "failure"),
        (15, JOSE_OLD_CLAIMS, ED25519, "credential_jose", "failure"),
        (16, JOSE_BAD_CREDENTIAL, ED25519, "presentation_jose", "failure"),
        (20, SD_SELECTIVE, P384, "credential_sdjwt", "success"),
        (21, SD_NESTED, P521, "credential_sdjwt", "success"),
        (24, SD_BAD_MEDIA_TYPE, ED25519, "credential_sdjwt", "failure"),
        (29, COSE_MINIMAL, P256, "credential_cose", "success"),
        (30, COSE_MINIMAL.encode().hex(), P256, "credential_cose", "failure"),
        (31, COSE_PRESENTATION, P384, "presentation_cose", "success"),
        (33, COSE_BAD_MEDIA_TYPE, P384, "credential_cose", "failure"),
        (35, COSE_BAD_CREDENTIAL, P256, "presentation_cose", "failure"),
    ],
)
def test_verify(suite: Suite, number: int, text: str, key: Any, feature: str, result: str) -> None:
    found, data = suite("verify", text, key, feature)
    assert found == result, data
    assert data


@pytest.mark.parametrize(
    "text", [COSE_MINIMAL + "==", COSE_MINIMAL[:-1] + "x", "ä", "", COSE_MINIMAL.replace("+", "-")]
)
def test_only_the_one_form_of_base64(suite: Suite, text: str) -> None:
    assert suite("verify", text, P256, "credential_cose")[0] == "failure"


def test_rule_5_unknown_extensions(suite: Suite) -> None:
    result, data = suite("issue", minimal(badExtension={}), P521, "credential_jose")
    assert result == "failure"
    assert "badExtension" in data


def test_a_feature_that_is_not_known(suite: Suite) -> None:
    assert suite("verify", "x", P256, "credential_cwt")[0] == "indeterminate"


@pytest.mark.parametrize("paths", ["", "{}", "[5]", '["a..b"]', '["issuer"]', '["missing"]'])
def test_paths_that_cannot_be_concealed(suite: Suite, paths: str) -> None:
    assert suite("issue", minimal(), P256, "credential_sdjwt", "--sd", paths)[0] == "failure"


def test_keys_that_do_not_fit(suite: Suite) -> None:
    assert suite("issue", minimal(), {**P256, "d": P384["d"]}, "credential_jose")[0] == "failure"
    (suite.folder / "key.json").write_text("{}")
    assert suite.run("verify", "credential_jose")[0] == "failure"
    assert suite.run("issue", "credential_jose")[0] == "failure"


def test_files_that_are_not_there(suite: Suite) -> None:
    assert suite("issue", "not JSON", P256, "credential_jose")[0] == "failure"
    (suite.folder / "input").unlink()
    assert "cannot be read" in suite.run("verify", "credential_jose")[1]
    blocked = ["--input=x", "--key=x", f"--output={suite.folder}/no/such", "--feature=credential_jose"]
    assert suite.console("jose", "verify", *blocked) == 1
    assert "cannot be written" in suite.console.err.getvalue()


def test_no_secret_is_ever_printed(suite: Suite) -> None:
    for feature in ("credential_jose", "credential_sdjwt", "credential_cose"):
        for key in (P256, {**P256, "d": P384["d"]}):
            assert key["d"] not in "".join(suite("issue", minimal(), key, feature))
