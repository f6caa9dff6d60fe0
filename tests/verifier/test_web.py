"""The verifier's pages and `POST /verify`, over the real verifier."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from openbadge.baking import png, svg
from tests.verifier import builders
from tests.verifier.web_client import PAGE, Client, assert_harmless, client, deps, elements
from verifier.web.app import Deps, create_app
from verifier.web.headers import HEADERS
from verifier.web.intake import PICTURE_LIMIT, TEXT_LIMIT


def blank_png() -> bytes:
    out = io.BytesIO()
    Image.new("L", (1, 1)).save(out, "PNG")
    return out.getvalue()


PNG = blank_png()
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def badge() -> bytes:
    return json.dumps(builders.badge()).encode()


def problem(response: Any, status: int) -> str:
    """The sentence of a problem document, after checking its form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"]
    assert body["title"]
    return str(body["detail"])


def test_json_is_answered_with_the_report(badge: bytes) -> None:
    report = client().post("/verify", content=badge, headers=JSON)
    assert report.status_code == 200
    assert report.headers["cache-control"] == "no-store"
    assert report.json()["verdict"] == "valid"
    assert report.json()["credential"]["issuer"]["domain"] == "badges.example.org"


def test_a_json_body_is_answered_with_json_even_for_a_browser(badge: bytes) -> None:
    assert client().post("/verify", content=badge, headers=JSON | PAGE).json()["verdict"] == "valid"


@pytest.mark.parametrize("form", ["credential", "token-in-json", "token", "file", "png", "svg", "png-body"])
def test_every_way_to_hand_a_credential_in(form: str, badge: bytes) -> None:
    baked = png.bake(PNG, badge.decode())
    drawn = svg.bake(b'<svg xmlns="http://www.w3.org/2000/svg"/>', badge.decode())
    options: dict[str, dict[str, Any]] = {
        "credential": {"json": {"credential": json.loads(badge)}},
        "token-in-json": {"json": {"credential": builders.token()}},
        "token": {"content": builders.token(), "headers": {"Content-Type": "text/plain; charset=utf-8"}},
        "file": {"files": {"file": ("badge.json", badge)}},
        "png": {"files": {"file": ("badge.png", baked, "image/png")}},
        "svg": {"files": {"file": ("badge.svg", drawn, "image/svg+xml")}},
        "png-body": {"content": baked, "headers": {"Content-Type": "image/png"}},
    }
    response = client().post("/verify", **options[form])
    assert (response.status_code, response.json().get("verdict")) == (200, "valid"), response.text


def test_the_address_of_a_credential(badge: bytes) -> None:
    web = client(pages={"https://badges.example.org/1": badge})
    assert web.post("/verify", json={"url": "https://badges.example.org/1"}).json()["verdict"] == "valid"
    assert "did not answer" in problem(web.post("/verify", json={"url": "https://badges.example.org/2"}), 422)


@pytest.mark.parametrize(("recipient", "verdict"), [(builders.EMAIL, "valid"), ("eve@example.org", "invalid")])
def test_the_recipient_is_checked(recipient: str, verdict: str, badge: bytes) -> None:
    web = client()
    body = {"credential": json.loads(badge), "recipient": recipient}
    assert web.post("/verify", json=body).json()["verdict"] == verdict
    form = {"files": {"file": ("b.json", badge)}, "data": {"recipient": recipient}}
    assert web.post("/verify", **form).json()["verdict"] == verdict


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'"a"', b"null", b"\xff\xfe", b"NaN"])
def test_a_body_that_is_no_json_object_is_refused(data: bytes) -> None:
    assert problem(client().post("/verify", content=data, headers=JSON), 400)


def test_json_with_a_defect_gets_a_verdict(badge: bytes) -> None:
    twice = b'{"id":"urn:x",' + badge[1:]
    report = client().post("/verify", content=twice, headers=JSON)
    assert (report.status_code, report.json()["verdict"]) == (200, "invalid")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://", "//a.example", "https://u@a.example/", "", 5, None])
def test_only_web_addresses_are_taken(url: object) -> None:
    assert "https://" in problem(client().post("/verify", json={"url": url}), 422)


def test_whether_a_plain_http_address_is_fetched_is_for_the_guard_to_say() -> None:
    # The own machine serves a demonstration over http; for every other address the guard refuses it, see test_fetch_*.
    assert "did not answer" in problem(client().post("/verify", json={"url": "http://a.example/"}), 422)


