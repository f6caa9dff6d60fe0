"""The names and values that may stand in a badge, and which vocabularies: the rules that `normal_form` enforces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from openbadge import canon, contexts
from openbadge.canon import Loader
from openbadge.plain import Expander
from openbadge.plain_model import Rules
from openbadge.vocabulary import (
    CLR_CONTEXT,
    CREDENTIALS_V1,
    CREDENTIALS_V2,
    DATA_INTEGRITY_V2,
    OB_CONTEXTS,
    OB_EXTENSIONS,
)

ED25519_2020: Final = "https://w3id.org/security/suites/ed25519-2020/v1"
STATUS_LIST_2021: Final = "https://w3id.org/vc/status-list/2021/v1"
EXTRA_CONTEXTS: Final = frozenset({OB_EXTENSIONS, CLR_CONTEXT, DATA_INTEGRITY_V2, ED25519_2020, STATUS_LIST_2021})
"""Vocabularies that may follow the two of a badge, each once; none of them renames a term of those two."""

MULTIPLE: Final = frozenset(
    "@context achievement alignment allowedValue association credentialSchema credentialStatus credentialSubject "
    "endorsement endorsementJwt evidence identifier otherIdentifier previousProof proof related relatedResource "
    "result resultDescription rubricCriterionLevel statusMessage statusPurpose tag termsOfUse type "
    "verifiableCredential".split()
)
"""Members that may hold several values (Open Badges 3.0 appendix B, VC Data Model 2.0); any other holds one."""

UNSIGNED_TERMS: Final = frozenset({"jsonSchema", "_sd", "jwk", "Criteria"})
"""Names that the contexts give a second or opaque meaning: JSON literals, and the twin of `criteria`."""

OBJECTS: Final = frozenset({"criteria", "credentialStatus"})
"""Members that the contexts would let shrink to the text of their id, where a reader of objects overlooks them."""
BARE: Final = frozenset({"criteria"})
"""The one object that may be nothing but its id, though compaction makes a text of it."""
DATES: Final = frozenset("validFrom validUntil awardedDate created expires".split())
"""Members that hold one date, as a text."""
PLAIN_NAME: Final = re.compile(r"[^@:][^:]*")
_NUMERIC: Final = frozenset(
    "byte decimal double float int integer long negativeInteger nonNegativeInteger nonPositiveInteger positiveInteger "
    "short unsignedByte unsignedInt unsignedLong unsignedShort".split()
)


def badge_contexts(context: Any) -> bool:
    """Say whether `@context` is that of a badge: the VC 2.0 and an Open Badges context first, then known extras."""
    return (
        _known(context)
        and len(context) > 1
        and context[0] == CREDENTIALS_V2
        and context[1] in OB_CONTEXTS
        and EXTRA_CONTEXTS.issuperset(context[2:])
    )


def status_list_contexts(context: Any) -> bool:
    """Say whether `@context` is that of a status list credential, then known extras.

    It begins with the VC 2.0 context, or with those of VC 1.1 and StatusList2021, which VC 2.0 does not allow.
    """
    return (
        _known(context)
        and (context[0] == CREDENTIALS_V2 or context[:2] == [CREDENTIALS_V1, STATUS_LIST_2021])
        and EXTRA_CONTEXTS.issuperset(context[1:])
    )


def _known(context: Any) -> bool:
    return (
        isinstance(context, list)
        and bool(context)
        and all(isinstance(url, str) for url in context)
        and len(set(context)) == len(context)
    )


def fits(value: Any, datatype: str) -> bool:
    """Say whether a value is written as the kind that its datatype stands for: a number, a truth value, or a text."""
    base, _, kind = datatype.rpartition("#")
    if base.endswith("//www.w3.org/2001/XMLSchema") and kind == "boolean":
        return isinstance(value, bool)
    if base.endswith("//www.w3.org/2001/XMLSchema") and kind in _NUMERIC:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _own_context(name: str, context: Any) -> bool:
    return name == "endorsement" and badge_contexts(context)


def expand(document: Mapping[str, Any], load: Loader = contexts.document) -> list[Any]:
    """Return what `canon.expand` returns, and raise what it raises; quicker for a plain document."""
    plain = expander().expand(document) if load is contexts.document else None
    return canon.expand(document, load=load) if plain is None else [plain[0]]


@cache
def expander() -> Expander:
    """Return what expands badges, status lists and proofs that are plain (`openbadge.plain`) under these rules."""
    return canon.expander(
        Rules(MULTIPLE, UNSIGNED_TERMS, OBJECTS, DATES, BARE, PLAIN_NAME.fullmatch, fits, _own_context)
    )
