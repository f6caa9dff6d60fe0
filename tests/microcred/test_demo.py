"""The demo: what it writes, that it can be repeated, and that what it writes can be checked offline."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from issuer.errors import SettingsError
from microcred.demo import Show, write_once
from microcred.installation import settings_of
from microcred.world import World
from tests.microcred.conftest import Console

pytestmark = pytest.mark.databases("sqlite")


def test_once_writes_every_form_with_its_material(console: Console, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert console("demo", "--once", "--out", str(out)) == 0
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        "credential.json", "credential.jwt", "credential.png", "credential.svg", "did.json", "status-list.json",
        "report.json", "material/index.json", "material/did.json", "material/status-list.json",
    }  # fmt: skip
    assert json.loads((out / "report.json").read_bytes())["verdict"] == "valid"
    for form in ("json", "jwt", "png", "svg"):
        badge = str(out / f"credential.{form}")
        assert console("verify", badge, "--material", str(out / "material"), "--json") == 0
    assert (
        console("verify", str(out / "credential.json"), "--material", str(out / "material"), "--recipient", "x@y.zz")
        == 1
    )
    assert console("demo", "--once", "--out", str(out)) == 0


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_once(blocker / "out", World(dict(os.environ)))


def test_a_second_demo_keeps_the_data(world: World) -> None:
    lines: list[str] = []
    for _ in range(2):
        show = Show(settings_of(world), world, lines.append)
        sample = show.run(8000)
        show.links()
    assert len(sample.service.list_credentials()) == 2
    text = "\n".join(lines)
    assert "had been signed before" in text
    assert "Not authentic" in text or "revoked" in text
    assert f"Bearer {sample.token}" in text