@pytest.mark.parametrize("body", [{"credential": 1}, {"credential": []}, {"credential": {}, "recipient": 1}])
def test_members_of_the_wrong_type_are_refused(body: dict[str, Any]) -> None:
    assert problem(client().post("/verify", json=body), 400)


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "application/xml", "nonsense", "multipart/mixed"])
def test_an_unknown_content_type_is_refused(kind: str) -> None:
    assert "JSON" in problem(client().post("/verify", content=b"{}", headers={"Content-Type": kind}), 415)


def test_sizes_are_enforced() -> None:
    web = client()
    assert problem(web.post("/verify", content=b" " * (TEXT_LIMIT + 1), headers=JSON), 413)
    assert problem(web.post("/verify", content=b" " * (TEXT_LIMIT + 1), headers={"Content-Type": "text/plain"}), 413)
    assert problem(web.post("/verify", files={"file": ("a.json", b"{" * (TEXT_LIMIT + 1))}), 413)
    assert problem(web.post("/verify", files={"file": ("a.png", PNG + b" " * PICTURE_LIMIT)}), 413)
    assert problem(web.post("/verify", files={"text": (None, b"a" * (TEXT_LIMIT + 1))}), 413)
    large_picture = web.post("/verify", files={"file": ("a.png", PNG + b" " * (2 * TEXT_LIMIT))})
    assert large_picture.status_code == 200


def test_a_body_without_declared_length_is_cut_off() -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    assert problem(client().post("/verify", content=endless(), headers=JSON), 413)


@pytest.mark.parametrize("length", ["-1", "1e3", "", "99999999999999999999"])
def test_a_wrong_content_length_is_refused(length: str) -> None:
    web = client()
    assert problem(web.post("/verify", content=b"{}", headers=JSON | {"Content-Length": length}), 400)


def multipart(body: bytes, boundary: str = "b") -> Any:
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return client().post("/verify", content=body, headers=headers)


FILE = b'--b\r\nContent-Disposition: form-data; name="file"%s\r\n\r\n{}\r\n'


@pytest.mark.parametrize(
    "body",
    [
        FILE % b"" + b"--b--\r\n",
        FILE % b'; filename="../../x"' + b"--b--\r\n",
        FILE % b'; filename="..\\x"' + b"--b--\r\n",
        (FILE % b'; filename="a"') * 1000 + b"--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n{}\r\n' * 1000 + b"--b--\r\n",
        b"--b\r\nX: " + b"a" * 2**20 + b"\r\n\r\n{}\r\n--b--\r\n",
        b"x" * 2**20,
        FILE % b'; filename="a"',
        b"--b\r\n\r\n{}\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\n{}\r\n--b--\r\n',
        FILE % b'; filename="a"' + b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n{}\r\n--b--\r\n',
        b"",
    ],
    ids=[
        "no file name", "path", "backslash", "1000 files", "1000 fields", "1 MB header", "preamble", "unfinished",
        "no name", "other field", "file and text", "empty",
    ],
)  # fmt: skip
def test_hostile_forms_are_refused(body: bytes) -> None:
    assert problem(multipart(body), 400)


def test_a_form_without_boundary_or_with_too_long_a_preamble_is_refused() -> None:
    assert problem(client().post("/verify", content=b"x", headers={"Content-Type": "multipart/form-data"}), 400)
    assert problem(multipart(b"x" * (PICTURE_LIMIT + 2**20)), 413)


@given(st.binary(max_size=300), st.sampled_from(["application/json", "text/plain", "image/png", "image/svg+xml"]))
def test_no_bytes_make_it_fall_over(data: bytes, kind: str) -> None:
    response = client().post("/verify", content=data, headers={"Content-Type": kind})
    assert response.status_code in (200, 400)
    assert response.status_code != 200 or response.json()["verdict"] == "invalid"


@given(st.binary(max_size=300))
def test_no_multipart_bytes_make_it_fall_over(data: bytes) -> None:
    assert multipart(b"--b" + data).status_code == 400
    assert multipart(FILE % b'; filename="a"' + data).status_code in (200, 400)


def test_the_result_page_names_the_signer_first(badge: bytes) -> None:
    page = client().post("/verify", files={"file": ("b.json", badge)}, headers=PAGE)
    text = page.text
    assert page.headers["content-type"].startswith("text/html")
    assert text.index("Authentic") < text.index("badges.example.org") < text.index("Example Academy")
    assert "Unknown issuer" in text
    assert "tone-open" in text
    assert "tone-good" not in text
    assert "verified" not in text.lower()
    assert "Ada Learner" in text
    assert 'download="report.json"' in text


