"""What a platform needs to know of this tool, as one JSON document (the form of Canvas, which others can read)."""

from __future__ import annotations

from typing import Any, Final

from issuer.lms import lti, lti_api, lti_services

SCOPES: Final = (lti_api.RESULTS, lti_services.COLUMNS, lti_services.SCORES, lti_services.MEMBERS)
"""The services of a platform that this tool uses; no other is ever asked for."""

CHOOSING: Final = ("assignment_selection", "link_selection")
"""Where Canvas lets teachers place a badge by a choice (Deep Linking)."""


def configuration(base_url: str, name: str) -> dict[str, Any]:
    """Return the configuration of the tool at `base_url` of the institution `name`.

    `privacy_level` is public, since only then Canvas sends student numbers and names.
    """
    launch = f"{base_url}/lti/launch"
    placement = {
        "placement": "course_navigation",
        "message_type": lti.LAUNCH,
        "target_link_uri": launch,
        "text": "Badges",
        "default": "disabled",
    }
    choosing = {"message_type": lti.DEEP_LINKING, "target_link_uri": launch, "text": "Badge"}
    return {
        "title": f"Badges of {name}",
        "description": "Shows learners the badge of a course, and issues it once they have earned it.",
        "oidc_initiation_url": f"{base_url}/lti/login",
        "target_link_uri": launch,
        "public_jwk_url": f"{base_url}/lti/jwks.json",
        "scopes": list(SCOPES),
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "privacy_level": "public",
                "settings": {"placements": [placement, *({"placement": where, **choosing} for where in CHOOSING)]},
            }
        ],
    }
