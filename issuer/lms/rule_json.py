"""Rules as JSON, as they are kept with a binding and written by people.

{"rule": "completed"}
{"rule": "passed", "percent": "60"}                     or "grades": ["A", "B"], or neither
{"rule": "all", "of": [{"rule": "completed", "activity": "cm:2"}, {"rule": "passed", "percent": "50"}]}
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import read
from issuer.lms.rules import AllOf, Completed, Passed, Rule
from issuer.model.definition import MAX_NAME
from issuer.model.fields import Fields, one_of, text

_RULES: Final = ("completed", "passed", "all")


def read_rule(value: Any, path: str = "rule") -> Rule:
    """Read a rule from JSON. Raises `FieldError`."""
    with Fields(value, path) as fields:
        name = fields.required("rule", one_of(_RULES))
        if name == "completed":
            return Completed(fields.optional_text("activity", MAX_NAME))
        if name == "passed":
            return _passed(fields, path)
        rules = fields.many("of", _single)
    if not rules or len(set(rules)) != len(rules):
        raise FieldError(f"{path}.of", "must hold one condition or more, each once")
    return AllOf(rules)


def write_rule(rule: Rule) -> dict[str, Any]:
    """Return the JSON form; `read_rule` of it gives an equal rule."""
    if isinstance(rule, AllOf):
        return {"rule": "all", "of": [write_rule(one) for one in rule.rules]}
    form: dict[str, Any] = {"rule": "completed" if isinstance(rule, Completed) else "passed"}
    if rule.activity is not None:
        form["activity"] = rule.activity
    if isinstance(rule, Passed):
        form |= {"percent": f"{rule.percent:f}"} if rule.percent is not None else {}
        form |= {"grades": list(rule.grades)} if rule.grades else {}
        form |= {"gradeAlone": True} if rule.grade_alone else {}
    return form


def _single(value: Any, path: str) -> Completed | Passed:
    rule = read_rule(value, path)
    if isinstance(rule, AllOf):
        raise FieldError(path, "must not be a list of conditions again")
    return rule


def _passed(fields: Fields, path: str) -> Passed:
    rule = Passed(
        activity=fields.optional_text("activity", MAX_NAME),
        percent=fields.optional("percent", _percent),
        grades=fields.many("grades", text(MAX_NAME)),
        grade_alone=fields.optional("gradeAlone", _flag) or False,
    )
    if rule.grade_alone and rule.percent is None and not rule.grades:
        raise FieldError(path, "needs percent or grades where the grade alone decides")
    return rule


def _percent(value: Any, path: str) -> Decimal:
    found = read.number(value, path)
    if not 0 <= found <= 100:
        raise FieldError(path, "must be between 0 and 100")
    return found


def _flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise FieldError(path, "must be true or false")
    return value
