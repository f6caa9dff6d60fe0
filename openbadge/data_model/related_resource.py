"""Related resources and their digests: VC Data Model 2.0, section 5.3 "Integrity of Related Resources".

A resource that we hold ourselves, which are the pinned contexts and schemas, is compared byte for byte. Of any other
only the form of its digest is checked, because nothing is fetched here; `unchecked` names those, so that it is said.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from openbadge import contexts, multibase
from openbadge.data_model import forms
from openbadge.data_model.model import Document, malformed
from openbadge.errors import InvalidError
from openbadge.vocabulary import CREDENTIALS_V2

NAME: Final = "relatedResource"
DIGEST_MEMBERS: Final = ("digestSRI", "digestMultibase")
MULTIHASHES: Final[Mapping[int, str]] = {0x12: "sha256", 0x20: "sha384", 0x13: "sha512"}
"""Hash functions by their code in the Multihash table."""
_SRI: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})")
_FORMER: Final[Mapping[tuple[str, str], str]] = {
    (CREDENTIALS_V2, "sha256"): "JKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k=",
    (CREDENTIALS_V2, "sha384"): "NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg",
}
"""Digests (base64) of a file as it was when credentials were already issued with it: the base context of July 2024.

Only compared, never processed: it gives `statusSize` another datatype than the final file.
"""

Digest = tuple[str, bytes]
"""A hash name of `hashlib`, and the digest."""


def identified(document: Document) -> None:
    """Accept objects that each have a URL as their id."""
    for item in forms.objects(document, NAME):
        forms.identifier(item, f"{NAME}.id", required=True)


def unique(document: Document) -> None:
    """Accept resources of which none is named twice."""
    names = [item["id"] for item in forms.objects(document, NAME)]
    if len(set(names)) != len(names):
        raise malformed(f"{NAME} names one resource twice.")


def digested(document: Document) -> None:
    """Accept resources that each have a digest, all of them in a form that can be read."""
    for item in forms.objects(document, NAME):
        if not list(_digests(item)):
            raise malformed(f"{NAME} has an entry without a digest (digestSRI or digestMultibase).")


def matching(document: Document) -> None:
    """Accept resources of which those that we hold have the digests given.

    Raises `InvalidError` CRYPTOGRAPHIC_SECURITY_ERROR for another digest.
    """
    for item in forms.objects(document, NAME):
        held = _held(item["id"])
        for name, digest in _digests(item):
            if held is not None and digest not in _accepted(item["id"], name, held):
                raise InvalidError(
                    "CRYPTOGRAPHIC_SECURITY_ERROR", f"The digest of the related resource {item['id'][:200]} is wrong."
                )


def unchecked(document: Document) -> tuple[str, ...]:
    """Return the URLs of the related resources whose digests nobody compared; `document` keeps the rules above."""
    return tuple(item["id"] for item in forms.objects(document, NAME) if _held(item["id"]) is None)


def _held(url: str) -> bytes | None:
    for files in (contexts.contexts(), contexts.schemas()):
        if url in files.urls:
            return files.data(url)
    return None


def _accepted(url: str, name: str, data: bytes) -> tuple[bytes, ...]:
    now, former = hashlib.new(name, data).digest(), _FORMER.get((url, name))
    return (now,) if former is None else (now, base64.b64decode(former))


def _digests(item: Mapping[str, Any]) -> Iterator[Digest]:
    for name in DIGEST_MEMBERS:
        if name in item:
            if not isinstance(item[name], str):
                raise malformed(f"The {name} of a related resource is not a text.")
            yield _READERS[name](item[name])


def _read_sri(text: str) -> Digest:
    match = _SRI.fullmatch(text)
    try:
        digest = base64.b64decode(match[2], validate=True) if match else b""
    except binascii.Error:
        digest = b""
    if match is None or len(digest) != hashlib.new(match[1]).digest_size:
        raise malformed("A digestSRI is not a hash name, a dash, and the digest in standard base64.")
    if base64.b64encode(digest).decode("ascii") != match[2]:
        raise malformed("A digestSRI is not written in the one form that base64 has for it.")
    return match[1], digest


def _read_multibase(text: str) -> Digest:
    try:
        data = multibase.decode_multibase(text)
    except InvalidError as error:
        raise malformed(f"A digestMultibase cannot be read: {error.detail}") from error
    if len(data) == hashlib.sha256().digest_size:  # a bare digest, as the suite of the W3C writes it
        return "sha256", data
    name = MULTIHASHES.get(data[0]) if data else None
    if name is None or len(data) != 2 + hashlib.new(name).digest_size or data[1] != len(data) - 2:
        raise malformed("A digestMultibase is neither a SHA-256 digest nor a Multihash of SHA-2.")
    return name, data[2:]


_READERS: Final[Mapping[str, Callable[[str], Digest]]] = {
    "digestSRI": _read_sri,
    "digestMultibase": _read_multibase,
}
