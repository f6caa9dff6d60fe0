"""LTI 1.3 (LTI Core 1.3 sections 5.1 and 6, 1EdTech Security Framework 1.0 section 5): who opened our link, and where.

A launch is an OpenID Connect id_token of the platform. It is believed if it is signed with RS256 by a key of that
platform, meant for us (`aud`, `azp`), of the agreed deployment, in time, and a launch of a link. That its nonce is one
that we gave to this browser, and is used once, is checked by `issuer.lms_work.lti`.

What a launch says reaches the reception as a message of our own launch page (`message`), proved by a secret that only
the service has: so nobody can hand in an id_token past the login.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from issuer.errors import FieldError
from issuer.lms import credentials, read
from issuer.lms.connection import Adapter, Connection, Incoming, Secret, Verified, accepted
from issuer.lms.errors import SignatureError
from issuer.lms.model import Course, Kind, Outcome, Reported, Score, SourceLearner
from issuer.lms.people import learner, split_code
from issuer.lms.read import Node
from issuer.lms.tokens import check_times, verify_token
from issuer.model.canonical import sha256
from openbadge import timestamps
from openbadge.multikey import PublicKey

CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"
AGS: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
LEARNER: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
MEMBERSHIP: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership"
ONLY_LEARNERS: Final = frozenset(
    {
        LEARNER,
        *(
            f"{MEMBERSHIP}/Learner#{name}"
            for name in ("ExternalLearner", "GuestLearner", "Learner", "NonCreditLearner")
        ),
    }
)
"""What a learner may be besides `LEARNER`: its sub-roles (LTI Core 1.3 appendix A.2.3.1) but `Learner#Instructor`."""
TEST_USER: Final = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
"""Roles (LTI Core 1.3 appendix A.2); short names are out of use there and count for nothing here."""
TEACHERS: Final = tuple(f"{MEMBERSHIP}#{name}" for name in ("Instructor", "Administrator", "ContentDeveloper"))
LAUNCH: Final = "LtiResourceLinkRequest"
DEEP_LINKING: Final = "LtiDeepLinkingRequest"
DEEP_LINKING_SETTINGS: Final = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
BY_LAUNCH: Final = "launch"
"""The value of the setting `counts` by which being let in to the link counts as completion."""
SAME_FOR: Final = timedelta(hours=1)
"""For how long launches that say the same are one report. A later one may count where the first did not: the course is
bound by then, or who had these points before, and others in between, has them again."""
_PAGE: Final = b"launch page"
_TOLD: Final = (Kind.COMPLETED, Kind.GRADED, Kind.IDENTITY)
"""What our launch page reports."""
_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_MAX_ROLES: Final = 50
"""Roles of one person in one course; platforms send fewer than ten."""


@dataclass(frozen=True, slots=True)
class DeepLinking:
    """A request to place links (Deep Linking 2.0 section 4.4): its settings as they came, and who it is answered to."""

    settings: Node = field(repr=False)
    issuer: str
    deployment: str


@dataclass(frozen=True, slots=True)
class Launch:
    """A link of a course, opened by somebody. `subject` is the platform's id of the person.

    `version` is a hint at the version of the definition that the course code carries (`people.split_code`).
    `line_item`, `line_items` and `memberships` are addresses of services: the column of the link, all columns of this
    tool in the course (AGS 2.0 section 3.1), and the people of the course (NRPS 2.0 section 3.6.1). With `deep_linking`
    no link was opened, but somebody wants to place one; then there may be no course ("").
    """

    subject: str = field(repr=False)
    nonce: str = field(repr=False)
    roles: tuple[str, ...]
    course: str
    target: str | None
    code: str | None = None
    sis: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    line_item: str | None = None
    line_items: str | None = None
    memberships: str | None = None
    version: str | None = None
    deep_linking: DeepLinking | None = None

    @property
    def is_learner(self) -> bool:
        """Whether they are a learner of this course and nothing else: no teacher, mentor, or pupil for a test."""
        here = {role for role in self.roles if role.startswith(MEMBERSHIP)}
        return LEARNER in here <= ONLY_LEARNERS and TEST_USER not in self.roles

    @property
    def is_teacher(self) -> bool:
        """Whether they teach or run the course."""
        return any(role in TEACHERS for role in self.roles)


def deployments(connection: Connection) -> frozenset[str]:
    """Return the deployments that are agreed; an institution may have the tool in several places of one platform."""
    return frozenset(name.strip() for name in connection.option("deployment_id").split(",")) - {""}


def authorization(connection: Connection, asked: Mapping[str, str], state: str, nonce: str, launch: str) -> str:
    """Return the address at the platform where a login goes on (Security Framework 1.0 section 5.1.1.2).

    `asked` are the parameters of the login initiation, `launch` our own address for the answer.
    """
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": connection.option("client_id"),
        "redirect_uri": launch,
        "state": state,
        "nonce": nonce,
        "login_hint": asked["login_hint"],
    }
    if "lti_message_hint" in asked:
        query["lti_message_hint"] = asked["lti_message_hint"]
    url = connection.option("authorize")
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def read_launch(token: bytes, connection: Connection, keys: Mapping[str, PublicKey], now: datetime) -> Launch:
    """Check an id_token by the `keys` of the platform and return what it says.

    Raises `SignatureError` for one that is not for us or not from there, `InvalidError` or `FieldError` for claims in
    a wrong form.
    """
    signed = verify_token(token, keys, _MEMBERS)
    if signed.header["alg"] != "RS256" or not signed.key_id:
        raise SignatureError("A launch must be signed with RS256, by a key that its header names (kid).")
    claims = check_times(signed.payload, now)
    _check_audience(claims, connection)
    _check_message(claims, connection)
    lis, services, names = claims.maybe(f"{CLAIM}lis"), claims.maybe(AGS), claims.maybe(NRPS)
    code, version = split_code(lis.maybe_text("course_section_sourcedid") if lis else None)
    return Launch(
        subject=claims.identifier("sub"),
        nonce=claims.text("nonce"),
        roles=_roles(claims),
        course=_course(claims),
        target=_target(claims),
        code=code,
        sis=lis.maybe_identifier("person_sourcedid") if lis else None,
        name=claims.maybe_text("name"),
        email=claims.maybe_text("email"),
        line_item=_address(services, "lineitem"),
        line_items=_address(services, "lineitems"),
        memberships=_address(names, "context_memberships_url"),
        version=version,
        deep_linking=_deep_linking(claims),
    )


def message(
    launch: Launch, connection: Connection, now: datetime, outcome: Outcome | None = None, kind: Kind | None = None
) -> Incoming:
    """Return what our launch page tells the reception: a learner was let in, with the points of `outcome` if known.

    That completes the course if the connection `counts` launches; else points are points, and without them the message
    says only which ids belong to one person. Who was not let in is told of as a `kind` instead.
    """
    score = outcome.score if outcome else None
    body = {
        "kind": (kind or _kind(connection, outcome)).value,
        "sub": launch.subject,
        "sis": launch.sis,
        "name": launch.name,
        "email": launch.email,
        "course": launch.course,
        "code": launch.code,
        "version": launch.version,
        "at": timestamps.write(now),
        "score": None if score is None else str(score.given),
        "maximum": None if score is None or score.maximum is None else str(score.maximum),
    }
    data = json.dumps(body).encode()
    return Incoming(data, credentials.sign(_own(connection.secrets[-1]), _event_id(body, now), now, data))


def verify(incoming: Incoming, connection: Connection, now: datetime) -> Verified:
    """Check that our own launch page made this message. Raises `SignatureError`."""
    own = replace(connection, secrets=tuple(map(_own, connection.secrets)))
    return accepted(incoming, connection, credentials.check_hmac(incoming, own, now), now)


def read_message(verified: Verified, connection: Connection) -> tuple[Reported, ...]:
    """Read a message of `message`. Raises `InvalidError` or `FieldError`."""
    body = read.load(verified.content)
    given, maximum = body.maybe_number("score"), body.maybe_number("maximum")
    kind = next((one for one in _TOLD if one == body.get("kind")), None)
    if kind is None:
        raise FieldError("kind", f"must be one of {', '.join(_TOLD)}")
    report = Reported(
        kind=kind,
        origin=verified.origin,
        event_id=verified.message_id,
        digest=sha256(verified.message_id.encode("ascii")),
        occurred_at=body.moment("at"),
        learner=learner_of(connection, body),
        course=Course(body.identifier("course"), code=body.maybe_text("code"), version=body.maybe_text("version")),
        outcome=None if given is None else Outcome(score=Score(max(given, Decimal(0)), maximum)),
    )
    return (report,)


def learner_of(connection: Connection, body: Node) -> SourceLearner:
    """Return the learner of a message by its members `sub`, `sis`, `email` and `name`."""
    sis, email = body.maybe_identifier("sis"), body.maybe_text("email")
    return learner(connection, "sub", body.maybe_text("name"), lti=body.identifier("sub"), sis=sis, email=email)


def _kind(connection: Connection, outcome: Outcome | None) -> Kind:
    if connection.options.get("counts") == BY_LAUNCH:
        return Kind.COMPLETED
    return Kind.IDENTITY if outcome is None else Kind.GRADED


def _event_id(body: Mapping[str, Any], now: datetime) -> str:
    """Return the name of what a launch brought: launches that say the same bring one report for a while, not many.

    Who somebody is says the same at any time.
    """
    said = [body[name] for name in ("kind", "sub", "sis", "course", "version", "score", "maximum")]
    hour = None if body["kind"] == Kind.IDENTITY else int(now.timestamp() // SAME_FOR.total_seconds())
    return f"lti-{read.digest([*said, hour]).hex()}"


def _own(secret: Secret) -> Secret:
    """Return what proves our messages, made from the secret of the connection, which is a key for something else."""
    return replace(secret, value=hmac.digest(secret.value, _PAGE, "sha256"))


def _check_audience(claims: Node, connection: Connection) -> None:
    """LTI Core 1.3 section 5.3.3, OpenID Connect Core 1.0 section 3.1.3.7, steps 2 to 5."""
    if _text(claims, "iss").rstrip("/") != connection.namespace:
        raise SignatureError("The launch comes from another platform than the one that was asked to log in.")
    client, audience = connection.option("client_id"), claims.get("aud")
    everybody = audience if isinstance(audience, list) else [audience]
    if client not in everybody:
        raise SignatureError("The launch is meant for another tool (aud).")
    party = claims.get("azp")
    if (len(everybody) > 1 and party is None) or (party is not None and party != client):
        raise SignatureError("The launch was handed out to another tool (azp).")
    for name in ("exp", "iat", "nonce"):
        if claims.get(name) is None:
            raise SignatureError(f"The launch lacks {name}.")


def _check_message(claims: Node, connection: Connection) -> None:
    """LTI Core 1.3 sections 5.3.1 to 5.3.4."""
    if _text(claims, f"{CLAIM}deployment_id") not in deployments(connection):
        raise SignatureError("The launch comes from a deployment that is not agreed with this connection.")
    if _text(claims, f"{CLAIM}version") != "1.3.0":
        raise SignatureError("The launch is not one of LTI 1.3.")
    if _text(claims, f"{CLAIM}message_type") not in (LAUNCH, DEEP_LINKING):
        raise SignatureError(f"Only launches of a link ({LAUNCH}, {DEEP_LINKING}) are answered here.")


def _deep_linking(claims: Node) -> DeepLinking | None:
    if not _is_deep(claims):
        return None
    return DeepLinking(claims.at(DEEP_LINKING_SETTINGS), claims.text("iss"), claims.text(f"{CLAIM}deployment_id"))


def _course(claims: Node) -> str:
    """Every link is opened in a course; a request to place one may come from elsewhere (Deep Linking 2.0, 4.4)."""
    around = claims.maybe(f"{CLAIM}context") if _is_deep(claims) else claims.at(f"{CLAIM}context")
    return around.identifier("id") if around else ""


def _target(claims: Node) -> str | None:
    """Deep Linking 2.0 section 4.4 does not ask for a target."""
    name = f"{CLAIM}target_link_uri"
    return None if _is_deep(claims) and claims.get(name) is None else claims.text(name)


def _is_deep(claims: Node) -> bool:
    return _text(claims, f"{CLAIM}message_type") == DEEP_LINKING


def _roles(claims: Node) -> tuple[str, ...]:
    """Missing, malformed and unknown roles give no rights: only texts of the list are kept."""
    found: Any = claims.get(f"{CLAIM}roles")
    return tuple(role for role in found[:_MAX_ROLES] if isinstance(role, str)) if isinstance(found, list) else ()


def _address(claims: Node | None, name: str) -> str | None:
    return claims.text(name) if claims and claims.get(name) else None


def _text(claims: Node, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


ADAPTER: Final = Adapter(verify, read_message)
