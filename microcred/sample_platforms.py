"""The learning platforms of the sample institution: connections and bindings with which `microcred simulate` works."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from issuer.keys_kinds import Private, fresh, kind
from issuer.lms_work.bindings import BindingWish
from issuer.lms_work.connections import Wish
from issuer.lms_work.platforms import Platforms

SIS: Final = "northbridge-sis"
CANVAS_KEY: Final = "sample-canvas-key"
"""The file with the key that the simulated Canvas signs with, and the id of that key."""
ACCOUNT: Final = "NorthbridgeSampleRootAccount0000000000001"


@dataclass(frozen=True, slots=True)
class SamplePlatform:
    """A simulated platform: its address, its settings, one course, and what that leads to."""

    namespace: str
    course: str
    definition: str
    rule: Mapping[str, Any] = field(default_factory=lambda: {"rule": "completed"})
    options: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)


PLATFORMS: Final[Mapping[str, SamplePlatform]] = MappingProxyType(
    {
        "moodle": SamplePlatform("https://moodle.northbridge.example", "2", "testing-data-products"),
        "canvas": SamplePlatform(
            "https://canvas.northbridge.example",
            "565",
            "data-ethics-foundations",
            options={"root_account_uuid": ACCOUNT},
        ),
        "xapi": SamplePlatform(
            "https://lrs.northbridge.example",
            "https://lrs.northbridge.example/courses/collaborative-project-practice",
            "collaborative-project-practice",
            {"rule": "passed"},
            {"auth": "basic", "account": "sis"},
        ),
        "caliper": SamplePlatform(
            "https://grader.northbridge.example",
            "https://grader.northbridge.example/courses/digital-content",
            "digital-content-public-services",
            {"rule": "passed", "percent": "60", "gradeAlone": True},
            {"auth": "bearer"},
        ),
        "webhook": SamplePlatform("https://crm.northbridge.example", "tdp-2026", "testing-data-products"),
        "table": SamplePlatform(
            "registrar", "MC-DETH-01", "data-ethics-foundations", options={"timezone": "Europe/Dublin"}
        ),
    }
)
"""The connections of the sample by kind, which is also their name."""


def prepare(platforms: Platforms, home: Path, actor: str) -> None:
    """Make connections and bindings of the sample; those that are there are kept."""
    known = {record.name for record in platforms.connections.every()}
    for name, sample in PLATFORMS.items():
        if name not in known:
            platforms.connections.add(_wish(name, sample, platforms, home), actor)
            platforms.bindings.add(_binding(name, sample), actor)


def canvas_key(home: Path) -> Private:
    """Return the key that the simulated Canvas signs with. Raises `OSError` if the home is not the sample's."""
    return kind("RSA").from_secret(b64decode((home / CANVAS_KEY).read_bytes()))


def _wish(name: str, sample: SamplePlatform, platforms: Platforms, home: Path) -> Wish:
    keys = [_canvas_jwk(platforms, home)] if name == "canvas" else []
    return Wish(name, name, sample.namespace, SIS, sample.options, keys, creates=True, links=True)


def _binding(name: str, sample: SamplePlatform) -> BindingWish:
    return BindingWish(name, sample.course, sample.definition, sample.rule, results=sample.results)


def _canvas_jwk(platforms: Platforms, home: Path) -> dict[str, Any]:
    """Draw the key of the simulated Canvas; its secret stays in a file: it opens nothing but invented data."""
    secret, private = fresh("RSA", platforms.service.database.random_bytes, 2_048)
    with os.fdopen(os.open(home / CANVAS_KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(b64encode(secret))
    return {**private.public_key.jwk(), "kid": CANVAS_KEY}
