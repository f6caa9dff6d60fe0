"""Kinds of connections: which settings each needs, how its source proves itself, and what to do in the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from issuer.lms import caliper, openedx, xapi


@dataclass(frozen=True, slots=True)
class ConnectionKind:
    """One kind. `needed` and `optional` are settings with what they are; `path` is the end of the address for the
    platform, `steps` what to do there, `ways` the values that the setting `auth` may have."""

    title: str
    steps: tuple[str, ...]
    path: str = ""
    needed: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    ways: tuple[str, ...] = ()
    signs: bool = True


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
            optional={"jwks": "where the vendor publishes the keys", **_API, **_UNCONFIRMED},
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
            path="/xapi/statements",
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
            path="/caliper",
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
            needed={"timezone": "where days begin, such as Europe/Berlin"},
            signs=False,
        ),
    }
)
"""The one table of kinds."""
