"""The issuer's public pages, their files, and what link previews get to see."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from issuer.web.files import SANDBOX, preferred
from openbadge.baking import png, svg
from openbadge.status import set_bits
from openbadge.status_suspension import related_resource
from openbadge.vocabulary import MINIMUM_LIST_ENTRIES
from tests.issuer.page_samples import ACHIEVEMENT, HOME, PUBLIC_ID, Stored, app, full, page_deps, stored
from tests.verifier import builders
from tests.verifier.web_client import PAGE, Client, assert_harmless, elements
from verifier.web.headers import HEADERS

PATH = f"/credentials/{PUBLIC_ID}"


@pytest.fixture(scope="module")
def sample() -> Stored:
    return stored()


def web(credential: Stored | None, published: Any = None, *, known: bool = False) -> Client:
    return Client(app(page_deps(credential, published, known=known), published), HOME)


def test_the_page_shows_what_is_signed(sample: Stored) -> None:
    text = web(sample).get(PATH, headers=PAGE).text
    shown = [
        "Intro to Testing",
        "Ada Learner",
        "Writes tests that can fail",
        "Completed",
        "EQF level 6",
        "31 March 2026",
    ]
    assert all(item in text for item in shown)
    assert text.index("badges.example.org") < text.index("Example Academy", text.index("<main"))
    assert "Pass <strong>all</strong> modules" in text
    assert '<a href="https://www.example.org/handbook" rel="noopener nofollow ugc">' in text
    assert "https://verify.example.org/?url=https%3A%2F%2Fbadges.example.org%2Fcredentials" in text
    assert f'src="{PATH}.qr"' in text


def test_green_is_kept_for_an_issuer_that_someone_vouches_for(sample: Stored) -> None:
    assert "status tone-open" in web(sample).get(PATH).text
    assert "status tone-good" in web(sample, known=True).get(PATH).text


def test_a_revoked_credential_is_answered_with_a_banner(sample: Stored) -> None:
    published = builders.material(status=builders.status_list(revoked=(builders.INDEX,)))
    page = web(sample, published, known=True).get(PATH)
    assert page.status_code == 200
    assert "<strong>Revoked</strong>" in page.text
    assert "status tone-bad" in page.text
    assert '<meta property="og:title" content="No longer valid: Intro to Testing">' in page.text
    assert "linkedin.com" not in page.text


@pytest.mark.parametrize(("liftable", "word"), [(False, "Revoked"), (True, "Suspended")])
def test_what_the_issuer_decided_is_said_with_its_day_and_never_called_a_forgery(
    sample: Stored, liftable: bool, word: str
) -> None:
    bits = related_resource(set_bits(MINIMUM_LIST_ENTRIES, [builders.INDEX]))
    change = (lambda document: document.update(relatedResource=[bits])) if liftable else None
    published = builders.material(status=builders.status_list(change, revoked=(builders.INDEX,)))
    decided = replace(sample, ended_at=datetime(2026, 3, 31, 15, 4, tzinfo=UTC))
    text = " ".join(web(decided, published, known=True).get(PATH).text.split())
    assert f"<strong>{word}</strong>" in text
    assert f'{word} by the issuer on <time datetime="2026-03-31T15:04:00Z">' in text
    assert "It is genuine: the issuer signed it, and nobody changed it." in text
    assert ("it may be again later" in text) is liftable
    assert not re.search("forge|fake|not authentic", text, re.IGNORECASE)


def test_a_day_without_a_decision_in_the_list_is_not_shown(sample: Stored) -> None:
    """The list is what everybody else sees: until it tells the decision, the page does not either."""
    decided = replace(sample, ended_at=datetime(2026, 3, 31, 15, 4, tzinfo=UTC))
    assert "by the issuer on" not in web(decided, known=True).get(PATH).text


def test_an_unreachable_status_list_is_said(sample: Stored) -> None:
    text = web(sample, {builders.DID_URL: builders.key_document()}).get(PATH).text
    assert "Could not be fully checked" in text
    assert "status tone-unsure" in text


def test_previews_never_carry_the_learner(sample: Stored) -> None:
    text = web(sample).get(PATH).text
    head = text[: text.index("</head>")]
    assert "Ada Learner" not in head
    assert f'<meta property="og:image" content="{HOME}{PATH}/card.png">' in head
    assert '<meta name="robots" content="noindex">' in head
    assert 'name="twitter:card" content="summary_large_image"' in head
    address = re.findall(r'href="(https://www\.linkedin[^"]*)"', text)[0]
    assert "Ada" not in address
    assert "issueYear=2026&issueMonth=3&expirationYear=2029&expirationMonth=3" in html.unescape(address)


ATTACKS = [
    '"><script>alert(1)</script>',
    "' onload='alert(1)",
    "<img src=x onerror=alert(1)>",
    "a\nb",
    "{{7*7}}",
    "x\u202ey",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text_in_every_shown_field(attack: str) -> None:
    def hostile(document: builders.Document) -> None:
        full(document)
        document["name"] = document["issuer"]["name"] = attack
        subject = document["credentialSubject"]
        subject["identifier"][1]["identityHash"] = attack
        subject["achievement"] = ACHIEVEMENT | {
            "name": attack, "description": attack, "criteria": {"narrative": attack}, "fieldOfStudy": attack,
            "humanCode": attack, "alignment": [{"type": ["Alignment"], "targetName": attack, "targetUrl": "https://x.example/"}],
        }  # fmt: skip
        document["evidence"] = [{"id": "https://x.example/1", "type": ["Evidence"], "name": attack}]

    page = web(stored(hostile)).get(PATH)
    assert page.status_code == 200
    assert_harmless(page.text)
    assert "script" not in [tag for tag, _ in elements(page.text)]
    assert "49" not in page.text.partition("<h1")[2].partition("</h1>")[0]
    assert "\u202e" not in page.text
    assert re.findall(r'<meta property="og:image" content="([^"]*)"', page.text) == [f"{HOME}{PATH}/card.png"]
    for form in ("png", "svg", "json"):
        assert web(stored(hostile)).get(f"{PATH}.{form}").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "file:///etc", "http://x.example"],
)
def test_only_https_becomes_a_link(address: str) -> None:
    sample = stored()
    document = json.loads(sample.document_bytes)
    document["evidence"] = [{"id": address, "type": ["Evidence"]}]
    document["issuer"]["url"] = address
    document["credentialSubject"]["achievement"]["alignment"][0]["targetUrl"] = address
    text = web(Stored(sample.url, document, sample.document_bytes, None)).get(PATH).text
    assert f'href="{address}' not in text


def test_the_files(sample: Stored) -> None:
    site = web(sample)
    document = site.get(f"{PATH}.json")
    assert document.content == sample.document_bytes
    assert document.headers["content-type"] == "application/vc+ld+json"
    assert document.headers["access-control-allow-origin"] == "*"
    token = site.get(f"{PATH}.jwt")
    assert (token.text, token.headers["content-type"]) == (sample.jwt, "text/plain; charset=utf-8")
    picture = site.get(f"{PATH}.png")
    assert png.extract(picture.content).encode() == sample.document_bytes
    drawing = site.get(f"{PATH}.svg")
    assert svg.extract(drawing.content).encode() == sample.document_bytes
    assert drawing.headers["content-security-policy"] == SANDBOX
    assert drawing.headers["content-disposition"].startswith("attachment")
    assert site.get(f"{PATH}.qr").headers["content-type"] == "image/png"
    assert site.get(f"{PATH}/card.png").headers["content-type"] == "image/png"


@pytest.mark.parametrize("form", ["json", "jwt", "png", "svg", "qr"])
def test_entity_tags(form: str, sample: Stored) -> None:
    site = web(sample)
    first = site.get(f"{PATH}.{form}")
    tag = first.headers["etag"]
    assert tag.startswith('"')
    assert first.headers["x-content-type-options"] == "nosniff"
    again = site.get(f"{PATH}.{form}", headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert site.get(f"{PATH}.{form}", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("*/*", ""),
        ("", ""),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ""),
        ("application/json", "json"),
        ("application/vc+ld+json, application/json", "json"),
        ("APPLICATION/VC", "json"),
        ("text/plain", "jwt"),
        ("application/vc+jwt", "jwt"),
        ("image/png", ""),
        ("application/ld+json;q=0.9,*/*;q=0.1", "json"),
    ],
)
def test_the_form_that_is_asked_for(accept: str, form: str, sample: Stored) -> None:
    assert preferred(accept) == form
    answer = web(sample).get(PATH, headers={"Accept": accept})
    kind = {"": "text/html", "json": "application/vc+ld+json", "jwt": "text/plain"}[form]
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["vary"] == "Accept"


def test_a_revoked_credential_gets_no_token_any_more(sample: Stored) -> None:
    published = builders.material(status=builders.status_list(revoked=(builders.INDEX,)))
    site = web(Stored(sample.url, sample.document, sample.document_bytes, None), published)
    refused = site.get(f"{PATH}.jwt")
    assert (refused.status_code, refused.json()["detail"]) == (409, "This credential was revoked.")
    assert "(JWT)" not in site.get(PATH, headers=PAGE).text
    assert "(JWT)" in web(sample).get(PATH, headers=PAGE).text


@pytest.mark.parametrize(
    "path", ["/credentials/x", "/credentials/x.json", f"{PATH}.exe", "/credentials/x/card.png", "/achievements/x/v/1",
             "/achievements/x/v/1/image.png", "/credentials/..%2f..%2fetc"],
)  # fmt: skip
def test_what_is_not_there(path: str, sample: Stored) -> None:
    site = web(sample)
    assert site.get(path).headers["content-type"] == "application/problem+json"
    page = site.get(path, headers=PAGE)
    assert page.status_code == 404
    assert "nothing at this address" in page.text


def test_the_page_of_an_achievement(sample: Stored) -> None:
    site = web(sample)
    text = site.get("/achievements/intro/v/1", headers=PAGE).text
    assert "Intro to Testing" in text
    assert "Writes tests that can fail" in text
    assert site.get("/achievements/intro/v/1/image.png").content.startswith(b"\x89PNG")
    answer = site.get("/achievements/intro/v/1", headers={"Accept": "application/json"})
    assert answer.json() == ACHIEVEMENT
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("path", [PATH, "/achievements/intro/v/1", "/credentials/none"])
def test_pages_are_strict(path: str, sample: Stored) -> None:
    page = web(sample).get(path, headers=PAGE)
    for name, value in HEADERS.items():
        assert page.headers[name] == value
    assert "set-cookie" not in page.headers
    assert_harmless(page.text)
