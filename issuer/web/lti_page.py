"""The pages of a launch: the badge of a course for whoever opened the link, and why a link leads nowhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment

from issuer.deliver.page import achievement_view
from issuer.lms import lti_api
from issuer.lms_work.connections import Opened
from issuer.lms_work.lti import site_of
from issuer.lms_work.lti_choice import Choice, Offer
from issuer.lms_work.lti_claim import Claim, Standing
from issuer.web.pages import HERE, Institution

_LOOKS: Final[Mapping[Standing, tuple[str, str]]] = MappingProxyType(
    {
        Standing.EARNED: ("good", "You have this badge"),
        Standing.ENDED: ("unsure", "You had this badge"),
        Standing.MISSING: ("unsure", "Not yet"),
        Standing.HELD: ("open", "On its way"),
        Standing.UNBOUND: ("unsure", "No badge here"),
        Standing.TEACHER: ("open", "For learners of this course"),
        Standing.STRANGER: ("unsure", "For learners only"),
    }
)
"""Tone and heading by what somebody finds."""
_POLICY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "default-src": "'none'",
        "img-src": "'self'",
        "style-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
    }
)
"""What every page may do (CSP 3); some may do one thing more."""


class LtiPage:
    """Draws the pages, which may stand inside of those of the platform and of nobody else.

    Browsers that know `frame-ancestors` follow it and not `X-Frame-Options` (CSP 3 section 6.4.2.2).
    """

    def __init__(self, templates: Callable[[Path], Environment], institution: Institution) -> None:
        self._environment = templates(HERE / "templates")
        self.institution = institution

    def claim(self, claim: Claim, opened: Opened) -> Response:
        """Return the page for somebody who was let in."""
        tone, word = _LOOKS[claim.standing]
        achievement = None if claim.achievement is None else achievement_view(claim.achievement, {})
        picture = None if achievement is None else f"{urlsplit(achievement['id']).path}/image.png"
        link = None if claim.credential is None else urlsplit(claim.credential).path
        values = {
            "claim": claim,
            "tone": tone,
            "word": word,
            "achievement": achievement,
            "picture": picture,
            "link": link,
        }
        status = 403 if claim.standing is Standing.STRANGER else 200
        return self._page("claim.html", status, [site_of(opened.record.options, opened.record.namespace)], values)

    def refusal(self, problem: Mapping[str, Any], origins: Collection[str]) -> Response:
        """Return the page that says a problem document to a person; it may stand in the pages of `origins`."""
        return self._page("claim_refused.html", problem["status"], origins, {"problem": problem})

    def choice(self, choice: Choice, opened: Opened) -> Response:
        """Return the page on which a teacher chooses what to place; each form goes back to the platform itself."""
        site = site_of(opened.record.options, opened.record.namespace)
        values = {"choice": choice, "offers": [_offer(one) for one in choice.offers]}
        return self._page("choose.html", 200, [site], values, {"form-action": lti_api.origin(choice.return_url)})

    def registered(self, opened: Opened) -> Response:
        """Return the page that tells the platform around it to close it (Dynamic Registration 1.0 section 3.6)."""
        site = site_of(opened.record.options, opened.record.namespace)
        values = {"site": site, "name": opened.record.name}
        return self._page("registered.html", 200, [site], values, {"script-src": "'self'"})

    def _page(
        self,
        template: str,
        status: int,
        origins: Collection[str],
        values: Mapping[str, Any],
        may: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        """Draw a page that may stand in pages of `origins`, and `may` do what others may not."""
        text = self._environment.get_template(template).render(institution=self.institution, **values)
        around = " ".join(one for one in origins if one) or "'none'"
        policy = "; ".join(f"{name} {value}" for name, value in {**_POLICY, **may, "frame-ancestors": around}.items())
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy}
        return HTMLResponse(text, status, headers=headers)


def _offer(offer: Offer) -> dict[str, Any]:
    view = achievement_view(offer.achievement, {})
    picture = f"{urlsplit(view['id']).path}/image.png"
    return {"view": view, "picture": picture, "asks_for": offer.asks_for, "token": offer.token}
