"""The library of an HSM in this process: the line to it, sessions with its tokens, and what its errors mean.

A library is loaded and initialised once per process (PKCS #11 section 5.4), and a session is for one thread. After a
device was away everything is opened anew, once, by the next call: whoever needs a signature decides how often to try.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from issuer.errors import KeyStoreError, KeyUnreachableError, PassphraseError
from issuer.keys_line import Line
from issuer.keys_lock import SecretProvider

if TYPE_CHECKING:
    import pkcs11

R = TypeVar("R")

_AWAY: Final = (
    "DeviceError", "DeviceMemory", "DeviceRemoved", "FunctionFailed", "GeneralError", "HostMemory", "KeyHandleInvalid",
    "NoSuchToken", "ObjectHandleInvalid", "OperationActive", "PKCS11Error", "SessionClosed", "SessionHandleInvalid",
    "SlotIDInvalid", "TokenNotPresent", "TokenNotRecognised", "UserNotLoggedIn",
)  # fmt: skip
"""Errors after which everything is opened anew: the device was pulled out, reset, or is not itself."""
_REFUSED: Final = ("PinIncorrect", "PinInvalid", "PinLenRange", "PinExpired", "PinLocked", "UserPinNotInitialized")
"""Errors about the PIN. They are not tried again with the same PIN: after a few of them a token locks itself."""


class KeyMissingError(KeyStoreError):
    """The token does not have the key."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: the path of the device's library, the token's label, and what gives its PIN."""

    module: Path
    label: str
    pin: SecretProvider = field(repr=False)


class Device:
    """The library of a device, which this process has loaded once; a session with each token that is in use.

    `generation` counts how often everything was opened: what was opened before is of no use any more.
    """

    def __init__(self, module: Path, seconds: float) -> None:
        self._module = module
        self.line = Line(f"The HSM ({module.name})", seconds)
        self.generation = 1
        self._sessions: dict[str, pkcs11.Session] = {}
        self._is_broken = False
        self._refused: dict[str, bytes] = {}

    def call(self, token: Token, work: Callable[[Any], R]) -> R:
        """Do `work` with the session of a token, on the line.

        Raises `KeyUnreachableError` when the device is away, `PassphraseError` for the PIN, and `KeyStoreError` for
        anything else that it refuses.
        """
        pin = token.pin()
        return self.line.call(lambda: self._explained(lambda: work(self._session(token.label, pin)), token, pin))

    def _explained(self, work: Callable[[], R], token: Token, pin: bytes) -> R:
        errors = library().exceptions
        was_open = token.label in self._sessions
        try:
            return work()
        except KeyMissingError:
            if not was_open:
                raise
            self._forget()  # in an old session that can mean that the token was taken out meanwhile
            raise KeyUnreachableError(f"The token “{token.label}” has lost its keys. Is it there?") from None
        except errors.PKCS11Error as error:
            name = type(error).__name__
            if name in _REFUSED:
                self._refused[token.label] = pin
                raise PassphraseError(f"The token “{token.label}” refuses the PIN ({name}). {_PIN_REMEDY}") from None
            if name not in _AWAY:
                raise KeyStoreError(f"The HSM refuses this ({name}).") from None
            self._forget()
            raise KeyUnreachableError(f"The token “{token.label}” cannot be used ({name}). Is it there?") from None

    def _session(self, label: str, pin: bytes) -> Any:
        if self._refused.get(label) == pin:
            raise PassphraseError(f"The token “{label}” has refused this PIN, and is not asked again. {_PIN_REMEDY}")
        if label not in self._sessions:
            token = self._loaded().get_token(token_label=label)
            self._sessions[label] = token.open(rw=True, user_pin=pin.decode())
        return self._sessions[label]

    def _loaded(self) -> Any:
        package = library()
        try:
            loaded = package.lib(str(self._module))
        except RuntimeError as error:
            if type(error).__name__ in _AWAY and not str(error):
                raise
            raise KeyStoreError(f"The library of the HSM, {self._module}, cannot be loaded: {error}.") from None
        if self._is_broken:
            loaded.reinitialize()
            self._is_broken = False
        return loaded

    def _forget(self) -> None:
        self._sessions.clear()
        self._is_broken = True
        self.generation += 1


_PIN_REMEDY: Final = "Check MICROCRED_PKCS11_PIN or the file that MICROCRED_PKCS11_PIN_FILE names, and start again."
_DEVICES: Final[dict[Path, Device]] = {}
_DEVICES_LOCK: Final = threading.Lock()


def device(module: Path, seconds: float) -> Device:
    """Return the device that this process reaches through a library; `seconds` is how long one call may take."""
    with _DEVICES_LOCK:
        return _DEVICES.setdefault(module, Device(module, seconds))


def library() -> Any:
    """Return the package `pkcs11`. Raises `KeyStoreError` when it is not installed."""
    try:
        import pkcs11
    except ImportError:
        raise KeyStoreError("Keys in an HSM need the package python-pkcs11: `pip install 'microcred[hsm]'`.") from None
    return pkcs11