def test_a_revoked_credential_says_so() -> None:
    published = builders.material(status=builders.status_list(revoked=(builders.INDEX,)))
    text = client(published).post("/verify", data={"text": json.dumps(builders.badge())}, headers=PAGE).text
    assert "Revoked" in text
    assert "tone-bad" in text
    assert "revoked" in text


def test_an_unreachable_issuer_is_not_a_verdict() -> None:
    text = client({}).post("/verify", data={"text": json.dumps(builders.badge())}, headers=PAGE).text
    assert "Could not be fully checked" in text
    assert "tone-unsure" in text


def test_a_refused_form_comes_back_with_the_reason() -> None:
    page = client().post("/verify", data={"text": ""}, headers=PAGE)
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "Choose a file" in page.text
    assert "<form" in page.text


def test_a_link_fills_the_address_in_and_runs_nothing() -> None:
    page = client().get("/", params={"url": 'https://a.example/"><script>alert(1)</script>'})
    assert page.status_code == 200
    assert "Nothing has been checked yet" in page.text
    assert "<script>alert" not in page.text
    assert "https://a.example/&#34;&gt;&lt;script&gt;" in page.text


ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "{{7*7}}${7*7}",
    "javascript:alert(1)",
    "safe\u202etxt.exe",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text_in_every_shown_field(attack: str) -> None:
    def hostile(document: builders.Document) -> None:
        document["name"] = document["issuer"]["name"] = attack
        subject = document["credentialSubject"]
        subject["identifier"][1]["identityHash"] = attack
        subject["achievement"] |= {"name": attack, "description": attack, "criteria": {"narrative": attack}}
        subject["achievement"] |= {"tag": [attack], "fieldOfStudy": attack}
        subject["achievement"]["alignment"] = [
            {"type": ["Alignment"], "targetName": attack, "targetUrl": "https://x.example/", "targetFramework": attack}
        ]

    text = client().post("/verify", data={"text": json.dumps(builders.badge(hostile))}, headers=PAGE).text
    assert 'data-verdict="valid"' in text
    without_report = re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
    assert "\u202e" not in without_report
    assert_harmless(text)
    assert [tag for tag, _ in elements(text)].count("script") == 1
    assert "49" not in re.findall(r"credential-title[^>]*>([^<]*)<", text)[0]


def test_only_https_links_are_links() -> None:
    def hostile(document: builders.Document) -> None:
        addresses = ["https://good.example/", "http://bad.example/", "ftp://bad.example/"]
        document["credentialSubject"]["achievement"]["alignment"] = [
            {"type": ["Alignment"], "targetName": url, "targetUrl": url} for url in addresses
        ]

    text = client().post("/verify", data={"text": json.dumps(builders.badge(hostile))}, headers=PAGE).text
    assert 'href="https://good.example/" rel="noopener nofollow ugc"' in text
    assert 'href="http://bad' not in text
    assert 'href="ftp' not in text


@pytest.mark.parametrize("path", ["/", "/static/base.css", "/static/verify.js", "/missing"])
def test_every_answer_has_the_security_headers(path: str) -> None:
    response = client().get(path)
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    assert "max-age" in response.headers["strict-transport-security"]
    assert "set-cookie" not in response.headers


def test_strict_transport_only_over_https() -> None:
    plain = Client(create_app(deps()), "http://verifier.example").get("/")
    assert "strict-transport-security" not in plain.headers


def test_pages_hold_nothing_inline_and_nothing_foreign(badge: bytes) -> None:
    web = client()
    for page in (
        web.get("/"),
        web.post("/verify", files={"file": ("b", badge)}, headers=PAGE),
        web.get("/x", headers=PAGE),
    ):
        assert_harmless(page.text)


def test_unknown_addresses_and_methods() -> None:
    web = client()
    assert "nothing at this address" in problem(web.get("/missing"), 404)
    assert "Page not found" in web.get("/missing", headers=PAGE).text
    assert problem(web.get("/verify"), 405)
    assert web.get("/verify").headers["allow"] == "POST"


def test_a_defect_of_ours_tells_nothing() -> None:
    def broken(_data: bytes, _recipient: str | None) -> Any:
        raise ZeroDivisionError("secret path /srv/x")

    response = Client(create_app(Deps(broken, lambda _: b""))).post("/verify", content=b"{}", headers=JSON)
    assert "our side" in problem(response, 500)
    assert "secret" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
