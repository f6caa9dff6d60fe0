"""Lists in pages: a list that leads around, or does not end, is no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import pytest

from issuer.lms import moodle_api
from issuer.lms.ask import Answer, Request
from issuer.lms.errors import SourceError
from issuer.lms_work import asking, paging, reconcile
from issuer.lms_work.paging import Pages
from tests.issuer.lms.sources import SITE, connection

CANVAS = connection("canvas", api_token="canvas-token")
MOODLE = connection("moodle", api_token="moodle-token")


def canvas_that_leads(pages: Iterator[int]) -> list[object]:
    def ask(_request: Request) -> Answer:
        return Answer(200, b"[]", {"link": f'<{SITE}/api/v1/x?page={next(pages)}>; rel="next"'})

    return list(reconcile._COURSES["canvas"](CANVAS, "7", ask))


def test_pages_that_lead_around_are_no_answer() -> None:
    with pytest.raises(SourceError, match="lead back"):
        canvas_that_leads(iter([2, 3, 2]))


def test_pages_without_an_end_are_no_answer() -> None:
    with pytest.raises(SourceError, match="more than 400 pages"):
        canvas_that_leads(count(2))


def test_a_moodle_whose_people_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 3)
    monkeypatch.setattr(asking, "moodle", lambda *_: None)
    people = [{"id": number, "fullname": "Ada", "roles": []} for number in range(moodle_api.PAGE)]
    with pytest.raises(SourceError, match="more than 3 pages"):
        list(reconcile._COURSES["moodle"](MOODLE, "2", lambda _: Answer(200, json.dumps(people).encode(), {})))


def test_as_many_pages_as_allowed_are_read() -> None:
    pages = Pages()
    for page in range(paging.MAX_PAGES):
        pages.add(str(page))
    with pytest.raises(SourceError):
        pages.add("one more")
