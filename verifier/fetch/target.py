"""Reads an address that a stranger chose, and refuses every spelling on which two readers could disagree.

Only one shape passes: `https`, a DNS name, port 443, a path, perhaps a query (RFC 3986, section 3).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from openbadge.errors import UnavailableError

MAX_URL: Final = 2048
"""Characters of an address: what browsers and servers carry without trouble."""
MAX_HOST: Final = 253
"""Characters of a host name (RFC 1035, section 2.3.4, without the length bytes)."""

_URL: Final = re.compile(
    r"https://(?P<host>[^\x00-\x20\x7f/?#:@\\%\[\]<>\"'|^`{}]+)(?::443)?"
    r"(?P<path>(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)*)"
    r"(?P<query>(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?)"
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DISGUISED: Final = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)|%2f|%5c", re.IGNORECASE)
_LOCAL_NAMES: Final = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "arpa", "onion")
"""Last labels that never name a public host: RFC 6761, RFC 6762, RFC 8375, RFC 7686, and common private ones.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: the ASCII `host` name in lower case, and the `path` with its query as the request
    names it.
    """

    host: str
    path: str


def read_target(url: str, own: Collection[str] = ()) -> Target:
    """Return where `url` points, or raise `UnavailableError` FETCH_BLOCKED.

    `own` are hosts, as `Target.host` names them, that the operator knows: they may end in a local name.
    """
    match = _URL.fullmatch(url) if len(url) <= MAX_URL else None
    if match is None:
        raise blocked("it must be https, name a host, use port 443 and hold no user name, fragment or odd character")
    path = match["path"] or "/"
    if _DISGUISED.search(path):
        raise blocked("its path holds a hidden separator or a step upwards")
    host = _ascii_host(match["host"])
    if host not in own and host.rpartition(".")[2] in _LOCAL_NAMES:
        raise blocked("its host is not a public DNS name")
    return Target(host, path + match["query"])


def blocked(reason: str) -> UnavailableError:
    """Return the error for an address that we do not ask, whatever it would answer."""
    return UnavailableError("FETCH_BLOCKED", f"The address may not be fetched: {reason}.")


def _ascii_host(host: str) -> str:
    """Return `host` in the form that DNS knows (IDNA), so that the checks see what the resolver will see.

    `①②⑦.0.0.1` becomes `127.0.0.1` here, and is then refused as a number.
    """
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise blocked("its host name cannot be written in DNS") from None
    labels = name.split(".")
    if len(name) > MAX_HOST or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise blocked("its host is not a full DNS name")
    if _NUMBER.fullmatch(labels[-1]):
        raise blocked("its host is not a public DNS name")
    return name
