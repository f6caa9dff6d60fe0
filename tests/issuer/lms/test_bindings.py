from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from issuer.lms.bindings import Binding, Chosen, Held, choose_version, find_binding
from issuer.lms.model import Course
from issuer.lms.rules import Completed
from issuer.model.records import DefinitionState, DefinitionVersion
from tests.issuer.lms.sources import NOW

DAY = timedelta(days=1)
BINDING = Binding("2", "data-ethics", Completed())


def version(name: str, start: int | None = -100, retired: int | None = None, state: str = "approved"):
    """A version in effect from `start` days from now on, retired after `retired` days."""
    return DefinitionVersion(
        id=UUID(int=1),
        institution_id=UUID(int=2),
        definition_id="data-ethics",
        version=name,
        state=DefinitionState(state),
        content=b"",
        digest=bytes(32),
        created_by="author",
        created_at=NOW,
        effective_from=None if start is None else NOW + start * DAY,
        retired_at=None if retired is None else NOW + retired * DAY,
    )


def chosen(binding: Binding, *versions, hint: str | None = None, started: datetime | None = None):
    found = choose_version(binding, versions, Course("2", version=hint), started, NOW)
    return found.code if isinstance(found, Held) else (found.version, found.rule)


PINNED = Binding("2", "data-ethics", Completed(), version="1")


def test_a_pinned_version_is_never_replaced_by_a_newer_one():
    assert chosen(PINNED, version("1"), version("2", -1)) == ("1", "pinned")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (version("2"), "version-unknown"),
        (version("1", None, state="draft"), "definition-not-approved"),
        (version("1", retired=-1, state="retired"), "definition-retired"),
    ],
)
def test_a_pinned_version_that_cannot_apply(record, code):
    assert chosen(PINNED, record) == code


def test_a_version_retired_after_the_completion_still_applies_to_it():
    assert chosen(PINNED, version("1", retired=1, state="retired")) == ("1", "pinned")
    assert chosen(BINDING, version("1", retired=1, state="retired")) == ("1", "effective-at-completion")


def test_the_version_in_effect_when_the_learner_started_else_at_completion():
    one, two, future = version("1", -100), version("2", -10), version("3", 10)
    assert chosen(BINDING, one, two, future, started=NOW - 50 * DAY) == ("1", "effective-at-start")
    assert chosen(BINDING, one, two, future) == ("2", "effective-at-completion")
    assert chosen(BINDING, one, two, started=NOW - 200 * DAY) == "no-version-effective"
    assert chosen(BINDING, version("3", None, state="draft")) == "no-version-effective"
    assert chosen(BINDING, version("1", -10), version("2", -10)) == "version-ambiguous"


def test_a_hint_decides_nothing_but_a_contradiction_holds():
    assert chosen(PINNED, version("1"), hint="v1") == ("1", "pinned")
    assert chosen(PINNED, version("1"), version("2"), hint="2") == "version-disagrees"


def test_the_binding_of_a_course():
    course = Course("2", section="B", term="2026-2")
    general, term = BINDING, Binding("2", "data-ethics", Completed(), term="2026-2")
    assert find_binding([general, term], course, NOW) == term
    assert find_binding([general, term], Course("2"), NOW) == general
    assert find_binding([general], Course("3"), NOW).code == "course-not-bound"
    section = Binding("2", "data-ethics", Completed(), section="B")
    assert find_binding([section, term], course, NOW).code == "binding-ambiguous"
    both = Binding("2", "data-ethics", Completed(), section="B", term="2026-2")
    assert find_binding([section, term, both], course, NOW) == both


def test_a_binding_holds_from_its_first_moment_until_before_its_last():
    window = Binding("2", "data-ethics", Completed(), valid_from=NOW, valid_until=NOW + DAY)
    moments = [NOW - timedelta(seconds=1), NOW, NOW + DAY - timedelta(seconds=1), NOW + DAY]
    assert [window.covers(Course("2"), moment) for moment in moments] == [False, True, True, False]


def test_a_course_copy_is_another_course():
    assert find_binding([BINDING], Course("200", code="MC-DETH-01"), NOW).code == "course-not-bound"
    assert isinstance(choose_version(BINDING, [version("1")], Course("2"), None, NOW), Chosen)
