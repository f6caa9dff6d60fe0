"""What callers of the VC-API ask an issuer for: requests read strictly, so that no wish is dropped without a word.

VCALM 1.0 (W3C Credentials Community Group), sections "Issue Credential" and "Update Status".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbadge.errors import InvalidError

ISSUE_OPTIONS: Final = ("mandatoryPointers", "credentialId")
"""Options of an issue request that are acted on."""
STATUS_TYPES: Final = ("BitstringStatusListEntry", "BitstringStatusList")
"""Types of a status to update: that of the entry, and the one that VCALM's own example has."""
MAX_CREDENTIAL_ID: Final = 2_048
"""Characters of the id by which a caller knows a credential: the limit of an address."""


class UnknownOptionError(Exception):
    """An option that this service does not know: VCALM's UNKNOWN_OPTION_PROVIDED. `detail` names it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """A credential to issue: the JSON object, JSON pointers to what ecdsa-sd-2023 always shows, the caller's id."""

    credential: Mapping[str, Any]
    mandatory_pointers: tuple[str, ...] = ()
    credential_id: str | None = None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> IssueRequest:
        """Read `{"credential", "options"?: {"mandatoryPointers"?, "credentialId"?}}`.

        Raises `InvalidError` MALFORMED_VALUE_ERROR for a member of another form, `UnknownOptionError`.
        """
        options = _object(body.get("options", {}), "options")
        for name in sorted(options.keys() - set(ISSUE_OPTIONS)):
            raise UnknownOptionError(f"There is no option {name[:100]!r} of issuing here.")
        pointers = options.get("mandatoryPointers", [])
        if not isinstance(pointers, list) or not all(isinstance(item, str) for item in pointers):
            raise _malformed("options.mandatoryPointers must be a list of JSON pointers.")
        credential = _object(body.get("credential"), "credential")
        known_as = options.get("credentialId", credential.get("id"))
        return cls(credential, tuple(pointers), None if known_as is None else _identifier(known_as))


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A new status: the caller's id of the credential, the purpose, the value, and its entry if that is needed."""

    credential_id: str
    purpose: str
    value: bool
    list_url: str | None = None
    index: str | None = None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> StatusUpdate:
        """Read `{"credentialId", "credentialStatus": {"type", "statusPurpose", …}, "status": bool}`.

        `indexAllocator` is tolerated: which entry a credential has was decided when it was issued. Raises
        `InvalidError` MALFORMED_VALUE_ERROR.
        """
        entry = _object(body.get("credentialStatus"), "credentialStatus")
        if entry.get("type") not in STATUS_TYPES:
            raise _malformed(f"credentialStatus.type must be {STATUS_TYPES[0]}.")
        if not isinstance(body.get("status"), bool):
            raise _malformed("status must be true or false.")
        purpose = _text(entry, "statusPurpose")
        if purpose is None:
            raise _malformed("credentialStatus has no statusPurpose.")
        return cls(
            _identifier(body.get("credentialId")),
            purpose,
            body["status"],
            _text(entry, "statusListCredential"),
            _text(entry, "statusListIndex"),
        )


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(f"{name} is missing or not an object.")
    return value


def _text(item: Mapping[str, Any], name: str) -> str | None:
    value = item.get(name)
    if name in item and not isinstance(value, str):
        raise _malformed(f"credentialStatus.{name} must be a text.")
    return value


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CREDENTIAL_ID:
        raise _malformed(f"The id of the credential must be a text of 1 to {MAX_CREDENTIAL_ID:,} characters.")
    return value


def _malformed(detail: str) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", detail)
