"""Fixtures of the interop tests: folders with issued badges, the key behind the self-made ones, the Node.js readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import missing, require_tool
from tests.interop import badges
from tests.interop.readers import NODE, Ask, Issued, ask_node, run_demo

SIGNERS: Final[dict[str, Callable[[], badges.Signer]]] = {
    "did-key": badges.did_key_signer,
    "did-web": badges.did_web_signer,
}


@pytest.fixture(scope="session", params=["demo", *SIGNERS])
def issued(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """A folder with a badge in every form and its material: the product's own, and self-made ones."""
    folder = tmp_path_factory.mktemp("interop") / request.param
    if request.param == "demo":
        run_demo(folder)
    else:
        badges.write(folder, SIGNERS[request.param]())
    return Issued(folder)


@pytest.fixture(params=SIGNERS)
def signer(request: pytest.FixtureRequest) -> badges.Signer:
    """An issuer whose private key the test knows."""
    return SIGNERS[request.param]()


@pytest.fixture
def self_made(signer: badges.Signer, tmp_path: Path) -> Issued:
    """A folder with a badge of `signer`."""
    badges.write(tmp_path / "issued", signer)
    return Issued(tmp_path / "issued")


@pytest.fixture(scope="session")
def ask() -> Ask:
    """`ask(script, **request)`: one question to a Node.js reader. Skips (in CI: fails) where there is none."""
    require_tool("node")
    if not (NODE / "node_modules").is_dir():
        missing("the npm packages are not installed (npm ci in tests/interop/node)")
    return lambda script, **request: ask_node(script, request)
