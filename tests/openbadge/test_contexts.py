from __future__ import annotations

import hashlib
import json

import pytest

from openbadge import contexts, vocabulary
from openbadge.errors import InvalidError

NAMED = [vocabulary.CREDENTIALS_V2, *vocabulary.OB_CONTEXTS, vocabulary.OB_EXTENSIONS, vocabulary.DATA_INTEGRITY_V2]


@pytest.mark.parametrize("url", sorted(contexts.contexts().urls))
def test_every_pinned_context_has_its_bytes(url):
    assert "@context" in contexts.document(url)


@pytest.mark.parametrize("url", sorted(contexts.schemas().urls))
def test_every_pinned_schema_has_its_bytes(url):
    assert isinstance(contexts.schema(url), dict)


def test_what_the_product_names_is_pinned():
    assert contexts.contexts().urls.issuperset(NAMED)
    assert contexts.schemas().urls.issuperset([vocabulary.ACHIEVEMENT_SCHEMA, vocabulary.PROFILE_SCHEMA])


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url + "/",
        lambda url: url + "#x",
        lambda url: url + "?x",
        lambda url: url.replace("https", "http"),
        lambda url: url.replace("www", "WWW"),
        lambda _: "file:///etc/passwd",
        lambda _: "http://169.254.169.254/",
        lambda _: "data:application/ld+json,{}",
        lambda _: "../contexts/credentials-v2.json",
        lambda _: "",
    ],
)
def test_ld_035_and_036_any_other_url_is_refused(change):
    with pytest.raises(InvalidError) as caught:
        contexts.document(change(vocabulary.CREDENTIALS_V2))
    assert caught.value.code == "CONTEXT_NOT_ALLOWED"


def pinned(folder, data: bytes, pin: bytes) -> contexts.PinnedFiles:
    (folder / "a.json").write_bytes(data)
    row = {"url": "https://x.example/a", "file": "a.json", "sha256": hashlib.sha256(pin).hexdigest()}
    return contexts.PinnedFiles(folder, [row])


def test_changed_bytes_are_refused(tmp_path):
    assert pinned(tmp_path, b'{"a": 1}', b'{"a": 1}').document("https://x.example/a") == {"a": 1}
    with pytest.raises(contexts.ContextFileError, match="differs"):
        pinned(tmp_path, b'{"a": 2}', b'{"a": 1}').document("https://x.example/a")


def test_a_missing_file_is_a_broken_installation(tmp_path):
    files = pinned(tmp_path, b"{}", b"{}")
    (tmp_path / "a.json").unlink()
    with pytest.raises(contexts.ContextFileError, match="missing"):
        files.document("https://x.example/a")


def test_the_digest_follows_the_pins(tmp_path):
    one, two = pinned(tmp_path, b"{}", b"{}"), pinned(tmp_path, b"{}", b"[]")
    assert one.digest != two.digest
    assert one.digest == pinned(tmp_path, b"{}", b"{}").digest


def test_pins_agree_with_the_official_files(vectors):
    official = {json.dumps(json.loads(path.read_bytes()), sort_keys=True) for path in (vectors / "contexts").iterdir()}
    for url in NAMED:
        assert json.dumps(contexts.document(url), sort_keys=True) in official
