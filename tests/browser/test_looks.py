"""Every page on a phone and on a desk, in light and dark: an accessibility pass of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.test_verifier_page import press_check
from tests.issuer.page_samples import PUBLIC_ID

AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
PAGES = {
    "form": ("/", 200),
    "filled form": ("/?url=https://x.example/1", 200),
    "credential": (f"/credentials/{PUBLIC_ID}", 200),
    "achievement": ("/achievements/intro/v/1", 200),
    "missing": ("/credentials/none", 404),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_passes_the_audit(name: str, width: int, scheme: str, visit: Visit) -> None:
    path, status = PAGES[name]
    page = visit(path, width=width, expected=status, color_scheme=scheme)
    assert page.evaluate(AUDIT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", ["valid", "forged", "revoked"])
def test_a_result_passes_the_audit(kind: str, width: int, scheme: str, visit: Visit, reports: dict[str, str]) -> None:
    page = visit(width=width, color_scheme=scheme)
    page.get_by_label("or paste its text").fill(reports[kind])
    press_check(page)
    page.locator("summary").click()
    assert page.evaluate(AUDIT) == []


def test_the_audit_finds_what_is_wrong(visit: Visit) -> None:
    page = visit()
    page.evaluate(
        """() => {
            document.querySelector("label[for=text]").remove();
            document.querySelector(".intro").style.color = "#999";
            document.querySelector("main").insertAdjacentHTML("beforeend", "<h6>deep</h6><img><button></button>");
        }"""
    )
    found = " ".join(page.evaluate(AUDIT))
    for criterion in ("3.3.2", "1.4.3", "1.3.1", "1.1.1", "4.1.2"):
        assert criterion in found


def test_the_page_can_be_printed(visit: Visit) -> None:
    page = visit(f"/credentials/{PUBLIC_ID}", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".downloads").is_hidden()
    assert page.locator(".qr img").is_visible()


def test_nothing_moves_for_people_who_do_not_want_it(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('.button')).transitionDuration") == "0s"


def test_the_pictures_of_a_credential_load(visit: Visit) -> None:
    page = visit(f"/credentials/{PUBLIC_ID}")
    broken = page.evaluate("[...document.images].filter(image => !image.naturalWidth).map(image => image.src)")
    assert broken == []
