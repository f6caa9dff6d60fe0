"""The verifier's settings, read once at the start from environment variables with the prefix `MICROCRED_`.

A value that cannot be used stops the start with one sentence. An unset variable means the default shown in
`SETTINGS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openbadge.errors import InvalidError
from verifier.fetch.guarded import DEADLINE_SECONDS
from verifier.policy import Policy
from verifier.trust import TrustList

PREFIX: Final = "MICROCRED_"
MAX_FILE: Final = 1024 * 1024
"""Bytes of a settings file."""


class SettingsError(Exception):
    """A setting cannot be used; the message is one sentence that names the variable and what to do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name after the prefix, what it means, its default as text, and how its value is read."""

    name: str
    meaning: str
    default: str
    read: Callable[[str, str], Any]


@dataclass(frozen=True, slots=True)
class VerifierSettings:
    """What the operator chose: whom to believe, what to demand, how long to wait for others (seconds).

    `vc_api` says whether the endpoints of the VC-API and the DID resolver are there at all, `vc_api_binds` whether
    they demand that a key belongs to the issuer. The public verifier always does.
    """

    trust: TrustList
    policy: Policy
    fetch_seconds: float
    vc_api: bool = False
    vc_api_binds: bool = True

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> VerifierSettings:
        """Return the settings in `environ`; raises `SettingsError`."""
        values = {setting.name: _value(setting, environ) for setting in SETTINGS}
        return cls(
            trust=values["TRUST_LIST"],
            policy=values["POLICY"],
            fetch_seconds=values["FETCH_SECONDS"],
            vc_api=values["VC_API"] == "on",
            vc_api_binds=values["VC_API_BINDING"] == "issuer",
        )

    @classmethod
    def from_environment(cls) -> VerifierSettings:
        """Return the settings of this process; raises `SettingsError`."""
        return cls.read(os.environ)


def trust_file(name: str, path: str) -> TrustList:
    """Return the trust list in the file `path` (none if the path is empty); `name` is for the sentence."""
    return TrustList.load(_file(name, path)) if path else TrustList({})


def policy_file(name: str, path: str) -> Policy:
    """Return the policy in the file `path` (no demands if the path is empty); `name` is for the sentence."""
    return Policy.load(_file(name, path)) if path else Policy()


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 60:
        raise SettingsError(f"{name} must be a number of seconds between 0.1 and 60, not {text!r}.")
    return seconds


def _one_of(*words: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text not in words:
            raise SettingsError(f"{name} must be {' or '.join(words)}, not {text!r}.")
        return text

    return read


SETTINGS: Final = (
    Setting("TRUST_LIST", "JSON file of the issuers that this verifier vouches for", "", trust_file),
    Setting("POLICY", "JSON file of demands beyond the standards", "", policy_file),
    Setting(
        "FETCH_SECONDS",
        "longest wait for an issuer's key document or status list, in seconds",
        f"{DEADLINE_SECONDS:g}",
        _seconds,
    ),
    Setting("VC_API", "on: the VC-API and the DID resolver are there; off: they are not", "off", _one_of("off", "on")),
    Setting(
        "VC_API_BINDING",
        "issuer: the VC-API demands that the key belongs to the issuer; proof-only: it does not, for conformance tests",
        "issuer",
        _one_of("issuer", "proof-only"),
    ),
)
"""Every setting, in the order of the README's table."""


def _value(setting: Setting, environ: Mapping[str, str]) -> Any:
    name = PREFIX + setting.name
    try:
        return setting.read(name, environ.get(name, setting.default))
    except InvalidError as error:
        raise SettingsError(f"{name}: {error.detail}") from None


def _file(name: str, path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_FILE + 1)
    except (OSError, ValueError):
        raise SettingsError(f"{name} names a file that cannot be read: {path}.") from None
