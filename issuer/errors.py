"""What can be wrong on the issuing side, in one tree.

    IssuerError
    ├── FieldError            one field of what was sent is wrong; `.path` names it
    ├── NotFoundError         nothing has that name here
    ├── ConflictError         it contradicts what is already stored
    ├── StateError            not allowed in the state that the thing is in
    ├── UnauthenticatedError  no token, or one that is not good
    ├── ForbiddenError        a good token without the right to do this
    ├── KeyStoreError         a signing key cannot be made, read or used; trying again helps if it is away only
    ├── ClockError            the clock is behind what was signed before; nothing is signed until it is right
    ├── BusyError             the database had no time for this; trying again helps
    ├── UnreachableError      the database server is away or the line to it is broken; trying again helps
    ├── StorageError          the database's file or disk refuses; somebody has to look after the machine
    ├── SettingsError         the service cannot start like this
    └── IntegrityError        stored data is not what was written

Each carries `.detail`, one plain sentence for the person who reads it, and `.code` and `.title` of its class.
Which HTTP status or exit code belongs to each is the business of the edge.
"""

from __future__ import annotations

from typing import ClassVar


class IssuerError(Exception):
    """Base of all errors of the issuer. `detail` says what is wrong and what to do."""

    code: ClassVar[str] = "ISSUER_ERROR"
    title: ClassVar[str] = "The issuer could not do this"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class FieldError(IssuerError):
    """One field is wrong. `path` is its place, such as `outcomes[0].text`; empty for the whole document."""

    code = "FIELD_ERROR"
    title = "A field is wrong"

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class NotFoundError(IssuerError):
    """Nothing has that name here: it is missing or another institution's; we do not say which."""

    code = "NOT_FOUND"
    title = "This does not exist here"


class ConflictError(IssuerError):
    """What was sent contradicts what is already stored under the same name."""

    code = "CONFLICT"
    title = "This contradicts what is already stored"


class StateError(IssuerError):
    """The thing is in a state in which this is not allowed."""

    code = "STATE_ERROR"
    title = "This is not allowed now"


class UnauthenticatedError(IssuerError):
    """There is no access token, or it is unknown, expired or revoked."""

    code = "UNAUTHENTICATED"
    title = "A valid access token is needed"


class ForbiddenError(IssuerError):
    """The access token is good, but does not allow this."""

    code = "FORBIDDEN"
    title = "The access token does not allow this"


class KeyStoreError(IssuerError):
    """A signing key cannot be made, read or used."""

    code = "KEY_STORE_ERROR"
    title = "The signing key cannot be used"


class NoActiveKeyError(KeyStoreError):
    """No key is active for this issuer, so nothing can be signed."""

    code = "NO_ACTIVE_KEY"
    title = "There is no active signing key"


class KeyUnreachableError(KeyStoreError):
    """The device or service that has the signing key is away or does not answer; trying again helps."""

    code = "KEY_UNREACHABLE"
    title = "The signing key cannot be reached"


class PassphraseError(KeyStoreError):
    """What opens the keys is missing or wrong: a passphrase, a key-encryption key, the PIN of a device."""

    code = "PASSPHRASE_ERROR"
    title = "The key passphrase is missing or wrong"


class ClockError(IssuerError):
    """The clock of the machine is behind what was signed before, so nothing is signed."""

    code = "CLOCK_BEHIND"
    title = "The clock of the service is wrong"


class BusyError(IssuerError):
    """The database had no time for this; nothing was changed and trying again helps."""

    code = "BUSY"
    title = "The service is busy"


class UnreachableError(IssuerError):
    """The database server is away, restarting, or takes no more connections; trying again helps.

    `reason` is what the server or the network said, for the operator only: it may name hosts and users.
    """

    code = "DATABASE_UNREACHABLE"
    title = "The database cannot be reached"

    def __init__(self, detail: str, reason: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


class StorageError(IssuerError):
    """The database's file or disk refuses: full, not writable, damaged. What was begun is undone."""

    code = "STORAGE_ERROR"
    title = "The data cannot be stored or read"


class SettingsError(IssuerError):
    """A setting has a value with which the service must not start."""

    code = "SETTINGS_ERROR"
    title = "A setting is wrong"


class IntegrityError(IssuerError):
    """Stored data is not what was written, or not what this version of the service expects."""

    code = "INTEGRITY_ERROR"
    title = "Stored data is not as expected"
