"""The services of a course by `lti1p3platform`, other people's software: columns, scores, results and members, with the
bookkeeping that it leaves to the platform. A library checks every access token and its scopes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from lti1p3platform.exceptions import LineItemNotFoundException
from lti1p3platform.membership import Context
from lti1p3platform.request import Request as PlatformRequest
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService

from issuer.lms.ask import Answer, Request
from issuer.lms.lti import LEARNER, NRPS
from microcred.simulate.plays import Student
from tests.microcred.lti.platform import COURSE, ISSUER, Lms

COLUMNS = f"{ISSUER}/services.php/2/lineitems?type_id=1"
"""The address of the columns, with a query of its own, as Moodle's has it."""
MEMBERS = f"{ISSUER}/services.php/2/memberships"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ADA, BRAM, CHIARA = Student("ada", 1), Student("bram", 2), Student("chiara", 3)
PAGE = 2
"""Entries of a page: few, so that there is more than one."""


class Received(PlatformRequest):
    def build_metadata(self, request: Request) -> Any:
        query = dict(parse_qsl(urlsplit(request.url).query))
        body = json.loads(request.body) if request.body else None
        return {"method": request.method, "get_data": query, "headers": request.headers, "json": body}


@dataclass
class Gradebook:
    """What the platform keeps of a course. `failing` are statuses with which it answers the next scores."""

    lms: Lms
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    points: dict[str, dict[str, float]] = field(default_factory=dict)
    members: list[dict[str, Any]] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)
    ignores_filters: bool = False

    def __post_init__(self) -> None:
        self.lms.services = self.answer

    def change(self, claims: dict[str, Any]) -> dict[str, Any]:
        """Let a launch name the services."""
        places = {ENDPOINT: {**claims[ENDPOINT], "lineitems": COLUMNS}, NRPS: {"context_memberships_url": MEMBERS}}
        return {**claims, **places}

    def enrol(self, student: Student, *roles: str, **more: Any) -> None:
        form = {"user_id": str(student.account), "roles": list(roles or [LEARNER]), "name": student.name}
        self.members.append({**form, "status": "Active", "lis_person_sourcedid": student.number, **more})

    def graded(self, column: str, student: Student, points: float) -> None:
        """Add a column that is not for a badge, and somebody's points of 100 in it."""
        self.columns.setdefault(column, {"id": column, "label": "Essay", "scoreMaximum": 100})
        self.points.setdefault(column, {})[str(student.account)] = points

    def answer(self, request: Request) -> Answer:
        path = urlsplit(request.url).path
        if path == urlsplit(MEMBERS).path:
            service: Any = Members(Received(request), self.lms.configuration, MEMBERS)
            return self._said(service, service.handle_get_members, service.page_of(self.members))
        return self._graded(request, path)

    def _graded(self, request: Request, path: str) -> Answer:
        service = Columns(self, Received(request), self.lms.configuration)
        column = f"{ISSUER}{path.rpartition('/')[0]}"
        if path.endswith("/scores"):
            if self.failing:
                return Answer(self.failing.pop(0), b"")
            return self._said(service, service.handle_update_score, (), line_item_id=column)
        if path.endswith("/results"):
            return self._said(service, service.handle_get_results, service.results_of(column), line_item_id=column)
        if request.method == "POST":
            return self._said(service, service.handle_create_lineitem, ())
        return self._said(service, service.handle_get_lineitems, service.found())

    def _said(self, service: Any, handle: Any, items: Sequence[Any], **names: Any) -> Answer:
        """Answer with a page of `items` and the address of the next one; bodies as AGS has them, which the library
        leaves to the platform."""
        try:
            response = service.handle_resp(handle, **names)
        except jwt.InvalidTokenError:
            return Answer(401, b"")
        body, headers = response.result, {}
        if service.request.method == "GET" and response.code == 200:
            start = int(service.request.get_data.get("start", 0))
            body = items[start : start + PAGE]
            if start + PAGE < len(items):
                headers["link"] = (
                    f'<{service.place}{"&" if "?" in service.place else "?"}start={start + PAGE}>; rel="next"'
                )
            if service.place == MEMBERS:
                body = {"id": MEMBERS, "context": {"id": COURSE}, "members": body}
        return Answer(response.code, json.dumps(body).encode(), headers)


class Columns(AssignmentsGradesService):
    find_lineitem = update_lineitem = delete_lineitem = None

    def __init__(self, book: Gradebook, request: Received, configuration: Any) -> None:
        super().__init__(request, configuration, COLUMNS, None)
        self.book, self.place = book, COLUMNS

    def found(self) -> list[dict[str, Any]]:
        query, items = self.request.get_data, list(self.book.columns.values())
        if self.book.ignores_filters:
            return items
        names = {"resource_id": "resourceId", "tag": "tag"}
        wanted = {names[name]: value for name, value in query.items() if name in names}
        return [item for item in items if all(item.get(name) == value for name, value in wanted.items())]

    def results_of(self, column: str) -> list[dict[str, Any]]:
        self.place = f"{column}/results"
        points, asked = self.book.points.get(column, {}), self.request.get_data.get("user_id")
        points = {user: given for user, given in points.items() if asked in (None, user)}
        return [{"userId": user, "resultScore": given, "resultMaximum": 100} for user, given in points.items()]

    def find_lineitems(self, *_: Any, **__: Any) -> Any:
        return {"content": [], "has_next": False}

    get_results = find_lineitems

    def create_lineitem(self, creation_data: Any) -> Any:
        address = f"{ISSUER}/services.php/2/lineitems/{len(self.book.columns) + 1}/lineitem"
        self.book.columns[address] = {**creation_data, "id": address}
        return self.book.columns[address]

    def update_score(self, line_item_id: str, score: Any) -> UpdateScoreStatus:
        if line_item_id not in self.book.columns:
            raise LineItemNotFoundException
        mine = [one for one in self.book.scores if (one["column"], one["userId"]) == (line_item_id, score["userId"])]
        if any(one["timestamp"] >= score["timestamp"] for one in mine):
            return UpdateScoreStatus.OLD_TIMESTAMP
        self.book.scores.append({**score, "column": line_item_id})
        return UpdateScoreStatus.CREATED


class Members(NamesRoleProvisioningService):
    place = MEMBERS

    def page_of(self, members: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self.clean_members([dict(member) for member in members])

    def get_member_data_page(self, **_: Any) -> Any:
        return {"content": [], "has_next": False}

    def get_context_by_id(self) -> Context:
        return Context(COURSE, "", "")
