"""An LTI platform: learners, teachers and the impatient open a link, each time with a login of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from issuer.keys import Signer
from issuer.lms.lti import CLAIM, LAUNCH, LEARNER, TEACHERS
from microcred.sample_platforms import CANVAS_KEY, PLATFORMS
from microcred.simulate.stage import Carried, Say, Stage, Student
from openbadge.jose import jws

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_TOKEN_SECONDS: Final = 60
"""How long the tokens of Moodle are good for."""


def play(stage: Stage, student: Student) -> Sequence[Carried]:
    """A teacher looks at the link now and then; each learner opens it, and some have the browser send it again."""
    teacher = [Opening(stage, student, TEACHERS[0])] if student.index % 20 == 7 else []
    return [*teacher, Opening(stage, student, LEARNER, again=student.index % 5 == 0)]


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody opens the link in a course; `again` sends the launch twice, as going back in a browser does."""

    stage: Stage
    student: Student
    role: str
    again: bool = False

    def carry(self, say: Say, now: datetime) -> int:
        """Log in, follow where that leads, and launch."""
        asked = {
            "iss": self.stage.connection.namespace,
            "login_hint": str(self.student.account),
            "target_link_uri": f"{self.stage.base_url}/lti/launch",
            "client_id": self.stage.connection.options["client_id"],
            "lti_deployment_id": self.stage.connection.options["deployment_id"],
        }
        login = say("GET", f"/lti/login?{urlencode(asked)}", {}, b"")
        if login.status != 302:
            return login.status
        query = dict(parse_qsl(urlsplit(login.headers["location"]).query))
        cookie = login.headers["set-cookie"].partition(";")[0]
        form = urlencode({"state": query["state"], "id_token": self._token(query["nonce"], now)}).encode()
        status = say("POST", "/lti/launch", {**_FORM, "Cookie": cookie}, form).status
        if self.again and status == 200:
            say("POST", "/lti/launch", {**_FORM, "Cookie": cookie}, form)
        return status

    def _token(self, nonce: str, now: datetime) -> str:
        if self.stage.key is None:
            raise RuntimeError("an LTI platform cannot be played without its key")
        signer = Signer(CANVAS_KEY, "RSA", self.stage.key.public_key, self.stage.key.sign)
        return jws.sign({"typ": "JWT"}, json.dumps(self._claims(nonce, int(now.timestamp()))).encode(), signer)

    def _claims(self, nonce: str, at: int) -> dict[str, Any]:
        connection, is_learner = self.stage.connection, self.role == LEARNER
        special = {
            "deployment_id": connection.options["deployment_id"],
            "version": "1.3.0",
            "message_type": LAUNCH,
            "roles": [self.role],
            "target_link_uri": f"{self.stage.base_url}/lti/launch",
            "context": {"id": PLATFORMS["lti"].course, "label": "DEF", "title": "Data Ethics"},
            "resource_link": {"id": "1", "title": "Your badge"},
            "lis": {"person_sourcedid": self.student.number if is_learner else "T-1"},
        }
        return {
            "iss": connection.namespace,
            "aud": connection.options["client_id"],
            "sub": str(self.student.account) if is_learner else "teacher-1",
            "nonce": nonce,
            "iat": at,
            "exp": at + _TOKEN_SECONDS,
            "name": self.student.name,
            "email": self.student.email,
            **{f"{CLAIM}{name}": value for name, value in special.items()},
        }
