"""Sources that do not touch the network."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from openbadge.errors import InvalidError, UnavailableError
from verifier.fetch import ChainFetch, FolderFetch

URL = "https://badges.example.org/.well-known/did.json"


def folder(tmp_path: Path, index: Any, **files: bytes) -> FolderFetch:
    (tmp_path / "material").mkdir()
    (tmp_path / "material" / "index.json").write_text(json.dumps(index))
    for name, data in files.items():
        (tmp_path / "material" / name).write_bytes(data)
    return FolderFetch(tmp_path / "material")


def entry(file: str) -> dict[str, str]:
    return {"file": file, "mediaType": "Application/JSON"}


def test_answers_what_the_index_lists(tmp_path: Path) -> None:
    source = folder(tmp_path, {URL: entry("did")}, did=b'{"id":"x"}')
    answer = source.fetch(URL, "application/json")
    assert (answer.url, answer.media_type, answer.body) == (URL, "application/json", b'{"id":"x"}')
    assert answer.at.tzinfo is UTC
    assert source.answers(URL)


def test_anything_else_is_not_in_the_folder(tmp_path: Path) -> None:
    source = folder(tmp_path, {})
    assert not source.answers(URL)
    with pytest.raises(UnavailableError, match="not in the material folder") as caught:
        source.fetch(URL, "*/*")
    assert caught.value.code == "FETCH_FAILED"


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret", "link"])
def test_files_outside_the_folder_are_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("secret")
    source = folder(tmp_path, {URL: entry(name)})
    (tmp_path / "material" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UnavailableError, match="outside the folder"):
        source.fetch(URL, "*/*")


@pytest.mark.parametrize("name", ["missing", ".", ""])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        folder(tmp_path, {URL: entry(name)}).fetch(URL, "*/*")
    assert caught.value.code == "FETCH_FAILED"


def test_a_name_with_a_nul_is_refused_with_the_index(tmp_path: Path) -> None:
    with pytest.raises(InvalidError):
        folder(tmp_path, {URL: entry("a\0b")})


def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    source = folder(tmp_path, {URL: entry("did")}, did=b"x" * 11)
    assert len(source.fetch(URL, "*/*", limit=11).body) == 11
    with pytest.raises(UnavailableError) as caught:
        source.fetch(URL, "*/*", limit=10)
    assert caught.value.code == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "value", [None, "did.json", {}, {"file": "a"}, {"file": 1, "mediaType": "a"}, {**entry("a"), "x": 1}]
)
def test_a_bad_index_is_refused_at_once(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InvalidError):
        folder(tmp_path, {URL: value})


def test_a_folder_without_index(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"no readable index\.json"):
        FolderFetch(tmp_path)


def test_the_first_source_that_answers_decides(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = folder(tmp_path / "one", {URL: entry("missing")})
    second = folder(tmp_path / "two", {URL: entry("did"), URL + "2": entry("did")}, did=b"{}")
    chain = ChainFetch([first, second])
    with pytest.raises(UnavailableError):
        chain.fetch(URL, "*/*")
    assert chain.fetch(URL + "2", "*/*").body == b"{}"
    assert chain.answers(URL)
    assert not chain.answers("https://other.example/")
    with pytest.raises(UnavailableError, match="no source"):
        chain.fetch("https://other.example/", "*/*")
