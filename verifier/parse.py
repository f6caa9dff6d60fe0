"""From bytes to a document: which form was presented, and what is in it. Nothing in it is believed yet.

The form is told by the content, never by a file name or a media type, since both come from the sender.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from openbadge import strict_json
from openbadge.baking import png, svg
from openbadge.credential import Badge
from openbadge.errors import InvalidError, UnavailableError
from openbadge.proof import vc_jwt
from openbadge.vocabulary import CREDENTIALS_V1

MAX_INPUT: Final = 4 * 1024 * 1024
"""Bytes of the whole input, 4 MiB: a large picture. The text inside has the smaller limit of `strict_json`."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SVG: Final = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*\x00?<")
_TOKEN: Final = re.compile(rb"\s*e[wy]")
"""Base64url of `{` with what may follow it in JSON; no JSON document starts like that."""

_OTHER_FILES: Mapping[bytes, str] = MappingProxyType(
    {
        b"%PDF": "a PDF file",
        b"\xff\xd8\xff": "a JPEG picture, which cannot carry a badge",
        b"GIF8": "a GIF picture, which cannot carry a badge",
        b"RIFF": "a WebP or sound file",
        b"\x1f\x8b": "compressed with gzip",
        b"PK\x03\x04": "a ZIP archive",
    }
)
_OTHER_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "EnvelopedVerifiableCredential": "an enveloped credential; send the credential inside it",
        "VerifiablePresentation": "a presentation; send the credential inside it",
        "EnvelopedVerifiablePresentation": "a presentation; send the credential inside it",
        "ClrCredential": "a learner record; send one badge of it",
        "BitstringStatusListCredential": "a status list, not a badge",
        "StatusList2021Credential": "a status list, not a badge",
        "Assertion": "a badge of the older Open Badges 2.0",
    }
)
_HOLDERS: Final = (dict, list)
OLDER_FORM: Final = (
    "This is a credential of the older VC Data Model 1.1, a form that is not supported here; "
    "nothing is said about whether it is genuine."
)


@dataclass(frozen=True, slots=True)
class Presented:
    """What was presented.

    `form` is `json`, `jwt`, `png` or `svg`; `document` is the credential (of a token: its payload without the
    registered claims), read-only; `token` is None unless the credential is a VC-JWT; `text` is the credential as it
    stood in the file. What several checks need is worked out once.
    """

    form: str
    document: Mapping[str, Any]
    token: vc_jwt.Token | None
    text: str
    _badges: list[Badge] = field(default_factory=list, init=False, repr=False, compare=False)
    _members: list[tuple[str, Any]] = field(default_factory=list, init=False, repr=False, compare=False)

    def badge(self) -> Badge:
        """Return the document as a badge. It must be in normal form; errors as for `Badge.read`."""
        if not self._badges:
            self._badges.append(Badge.read(self.document))
        return self._badges[0]

    def members(self) -> list[tuple[str, Any]]:
        """Return the members of all objects at any depth, contexts left out."""
        if not self._members:
            stack: list[Any] = [self.document]
            while stack:
                item = stack.pop()
                if isinstance(item, dict):
                    parts = [pair for pair in item.items() if pair[0] != "@context"]
                    self._members.extend(parts)
                    stack.extend([part for _, part in parts if isinstance(part, _HOLDERS)])
                else:
                    stack.extend([part for part in item if isinstance(part, _HOLDERS)])
        return self._members


def parse(data: bytes) -> Presented:
    """Read a credential from the bytes of a JSON document, a compact token, or a PNG or SVG picture.

    Raises `InvalidError`: LIMIT_EXCEEDED, PARSING_ERROR, UNSUPPORTED_FORMAT, MULTIPLE_CREDENTIALS, and the codes of
    `strict_json.loads` and `vc_jwt.read`. Raises `UnavailableError` UNSUPPORTED_FORMAT for a badge of VC Data Model
    1.1: it may be as good as any, but we have no copy of the vocabulary that it needs.
    """
    if len(data) > MAX_INPUT:
        raise InvalidError("LIMIT_EXCEEDED", f"The file has {len(data):,} bytes; the limit is {MAX_INPUT:,}.")
    kind = next((kind for magic, kind in _OTHER_FILES.items() if data.startswith(magic)), None)
    if kind is not None:
        raise InvalidError("UNSUPPORTED_FORMAT", f"The file is {kind}; send JSON, a token, or a PNG or SVG badge.")
    for form, pattern, extract in _PICTURES:
        if pattern.match(data):
            text = extract(data)
            return Presented(form, *read(text.encode("utf-8")), text)
    document, token = read(data)
    return Presented("json" if token is None else "jwt", document, token, data.decode("utf-8"))


def read(data: bytes) -> tuple[Mapping[str, Any], vc_jwt.Token | None]:
    """Read a credential that is JSON, or a compact token with at most one line end after it; errors as for `parse`."""
    if not _TOKEN.match(data):
        document: Mapping[str, Any] = strict_json.loads(data)
        _refuse_other_types(document)
        return document, None
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise InvalidError("PARSING_ERROR", "The token holds characters that no token has.") from None
    if "~" in text:
        raise InvalidError("UNSUPPORTED_FORMAT", "Tokens with selective disclosure (SD-JWT) are not supported.")
    token = read_token(text.removesuffix("\n").removesuffix("\r"))
    _refuse_other_types(token.credential)
    return token.credential, token


def read_token(text: str) -> vc_jwt.Token:
    """Read a compact token whose payload is the credential itself; errors as for `parse`."""
    token = vc_jwt.read(text)
    if "vc" in token.payload:
        _refuse_wrapped(token.payload["vc"])
    return token


def _refuse_wrapped(inner: Any) -> None:
    """Refuse a credential in the claim `vc`, the form of VC Data Model 1.1."""
    if not isinstance(inner, dict) or "@context" not in inner:
        raise InvalidError("PARSING_ERROR", "The token holds no credential: its vc claim has no @context.")
    _refuse_other_types(inner)
    raise InvalidError(
        "UNSUPPORTED_FORMAT", "A credential of VC Data Model 2.0 has no place in the claim vc of a token."
    )


def _refuse_other_types(document: Mapping[str, Any]) -> None:
    if "@context" not in document and "type" not in document:
        raise InvalidError(
            "PARSING_ERROR", "It is a JSON document, but not a credential: it says of no type what it is."
        )
    if _list(document.get("@context"))[:1] == [CREDENTIALS_V1]:
        raise UnavailableError("UNSUPPORTED_FORMAT", OLDER_FORM)
    for name in _list(document.get("type")):
        if isinstance(name, str) and name in _OTHER_TYPES:
            raise InvalidError("UNSUPPORTED_FORMAT", f"The document is {_OTHER_TYPES[name]}.")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_PICTURES: Final[tuple[tuple[str, re.Pattern[bytes], Callable[[bytes], str]], ...]] = (
    ("png", re.compile(re.escape(_PNG)), png.extract),
    ("svg", _SVG, svg.extract),
)
"""The picture forms: how each starts, and who takes the credential out of it."""
