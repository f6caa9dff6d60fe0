"""Templates, static files and the parts that all pages share.

The issuer's pages are drawn with the same environment; `templates(folder)` adds their folder to it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from verifier.web import markdown

_HERE: Final = Path(__file__).parent
STATIC_PATH: Final = "/static"
"""Where `static_files()` is mounted in every app that shows pages."""

_HIDDEN: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f]"
)
"""Control and direction characters, with which a text can look like another one (Unicode TR 36 section 2.5)."""
_NO_LINK: Final = re.compile(rf"[\s\\]|{_HIDDEN.pattern}")
"""What no address has: white space, and the backslash, which browsers read as a slash."""
MAX_LINK: Final = 2048
"""Characters of an address: what every browser and server takes."""
MAX_SHOWN: Final = 20_000
"""Characters of one text on a page: ten printed pages."""


def visible(text: object) -> str:
    """Return `text` with every character that hides or reorders others made visible as U+FFFD; "" if not a
    text.
    """
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text[:MAX_SHOWN]) if isinstance(text, str) else ""


def https_link(url: object) -> str | None:
    """Return `url` if a page may link to it: an absolute https URL without user part and spaces; None otherwise."""
    if not isinstance(url, str) or len(url) > MAX_LINK or not url.startswith("https://") or _NO_LINK.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.hostname and "@" not in parts.netloc else None


def day(timestamp: object) -> str:
    """Return an RFC 3339 time as `31 March 2026`, in the time zone in which it was written; other texts unchanged."""
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?", timestamp) if isinstance(timestamp, str) else None
    if match is None or not 1 <= int(match[2]) <= len(_MONTHS):
        return visible(timestamp)
    return f"{int(match[3])} {_MONTHS[int(match[2]) - 1]} {match[1]}"


def moment(timestamp: object) -> str:
    """Return an RFC 3339 time in UTC as `31 March 2026, 10:00 UTC`; other texts unchanged."""
    match = re.search(r"T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?Z$", timestamp) if isinstance(timestamp, str) else None
    return f"{day(timestamp)}, {match[1]} UTC" if match else visible(timestamp)


def dates(sentence: str) -> str:
    """Return `sentence` with each RFC 3339 time in UTC written for people."""
    return _TIME.sub(lambda match: moment(match[0]), sentence)


_TIME: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@cache
def templates(*folders: Path) -> Environment:
    """Return the Jinja2 environment with `folders` searched before the shared templates; everything is escaped."""
    environment = Environment(
        loader=FileSystemLoader([*folders, _HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "https_link": https_link, "day": day, "moment": moment, "dates": dates}
    environment.filters["markdown"] = markdown.render
    environment.globals["static"] = STATIC_PATH
    return environment


def page(template: str, *, status: int = 200, environment: Environment | None = None, **values: Any) -> HTMLResponse:
    """Return the page drawn from `template`; never stored by caches, because it may show what a caller sent."""
    text = (environment or templates()).get_template(template).render(**values)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def static_files() -> StaticFiles:
    """Return the app that serves the shared style sheets, script and pictures."""
    return StaticFiles(directory=_HERE / "static")
