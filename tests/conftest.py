"""What all tests share: where the official vectors are, how much Hypothesis tries, and what a missing tool means."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"

# No deadline: tests never assert times, and a busy machine is no finding.
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile(
    "ci", deadline=None, max_examples=200, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


def missing(what: str) -> None:
    """Skip with a reason on a developer's machine; fail in CI, where nothing may be missing."""
    if IN_CI:
        pytest.fail(f"{what}; CI must have it", pytrace=False)
    pytest.skip(what)


def require_tool(name: str) -> str:
    """Return the path of a program; skip (or fail in CI) when it is not installed."""
    path = shutil.which(name)
    if path is None:
        missing(f"the program {name} is not installed")
    return str(path)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with official vectors and samples beside the project; never copied into it."""
    folder = Path(os.environ.get("MICROCRED_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        missing(f"the folder {folder} with official vectors is absent (set MICROCRED_SHARED)")
    return folder


@pytest.fixture(scope="session")
def vectors(shared: Path) -> Path:
    """The official vectors."""
    folder = shared / "vectors"
    if not folder.is_dir():
        missing(f"the folder {folder} is absent")
    return folder
