"""Compiled templates in files: another process loads them, and believes none that is not what it would compile."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from issuer import compile as compiling
from issuer import compiled_cache
from issuer.compiled_cache import SAMPLE_EVERY, CompiledTemplates, digest_of
from issuer.lint import LintError
from openbadge import contexts
from tests.issuer.makers import NOW, VERSION, maker, plan, version


def forbid_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_template(*_: Any) -> Any:
        raise AssertionError("nothing should be compiled here")

    monkeypatch.setattr(compiled_cache, "compile_template", compile_template)


def one_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def rewritten(file: Path, change: Any) -> None:
    """Change the content of a file, and give it the digest that belongs to the new content."""
    body = json.loads(file.read_bytes().partition(b"\n")[2])
    change(body)
    text = json.dumps(body).encode()
    file.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)


def test_another_process_loads_what_one_has_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache" / "compiled"
    made = maker(folder).make(plan())
    assert one_file(folder).name.endswith(".json")
    assert folder.stat().st_mode & 0o777 == 0o700
    forbid_compiling(monkeypatch)
    assert maker(folder).make(plan()) == made
    with pytest.raises(AssertionError):
        maker(folder).make(plan(learner={"id": "1", "name": "without mail"}))


def test_what_is_proven_when_approved_is_not_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker(tmp_path).rehearse(VERSION, NOW)
    forbid_compiling(monkeypatch)
    full = {"evidence": [{"id": "https://e.example/", "name": "n", "description": "d", "narrative": "m"}]}
    maker(tmp_path).make(plan(result=[{"name": "Grade", "value": "A", "status": "Completed"}], **full))


def swap_slots(body: Any) -> None:
    for row in body["document"]["statements"]:
        row[2] = {1: 2, 2: 1}.get(row[2], row[2]) if type(row[2]) is int and row[3] == '"' else row[2]


def constant_for_slot(body: Any) -> None:
    (row,) = [row for row in body["document"]["statements"] if "statusListIndex" in row[1]]
    row[2:] = ['"_:c14n0"', ""]


def change_text(body: Any) -> None:
    (row,) = [row for row in body["document"]["statements"] if row[1].endswith("#version>")]
    row[2] = '"another"'


def leave_out(body: Any) -> None:
    body["document"]["statements"].pop()


def wrong_number(body: Any) -> None:
    body["document"]["statements"][0][2] = -1


def change_proof(body: Any) -> None:
    body["proof"]["statements"][0][1] = "<https://p.example/>"


DAMAGES: dict[str, Any] = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-9]),
    "one bit": lambda file: file.write_bytes(file.read_bytes().replace(b"e", b"d", 1)),
    "empty": lambda file: file.write_bytes(b""),
    "no JSON": lambda file: file.write_bytes(hashlib.sha256(b"x").hexdigest().encode() + b"\nx"),
    "not UTF-8": lambda file: file.write_bytes(hashlib.sha256(b"\xff").hexdigest().encode() + b"\n\xff"),
    "a list": lambda file: file.write_bytes(hashlib.sha256(b"[]").hexdigest().encode() + b"\n[]"),
    "deep": lambda file: file.write_bytes(hashlib.sha256(b"[" * 100_000).hexdigest().encode() + b"\n" + b"[" * 100_000),
    **{
        change.__name__: lambda file, change=change: rewritten(file, change)
        for change in (swap_slots, constant_for_slot, change_text, leave_out, wrong_number, change_proof)
    },
    "no shapes": lambda file: rewritten(file, lambda body: body.clear()),
    "numbers for texts": lambda file: rewritten(file, lambda body: body["document"].update(blanks=[1])),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_file_is_made_anew(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = maker(tmp_path).make(plan())
    file = one_file(tmp_path)
    intact = file.read_bytes()
    DAMAGES[damage](file)
    with caplog.at_level(logging.WARNING):
        assert maker(tmp_path).make(plan()) == made
    assert "is made anew" in caplog.text
    if damage != "a folder":
        assert file.read_bytes() == intact
        forbid_compiling(monkeypatch)
        assert maker(tmp_path).make(plan()) == made


def test_what_cannot_be_proven_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(LintError):
        maker(tmp_path).rehearse(version(name="x-microcred-slot-1-end"), NOW)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_issue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        made = maker(tmp_path / "file" / "compiled").make(plan())
    assert made == maker().make(plan())
    assert "cannot be kept" in caplog.text


def test_a_full_folder_is_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_cache, "MAX_FILES", 3)
    for number in range(3):
        (tmp_path / f"{number}.json").write_bytes(b"")
    maker(tmp_path).make(plan())
    assert len(list(tmp_path.iterdir())) == 1


def test_the_name_covers_everything_that_the_content_follows_from(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = maker()._recipe(VERSION)
    presence = (("recipientName", None),)
    digests = {
        digest_of(recipe, presence),
        digest_of(recipe, ()),
        digest_of(maker()._recipe(version(name="Another")), presence),
        digest_of(replace(recipe, proof_options={**recipe.proof_options, "verificationMethod": "did:x#2"}), presence),
        digest_of(replace(recipe, draft=replace(recipe.draft, template=_other_template(recipe))), presence),
    }
    later = replace(recipe, proof_options={**recipe.proof_options, "created": "2031-01-01T00:00:00Z"})
    assert digest_of(later, presence) in digests
    monkeypatch.setattr(compiled_cache, "CODE_VERSION", 0)
    digests.add(digest_of(recipe, presence))
    monkeypatch.setattr(contexts.contexts(), "digest", "another")
    digests.add(digest_of(recipe, presence))
    assert len(digests) == 7


def _other_template(recipe: Any) -> Any:
    return replace(recipe.draft.template, digest="another")


def test_what_is_not_used_for_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_cache, "MAX_COMPILED", 2)
    chosen = maker()
    plans = [plan(), plan(learner={"id": "1", "name": "n"}), plan(evidence=[{"id": "https://e.example/"}])]
    chosen.make(plans[0])
    chosen.make(plans[1])
    chosen.make(plans[0])
    chosen.make(plans[2])
    kept = list(chosen.compiled._kept)
    chosen.make(plans[0])
    assert len(kept) == 2
    assert set(kept) == set(chosen.compiled._kept)


def test_one_in_a_thousand_is_a_sample() -> None:
    counter = CompiledTemplates()
    assert [counter.is_sample() for _ in range(2 * SAMPLE_EVERY)].count(True) == 2


def test_shapes_of_another_document_do_not_prove_themselves() -> None:
    mine, other = (maker(), maker())
    mine.make(plan())
    other.make(plan(of=version(name="Another")))
    (one,), (two,) = mine.compiled._kept.values(), other.compiled._kept.values()
    wrong = replace(one, document=two.document)
    with pytest.raises(compiling.ShapeError, match="differs from the general algorithm"):
        compiling.prove(wrong, compiling.hostile(one.layout, 0), mine._recipe(VERSION).proof_options, NOW)
    wrong = replace(one, json=two.json)
    with pytest.raises(compiling.ShapeError, match="JSON differs"):
        compiling.prove(wrong, compiling.hostile(one.layout, 0), mine._recipe(VERSION).proof_options, NOW)
