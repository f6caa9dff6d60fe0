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
WITH_KEY: Final = ("canvas", "lti")
"""Simulated platforms that sign with that key; what they do not sign with it they could not have sent."""
CLIENT: Final = "northbridge-badges"
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
        "lti": SamplePlatform(
            "https://lms.northbridge.example",
            "course-7",
            "data-ethics-foundations",
            options={
                "client_id": CLIENT,
                "deployment_id": "1",
                "authorize": "https://lms.northbridge.example/lti/authorize",
                "token": "https://lms.northbridge.example/lti/token",
                "jwks": "https://lms.northbridge.example/lti/jwks",
                "counts": "launch",
            },
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


def platform_key(home: Path) -> Private:
    """Return the key that simulated platforms sign with. Raises `OSError` if the home is not the sample's."""
    return kind("RSA").from_secret(b64decode((home / CANVAS_KEY).read_bytes()))


def _wish(name: str, sample: SamplePlatform, platforms: Platforms, home: Path) -> Wish:
    keys = [_platform_jwk(platforms, home)] if name in WITH_KEY else []
    return Wish(name, name, sample.namespace, SIS, sample.options, keys, creates=True, links=True)


def _binding(name: str, sample: SamplePlatform) -> BindingWish:
    return BindingWish(name, sample.course, sample.definition, sample.rule, results=sample.results)


def _platform_jwk(platforms: Platforms, home: Path) -> dict[str, Any]:
    """Draw the key of simulated platforms, once; its secret stays in a file: it opens nothing but invented data."""
    if not (home / CANVAS_KEY).exists():
        secret, _ = fresh("RSA", platforms.service.database.random_bytes, 2_048)
        with os.fdopen(os.open(home / CANVAS_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(b64encode(secret))
    return {**platform_key(home).public_key.jwk(), "kid": CANVAS_KEY}
