"""Kinds of connections: which settings each needs, how its source proves itself, and what to do in the platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from issuer.db import RandomBytes
from issuer.lms import caliper, lti, openedx, xapi
from issuer.lms_work.drawing import draw_key, draw_text

Draw = Callable[[RandomBytes, Mapping[str, str]], bytes]
"""Draws the secret of a connection, given randomness and the connection's settings."""


@dataclass(frozen=True, slots=True)
class ConnectionKind:
    """One kind.

    `places` are the addresses for the platform by what they are, `{name}` standing for the connection's; `steps` say
    what to do there. `needed` and `optional` are settings with what they are, `ways` the values that the setting
    `auth` may have, `values` those of other settings; `https` are the settings that are addresses. `signs` says whether
    the secret that `draw` makes is one to paste into the platform. With `registers`, the platform has to know our
    addresses before it can name the settings. `has_parts` says whether its reports name section or term of a course.
    """

    title: str
    steps: tuple[str, ...]
    places: Mapping[str, str] = field(default_factory=lambda: {"Address": "/lms/{name}"})
    needed: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    ways: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    https: tuple[str, ...] = ()
    signs: bool = True
    registers: bool = False
    has_parts: bool = True
    draw: Draw = draw_text


_API: Final = {"api": "the https address of its interface, if it is not that of the platform"}
_UNCONFIRMED: Final = {
    "unconfirmed": "“issue” lets conditions count that the platform cannot be asked about (single activities)"
}
_AUTH: Final = "how the sender proves itself"

KINDS: Final[Mapping[str, ConnectionKind]] = MappingProxyType(
    {
        "moodle": ConnectionKind(
            "Moodle",
            (
                "Site administration > Plugins > Local plugins > microcred: paste address and secret.",
                "To let us ask back: Site administration > Server > Web services > Manage tokens.",
            ),
            optional={"site_id": "the site identifier, so that copies of the site are refused", **_API, **_UNCONFIRMED},
        ),
        "canvas": ConnectionKind(
            "Canvas",
            (
                "Admin > Data Services > Add: delivery method HTTPS, paste the address, “Sign Payload” on.",
                "Subscribe to course_completed, grade_change and course_grade_change.",
            ),
            needed={"root_account_uuid": "the root account's UUID, which every event carries"},
            optional={"jwks": "the https address at which the vendor publishes its keys", **_API, **_UNCONFIRMED},
            signs=False,
        ),
        "openedx": ConnectionKind(
            "Open edX",
            ("Django admin > openedx_webhooks > Webhooks > Add: event, and the address as URL.",),
            needed={"auth": _AUTH},
            ways=openedx.AUTH,
        ),
        "xapi": ConnectionKind(
            "xAPI",
            ("In the LMS or LRS: endpoint (the address without /statements), user name and password or token.",),
            places={"Address": "/lms/{name}/xapi/statements"},
            needed={"auth": _AUTH, "account": "whose ids actor.account names: “sis” or “lms”"},
            optional={
                "signatures": "“required” takes only statements that are signed",
                "api_auth": "“basic” if the store takes user and password and no token",
                **_API,
                **_UNCONFIRMED,
            },
            ways=xapi.AUTH,
        ),
        "caliper": ConnectionKind(
            "Caliper",
            ("In the platform's Caliper settings: the address as store, the secret as API key.",),
            places={"Address": "/lms/{name}/caliper"},
            needed={"auth": _AUTH},
            ways=caliper.AUTH,
        ),
        "webhook": ConnectionKind(
            "Signed webhook",
            ("Send each completion as docs/lms/webhook.md shows, signed with the secret.",),
        ),
        "table": ConnectionKind(
            "Files",
            ("Hand files in with `microcred completions batch FILE.csv --connection NAME`.",),
            places={},
            needed={"timezone": "where days begin, such as Europe/Berlin"},
            signs=False,
        ),
        "lti": ConnectionKind(
            "LTI 1.3 platform (its issuer)",
            (
                "In the platform: add an LTI 1.3 tool with these addresses, its key by the address of the key set.",
                "Let it share names and student numbers, and let the tool read grades (AGS, results).",
                "In a course: add the tool as a graded activity, and bind the course.",
            ),
            places={
                "Login": "/lti/login",
                "Launch and redirect": "/lti/launch",
                "Key set (JWKS)": "/lti/jwks.json",
                "All as JSON": "/lti/configuration",
            },
            needed={
                "client_id": "the client id that the platform gave this tool",
                "deployment_id": "the deployment id, or several with commas between them",
                "authorize": "the platform's address for logins (authentication request)",
                "token": "the platform's address for access tokens",
                "jwks": "the platform's address of its keys (JWKS)",
            },
            optional={
                "site": "the https address at which people use the platform, if its issuer is another one",
                "audience": "whom assertions for access tokens are for, if not the address of tokens (Brightspace)",
                "counts": "“launch”: who is let in to the link has completed the course",
                "scores": "“write”: who has the badge has one point in a column of its own, while it is in force",
            },
            values={"counts": (lti.BY_LAUNCH,), "scores": ("write",)},
            https=("authorize", "token", "jwks", "site"),
            signs=False,
            registers=True,
            has_parts=False,
            draw=draw_key,
        ),
    }
)
"""The one table of kinds."""
