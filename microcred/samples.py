"""The sample institution: a home that can issue at once, for demonstrations and for trying the service out."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from issuer import auth
from issuer.definitions import Decision
from issuer.keys import ACTIVE, Order
from issuer.lms_work.platforms import Platforms
from issuer.lms_work.sealing import Vault
from issuer.model import DefinitionState, DefinitionVersion
from issuer.service import Service
from issuer.settings import IssuerSettings
from issuer.store import tokens
from microcred import sample_platforms
from microcred.installation import DEFAULT_BASE_URL, Installation, open_installation
from microcred.keys import lock, make_secret
from microcred.world import World

_FOLDER: Final = Path(__file__).parent / "sample"
AUTHOR: Final = "Brigid Walsh, curriculum office"
APPROVER: Final = "Tomás Keane, chair of the Academic Board"
TOKEN_NAME: Final = "sample"  # noqa: S105  # the name of a token, not its secret
SCOPES: Final = tuple(auth.SCOPES)
LEFT_AS_DRAFT: Final = frozenset({"coaching-clinical-teams"})
"""Imported and not approved, so that one can see what happens to completions of such a definition."""
EFFECTIVE_FROM: Final = {"1": datetime(2020, 1, 1, tzinfo=UTC), "2": datetime(2026, 9, 1, tzinfo=UTC)}
"""When a version of the sample definitions takes effect: early enough for any completion that one makes up."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A prepared sample home."""

    installation: Installation
    service: Service
    token: str

    def approved(self) -> tuple[DefinitionVersion, ...]:
        """Return the definition versions that can be issued."""
        return self.service.list_definitions(DefinitionState.APPROVED)

    def to_json(self) -> dict[str, Any]:
        """Return what programs need in order to try the service: address, access token, definitions."""
        return {
            "url": self.service.addresses.base_url,
            "token": self.token,
            "definitions": [
                {"id": item.definition_id, "version": item.version, "name": item.definition.name}
                for item in self.approved()
            ],
        }


def prepare(settings: IssuerSettings, world: World, port: int | None = None, *, with_platforms: bool = True) -> Sample:
    """Make a sample home, or complete the one that is there; what exists already is kept.

    `port` is the one that a server of this process is going to listen on, if there will be one. `with_platforms` adds
    connections to learning platforms that `microcred simulate` plays.
    """
    installation = open_installation(settings, world, create=True)
    make_secret(settings, world.random_bytes)
    address = DEFAULT_BASE_URL if port is None else f"http://127.0.0.1:{port}"
    institution = installation.add_institution(json.loads((_FOLDER / "institution.json").read_bytes()), address)
    keys = installation.keys.public_keys(institution.did)
    if not any(key.state == ACTIVE for key in keys):
        installation.key_desk().new(Order(), AUTHOR)
    if port is not None:
        installation.move(port)
    service = installation.service()
    _import_definitions(service)
    if with_platforms:
        platforms = Platforms(service, Vault(lock(settings)), world.asker())
        sample_platforms.prepare(platforms, settings.home, AUTHOR)
    return Sample(installation, service, _token(service, settings.home / "sample-token"))


def _import_definitions(service: Service) -> None:
    for content in json.loads((_FOLDER / "definitions.json").read_bytes()):
        version = service.import_definition(json.dumps(content).encode(), AUTHOR)
        if version.state is DefinitionState.DRAFT and version.definition_id not in LEFT_AS_DRAFT:
            decision = Decision(
                f"AB-2026-{version.definition_id[:3]}-{version.version}", EFFECTIVE_FROM[version.version]
            )
            service.approve(version.definition_id, version.version, decision, APPROVER)


def _token(service: Service, path: Path) -> str:
    """Return the access token of the sample, kept in a file: it opens nothing but invented data."""
    now = service.clock()
    with service.database.begin_write(service.institution.id) as tx:
        if path.exists() and tokens.by_name(tx, TOKEN_NAME) is not None:
            return path.read_text("ascii").strip()
        token = auth.create(
            tx, f"{TOKEN_NAME}-{now:%Y%m%d%H%M%S}" if path.exists() else TOKEN_NAME, SCOPES, AUTHOR, now
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(token.secret + "\n")
        return token.secret
