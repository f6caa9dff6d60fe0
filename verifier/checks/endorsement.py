"""Embedded endorsements: each is a credential of its own, checked with the same steps and reported separately.

They stand in `endorsement` as documents and in `endorsementJwt` as tokens: on the credential, its issuer, its
achievement, or the achievement's creator. An endorsement never makes a credential better or worse (Open Badges 3.0,
section 8.3): the credential is judged alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openbadge import normal_form, schema, vocabulary
from openbadge.credential import Badge
from openbadge.errors import InvalidError, UnavailableError
from openbadge.proof import vc_jwt
from verifier.checks import signature
from verifier.checks.document import check_period
from verifier.checks.status import check_entries
from verifier.material import Material, endorsements, issuer_id, read_endorsement
from verifier.parse import Presented
from verifier.question import Question


def count(presented: Presented) -> int:
    """Return how many endorsements there are to check; `limits` has refused a credential with too many."""
    return len(endorsements(presented.document))


def endorsement(number: int, presented: Presented, material: Material, question: Question) -> str:
    """The endorsement with this `number` (from 0) is genuine, current, and about this credential.

    Raises `InvalidError` ENDORSEMENT_INVALID, or the `UnavailableError` that stood in the way.
    """
    part = endorsements(presented.document)[number]
    name = f"Endorsement {number + 1} of {count(presented)}"
    try:
        document, token = read_endorsement(part)
        return f"{name}: {_check(document, token, presented.document, material, question)}"
    except InvalidError as error:
        raise InvalidError("ENDORSEMENT_INVALID", f"{name}: {error.detail}") from error
    except UnavailableError as error:
        raise UnavailableError(error.code, f"{name}: {error.detail}") from error


def _check(
    document: Mapping[str, Any],
    token: vc_jwt.Token | None,
    endorsed: Mapping[str, Any],
    material: Material,
    question: Question,
) -> str:
    normal_form.check(document)
    schema.check_endorsement_credential(document)
    subject = _subject(document, endorsed)
    if token is not None:
        vc_jwt.check_claims(token)
    signature.verify_all(document, token, material, question)
    check_period(document, question.now)
    check_entries(document, material, question)
    issuer = issuer_id(document)
    vouched = question.trust.vouches(issuer)
    known = f"known as {vouched}" if vouched else "whom no trust source knows"
    return f"{issuer} ({known}) endorses {subject}."


def _subject(document: Mapping[str, Any], endorsed: Mapping[str, Any]) -> str:
    """Return what is endorsed, in words: the credential, its issuer, its achievement or the creator, told by `id`."""
    types = document.get("type")
    if vocabulary.ENDORSEMENT_TYPE not in (types if isinstance(types, list) else [types]):
        raise InvalidError("ENDORSEMENT_INVALID", "it is not an endorsement.")
    badge = Badge.read(endorsed)
    subject = document.get("credentialSubject")
    about = subject.get("id") if isinstance(subject, dict) else None
    creator = badge.achievement.get("creator")
    things = {
        creator.get("id") if isinstance(creator, dict) else creator: "the creator of its achievement",
        badge.id: "this credential",
        badge.issuer.id: "its issuer",
        badge.achievement.get("id"): "its achievement",
    }
    if not isinstance(about, str) or about not in things:
        raise InvalidError("ENDORSEMENT_INVALID", "it is about something else.")
    return things[about]
