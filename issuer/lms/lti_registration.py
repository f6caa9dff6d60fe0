"""LTI Dynamic Registration 1.0: a platform says where its services are, and this tool registers itself there.

All addresses must be at the platform that the invitation is for: its issuer, or its setting `site`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Any, Final

from issuer.lms import ask, lti, lti_api
from issuer.lms.ask import Answer, Request
from issuer.lms.connection import Connection
from issuer.lms.errors import SignatureError, SourceError
from issuer.lms.read import Node

TOOL: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
MAX_TOKEN: Final = 4_000
"""Characters of a registration token: Moodle's is a signed one of 300."""
_TOKEN: Final = re.compile(rf"[!-~]{{1,{MAX_TOKEN}}}")


@dataclass(frozen=True, slots=True)
class Platform:
    """What a platform says about itself (OpenID Connect Discovery 1.0 section 3, with LTI's additions)."""

    registration: str
    authorize: str
    token: str
    jwks: str
    scopes: frozenset[str] | None
    audience: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """What a platform gives this tool."""

    client_id: str
    deployment_id: str


def discovery(url: str, connection: Connection) -> Request:
    """Ask a platform about itself. Raises `SignatureError` for an address that is not the platform's."""
    _check(url, connection)
    return Request("GET", url, {"Accept": "application/json"})


def read_platform(answer: Answer, connection: Connection) -> Platform:
    """Read what a platform says about itself.

    Raises `SignatureError` if it is another platform, or names addresses elsewhere, and `SourceError` or `FieldError`
    for what is missing or cannot be worked with.
    """
    document = ask.document(answer)
    if document.text("issuer").rstrip("/") != connection.namespace:
        raise SignatureError("This is another platform than the one that was invited.")
    _check_lists(document)
    scopes = document.get("scopes_supported")
    known = frozenset(one for one in scopes if isinstance(one, str)) if isinstance(scopes, list) else None
    return Platform(
        registration=_address(document, "registration_endpoint", connection),
        authorize=_address(document, "authorization_endpoint", connection),
        token=_address(document, "token_endpoint", connection),
        jwks=_address(document, "jwks_uri", connection),
        scopes=known,
        audience=document.maybe_text("authorization_server"),
    )


def register(platform: Platform, tool: Mapping[str, Any], token: str) -> Request:
    """Ask a platform to register this tool; `token` is what it gave to the person, or "".

    Raises `SignatureError` for a token that no header takes.
    """
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token:
        if not _TOKEN.fullmatch(token):
            raise SignatureError("The platform's registration token has a form that cannot be passed on.")
        headers["Authorization"] = f"Bearer {token}"
    return Request("POST", platform.registration, headers, json.dumps(tool).encode())


def tool(base_url: str, name: str, scopes: frozenset[str]) -> dict[str, Any]:
    """Return what a platform is told about this tool (Dynamic Registration 1.0 section 3.5.2)."""
    launch, host = f"{base_url}/lti/launch", base_url.partition("://")[2]
    link = {"type": lti.LAUNCH, "target_link_uri": launch, "label": "Badge"}
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{base_url}/lti/login",
        "redirect_uris": [launch],
        "client_name": f"Badges of {name}",
        "jwks_uri": f"{base_url}/lti/jwks.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "RS256",
        "scope": " ".join(sorted(scopes)),
        TOOL: {
            "domain": host,
            "target_link_uri": launch,
            "description": "Shows learners the badge of a course, and issues it once they have earned it.",
            "claims": ["iss", "sub", "name", "email"],
            "messages": [link, {**link, "type": lti.DEEP_LINKING}],
        },
    }


def read_registered(answer: Answer) -> Registered:
    """Read what a platform answers. Raises `SourceError` or `FieldError`."""
    document = ask.document(changed(answer, status=200) if answer.status == 201 else answer)
    client = document.identifier("client_id")
    own = document.maybe(TOOL)
    deployment = own.maybe_identifier("deployment_id") if own else None
    if deployment is None:
        raise SourceError(_NO_DEPLOYMENT.format(client), "deployment")
    if "," in deployment:
        raise SourceError(_MANY_DEPLOYMENTS, "deployment")
    return Registered(client, deployment)


def _address(document: Node, name: str, connection: Connection) -> str:
    url = document.text(name)
    _check(url, connection)
    return url


def _check(url: str, connection: Connection) -> None:
    known = [lti_api.origin(one) for one in (connection.namespace, connection.options.get("site", ""))]
    if not lti_api.origin(url) or lti_api.origin(url) not in known:
        raise SignatureError("The platform names an address elsewhere. Connect it by hand: docs/lms/lti.md shows how.")


def _check_lists(document: Node) -> None:
    """What a platform says that it can do must be enough; silence is no obstacle."""
    for name, needed in (
        ("id_token_signing_alg_values_supported", "RS256"),
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
    ):
        found = document.get(name)
        if isinstance(found, list) and needed not in found:
            raise SourceError(f"The platform cannot do {needed} ({name}).", "unable")


_NO_DEPLOYMENT: Final = (
    "The platform registered this tool as {} and named no deployment. "
    "Connect it by hand, with the deployment that it shows."
)
_MANY_DEPLOYMENTS: Final = (
    "The platform named a deployment with a comma, which stands between several here. "
    "Connect it by hand, with the deployments that it shows."
)
