"""Which definition, and which version of it, a course of a source leads to: bound by people, never by a title."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from issuer.lms.model import Course
from issuer.lms.rules import Rule
from issuer.model.records import DefinitionState, DefinitionVersion

PINNED: Final = "pinned"
AT_START: Final = "effective-at-start"
AT_COMPLETION: Final = "effective-at-completion"
"""By which rule a version applies; kept with the completion."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why nothing can be issued yet: a code for programs, a sentence for people."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A course, or one section or term of it, bound to a definition; `version` is pinned if it is named.

    It holds for what happened from `valid_from` on and before `valid_until`. `per_term` lets one person earn the
    credential once in each term. `results` names which result of the definition takes over what the source says: its
    id by `grade`, `percent` or `points`; what is not named is not passed on.
    """

    course: str
    definition_id: str
    rule: Rule
    section: str | None = None
    term: str | None = None
    version: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    per_term: bool = False
    results: Mapping[str, str] = field(default_factory=dict)

    def covers(self, course: Course, moment: datetime) -> bool:
        """Whether it is about this course at this moment."""
        return (
            self.course == course.id
            and self.section in (None, course.section)
            and self.term in (None, course.term)
            and not (self.valid_from is not None and moment < self.valid_from)
            and not (self.valid_until is not None and moment >= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The version that applies, and by which rule."""

    version: str
    rule: str


def find_binding(bindings: Iterable[Binding], course: Course, moment: datetime) -> Binding | Held:
    """Return the binding of a course among those of one source: the most specific one, if there is exactly one."""
    found = [one for one in bindings if one.covers(course, moment)]
    if not found:
        return Held("course-not-bound", "The course is not bound to a definition for that time. Bind it to go on.")
    most = max(_specific(one) for one in found)
    best = [one for one in found if _specific(one) == most]
    if len(best) > 1:
        return Held("binding-ambiguous", "The course is bound to more than one definition. Keep one.")
    return best[0]


def choose_version(
    binding: Binding, versions: Sequence[DefinitionVersion], course: Course, started: datetime | None, at: datetime
) -> Chosen | Held:
    """Say which version applies to a completion `at` a moment; never simply the latest.

    The pinned one; else the one in effect when the learner `started`, if that is known; else the one in effect at
    completion. None, or two that took effect at once, holds the completion. `versions` are all of the definition. A
    version at which the source hints changes nothing, but one that contradicts the choice holds it too.
    """
    if binding.version is not None:
        chosen = _pinned(binding.version, versions, at)
    elif started is not None:
        chosen = _in_effect(versions, started, AT_START)
    else:
        chosen = _in_effect(versions, at, AT_COMPLETION)
    if isinstance(chosen, Chosen) and course.version is not None and not _same(course.version, chosen.version):
        return Held("version-disagrees", f"The source names another version than {chosen.version}. Check the binding.")
    return chosen


def _pinned(version: str, versions: Sequence[DefinitionVersion], at: datetime) -> Chosen | Held:
    record = next((one for one in versions if one.version == version), None)
    if record is None:
        return Held("version-unknown", f"There is no version {version} of the definition here.")
    if record.state is DefinitionState.DRAFT:
        return Held("definition-not-approved", f"Version {version} is not approved yet.")
    if record.retired_at is not None and record.retired_at <= at:
        return Held("definition-retired", f"Version {version} was retired before this completion.")
    return Chosen(version, PINNED)


def _in_effect(versions: Sequence[DefinitionVersion], moment: datetime, rule: str) -> Chosen | Held:
    found = [(one.effective_from, one.version) for one in versions if _applies(one, moment)]
    starts = [start for start, _ in found if start is not None]
    if not starts:
        return Held("no-version-effective", "No version of the definition was in effect at that time.")
    last = [version for start, version in found if start == max(starts)]
    if len(last) > 1:
        return Held("version-ambiguous", "Two versions of the definition took effect at the same time.")
    return Chosen(last[0], rule)


def _applies(record: DefinitionVersion, moment: datetime) -> bool:
    if record.state is DefinitionState.DRAFT or record.effective_from is None or record.effective_from > moment:
        return False
    return record.retired_at is None or record.retired_at > moment


def _same(hint: str, version: str) -> bool:
    return hint.casefold().removeprefix("v") == version.casefold().removeprefix("v")


def _specific(binding: Binding) -> int:
    return (binding.section is not None) + (binding.term is not None)
