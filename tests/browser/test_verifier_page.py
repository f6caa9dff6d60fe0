"""People with a browser check a credential."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit

VERDICTS = {"valid": "Authentic", "forged": "Not authentic", "revoked": "Revoked"}


def upload(page: Page, text: str, name: str = "badge.json") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "application/json", "buffer": text.encode()})


def press_check(page: Page) -> None:
    page.get_by_role("button", name="Check").click()
    page.wait_for_selector("#verdict")


@pytest.mark.parametrize("kind", VERDICTS)
@pytest.mark.parametrize("way", ["paste", "upload"])
def test_a_verdict_in_words(kind: str, way: str, visit: Visit, reports: dict[str, str]) -> None:
    page = visit()
    if way == "paste":
        page.get_by_label("or paste its text").fill(reports[kind])
    else:
        upload(page, reports[kind])
    press_check(page)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(VERDICTS[kind])
    expect(heading).to_contain_text("badges.example.org")
    expect(heading).to_be_focused()
    expect(page.get_by_role("heading", name="Unknown issuer")).to_be_visible()


def test_revoked_is_explained(visit: Visit, reports: dict[str, str]) -> None:
    page = visit()
    upload(page, reports["revoked"])
    press_check(page)
    expect(page.locator(".reasons")).to_contain_text("revoked")
    expect(page.locator('[data-check="status"]')).to_contain_text("Failed")


@pytest.mark.parametrize("kind", VERDICTS)
def test_it_works_without_script(kind: str, visit: Visit, reports: dict[str, str]) -> None:
    page = visit(java_script_enabled=False)
    upload(page, reports[kind])
    press_check(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(VERDICTS[kind])


def test_an_empty_form_is_answered_without_script(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file")


def test_an_empty_form_is_answered_at_once_with_script(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("status")).to_contain_text("Choose a file")


def test_the_keyboard_is_enough(visit: Visit, reports: dict[str, str]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_label("or paste its text")).to_be_focused()
    page.keyboard.insert_text(reports["valid"])
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Check")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Authentic")


def test_everything_that_takes_the_focus_shows_it(visit: Visit) -> None:
    page = visit()
    outlines = []
    for _ in range(7):
        page.keyboard.press("Tab")
        outlines.append(page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))
    assert min(outlines) >= 2


def test_a_file_can_be_dropped(visit: Visit, reports: dict[str, str]) -> None:
    page = visit()
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "badge.json", { type: "application/json" }));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        reports["valid"],
    )
    expect(page.get_by_role("status")).to_contain_text("badge.json is ready")
    press_check(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Authentic")


def test_the_report_can_be_downloaded(visit: Visit, reports: dict[str, str]) -> None:
    page = visit()
    upload(page, reports["valid"])
    press_check(page)
    link = page.get_by_role("link", name="Download the report")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "report.json"
    content = base64.b64decode((link.get_attribute("href") or "").partition(",")[2])
    assert json.loads(content)["verdict"] == "valid"


def test_a_link_only_fills_the_form(visit: Visit) -> None:
    page = visit("/?url=https://attacker.example/badge.json")
    expect(page.get_by_label("or give its web address")).to_have_value("https://attacker.example/badge.json")
    expect(page.get_by_text("Nothing has been checked yet")).to_be_visible()


def test_hostile_text_runs_nothing(visit: Visit, reports: dict[str, str]) -> None:
    document = json.loads(reports["valid"])
    document["name"] = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page = visit()
    page.get_by_label("or paste its text").fill(json.dumps(document))
    press_check(page)
    assert "owned" not in page.title()
    expect(page.locator("main script, main img")).to_have_count(0)
