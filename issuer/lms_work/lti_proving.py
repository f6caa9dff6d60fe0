"""Proving a connection to an LTI platform: does it know this tool, and can the rules of its courses be met by it?"""

from __future__ import annotations

from urllib.parse import urlsplit

from issuer.addresses import is_loopback
from issuer.errors import IssuerError
from issuer.lms import lti, lti_api, lti_services, rules
from issuer.lms.rules import Passed, Rule
from issuer.lms_work import lti_scores
from issuer.lms_work.connections import Opened
from issuer.lms_work.items import Bound
from issuer.lms_work.lti_claim import needs_grade
from issuer.lms_work.platforms import Platforms


def prove(platforms: Platforms, opened: Opened) -> list[tuple[bool, str]]:
    """Ask for access tokens for what is needed, and look at the rules; return what was found."""
    bindings = [item for item in platforms.bindings.every() if item.connection_id == opened.record.id]
    bound = [Bound.of(item).binding.rule for item in bindings]
    found = [_address(platforms.service.addresses.base_url)]
    if not bound or any(needs_grade(rule) for rule in bound):
        found.append(_access(platforms, opened, lti_api.RESULTS, "lets it read grades"))
    if opened.connection.options.get(lti_scores.OPTION) == lti_scores.WRITE:
        found.append(_access(platforms, opened, lti_services.COLUMNS, "lets it make columns"))
        found.append(_access(platforms, opened, lti_services.SCORES, "lets it write scores"))
    if opened.connection.options.get("counts") != lti.BY_LAUNCH:
        out_of_reach = sum(_needs_completion(rule) for rule in bound)
        found += [(False, _OUT_OF_REACH.format(out_of_reach))] if out_of_reach else []
    return found


def _address(base_url: str) -> tuple[bool, str]:
    """Say where the platform sends browsers: a page in a frame of another site keeps its cookie by https only."""
    if is_loopback(urlsplit(base_url).hostname):
        return True, f"Browsers are sent to {base_url}, which only this machine reaches."
    return base_url.startswith("https://"), f"Browsers are sent to {base_url}; it has to be an https address."


def _access(platforms: Platforms, opened: Opened, scope: str, what: str) -> tuple[bool, str]:
    try:
        platforms.tool.token(opened, scope, fresh=True)
    except IssuerError as error:
        return False, error.detail
    return True, f"The platform knows this tool by its key, and {what}."


def _needs_completion(rule: Rule) -> bool:
    """Whether a rule waits for a completion, of which LTI says nothing."""
    return any(not (isinstance(part, Passed) and part.grade_alone) for part in rules.parts_of(rule))


_OUT_OF_REACH = (
    "{} courses are bound by rules that ask for completion, of which LTI says nothing: another connection has to report"
    " it, or bind with --grade-alone, or set counts=launch."
)
