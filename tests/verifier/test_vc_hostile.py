"""No document makes a verification raise or pass: whatever is changed without a key, it is not verified."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbadge import vc_jose_cose
from openbadge.vocabulary import CREDENTIALS_V1, CREDENTIALS_V2
from tests.verifier.test_vc_enveloped import legacy_presentation, wrapped
from tests.verifier.vc_world import check, codes, credential, present, presentation, question
from verifier.vc import VcResult, verify_credential, verify_presentation

WORDS = "id type @context @id @type @value @graph @included @nest @reverse proof issuer".split()
TEXTS = [CREDENTIALS_V1, CREDENTIALS_V2, "did:key:z6Mk", "data:,", "_:b0", "\ud800", "", "VerifiableCredential"]
NAMES = st.sampled_from(WORDS) | st.text(max_size=4)
TOKENS = st.from_regex(r"[A-Za-z0-9_-]{0,8}\.[A-Za-z0-9_-]{0,8}\.[A-Za-z0-9_-]{0,8}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
CREDENTIAL, PRESENTATION = credential(), presentation()
ENVELOPED, LEGACY = wrapped("application/vc+jwt"), legacy_presentation(credential())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path to a value inside a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    result = copy.deepcopy(document)
    holder = result
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return result


def sound(result: VcResult) -> None:
    """An answer is one of the two, and can be written down."""
    assert result.verified is not bool(result.errors)
    json.dumps(result.to_json())


@given(JSON)
def test_any_json_gets_an_answer_and_is_not_verified(value: Any) -> None:
    for verify in (check, present):
        sound(verify(value))
        assert not verify(value).verified


@given(st.sampled_from(places(CREDENTIAL)[1:]), JSON)
@settings(max_examples=100)
def test_any_value_put_anywhere_in_a_credential_gets_an_answer(path: tuple[Any, ...], value: Any) -> None:
    sound(check(replaced(CREDENTIAL, path, value)))


@given(st.sampled_from(places(PRESENTATION)[1:]), JSON)
@settings(max_examples=100)
def test_any_value_put_anywhere_in_a_presentation_gets_an_answer(path: tuple[Any, ...], value: Any) -> None:
    sound(present(replaced(PRESENTATION, path, value)))


def leaves(document: Any) -> list[tuple[Any, ...]]:
    """Paths to texts, whose change must show; `@context` objects are left out, since another name may mean the same."""
    found = []
    for path in places(document):
        value = document
        for key in path:
            value = value[key]
        if isinstance(value, str) and "@context" not in path:
            found.append(path)
    return found


def test_every_text_of_a_credential_and_presentation_is_covered() -> None:
    for document, verify in ((CREDENTIAL, check), (PRESENTATION, present)):
        for path in leaves(document):
            assert not verify(replaced(document, path, "https://other.example/x")).verified, path


@given(st.text(max_size=30) | TOKENS)
def test_any_text_in_an_envelope_gets_an_answer(text: str) -> None:
    for media_type in ("application/vc+jwt", "application/vc+sd-jwt", "application/vc+cose", "application/jwt"):
        for encoding in ("", ";base64"):
            result = check({**ENVELOPED, "id": f"data:{media_type}{encoding},{text}"})
            sound(result)
            assert not result.verified


def test_every_character_of_an_enveloped_text_is_covered() -> None:
    for document, verify in ((ENVELOPED, check), (LEGACY, present)):
        head, _, text = document["id"].partition(",")
        for place in range(0, len(text), 7):
            other = "A" if text[place] != "A" else "B"
            changed = {**document, "id": f"{head},{text[:place]}{other}{text[place + 1 :]}"}
            assert not verify(changed).verified, place


def test_deep_and_long_documents_get_an_answer() -> None:
    deep: Any = "x"
    for _ in range(3_000):
        deep = {"a": deep}
    for value in (deep, [[deep]], {"a": ["x"] * 20_000}, {f"m{number}": 1 for number in range(5_000)}):
        result = verify_credential({**CREDENTIAL, "credentialSubject": {"x": value}}, question())
        sound(result)
        assert not result.verified
        assert not verify_presentation({**PRESENTATION, "verifiableCredential": value}, question()).verified


class Broken(dict[str, Any]):
    """An object that fails whoever reads it, as a defect of our own would."""

    def get(self, *_: Any) -> Any:
        raise RuntimeError("a defect")


def test_a_defect_of_our_own_is_no_answer_about_the_document(caplog: pytest.LogCaptureFixture) -> None:
    assert codes(verify_credential(Broken(CREDENTIAL), question())) == {"PARSING_ERROR"}
    assert codes(verify_presentation(Broken(PRESENTATION), question())) == {"PARSING_ERROR"}
    result = verify_credential(CREDENTIAL, question(now=None))
    assert codes(result) == {"PROOF_VERIFICATION_ERROR"}
    assert str(result.checks[2].outcome) == "unknown"
    assert "a defect" not in caplog.text


def test_a_text_that_two_readers_read_differently_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = vc_jose_cose.Verified({**CREDENTIAL, "name": "Other"}, {}, "")
    monkeypatch.setattr(vc_jose_cose, "verify_jwt", lambda *_: other)
    assert codes(check(ENVELOPED)) == {"CRYPTOGRAPHIC_SECURITY_ERROR"}
