"""Rows about what is fetched, and about pictures: ST, WEB and IMG."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

from openbadge.baking import png, svg
from openbadge.errors import UnavailableError
from tests.microcred.corpus.row import SIGNED, Published, Row, row
from tests.verifier import test_parse
from tests.verifier.builders import (
    DID_URL,
    INDEX,
    LIST_URL,
    NOW,
    UNDETERMINED,
    VALID,
    Change,
    Document,
    FakeFetch,
    badge,
    edited,
    material,
    status_entry,
    status_list,
)
from tests.verifier.test_bad_json_ld import put
from tests.verifier.test_bad_status import BOMB, RAW, encoded
from tests.verifier.test_bad_web import Canary, issued_by
from verifier.fetch import Fetch, Fetched


def status_rows() -> list[Row]:
    def listed(change: Change | None = None, **arguments: Any) -> Published:
        return material(status=status_list(change, **arguments))

    def text(value: str) -> Published:
        return listed(lambda document: document["credentialSubject"].update(encodedList=value))

    def entry(**members: Any) -> Document:
        return badge(lambda document: document["credentialStatus"].update(members))

    several = listed(lambda document: document["credentialSubject"].update(statusPurpose=["suspension", "revocation"]))
    other = listed(lambda document: document["credentialSubject"].update(statusPurpose="suspension"))
    old = badge(put("credentialStatus", {"id": "https://other.example/revoked", "type": "1EdTechRevocationList"}))
    away = {**material(), LIST_URL: UnavailableError("FETCH_FAILED", "It did not answer.")}
    chained = listed(lambda document: document.update(credentialStatus=status_entry()))
    packed = encoded(gzip.compress(RAW))
    return [
        row(
            "ST-001",
            SIGNED,
            "STATUS_VERIFICATION_ERROR",
            UNDETERMINED,
            published=material(status=edited(status_list(), lambda document: document.pop("proof"))),
        ),
        row("ST-003", SIGNED, "STATUS_VERIFICATION_ERROR", published=other),
        row("ST-003-several", SIGNED, None, VALID, published=several),
        row("ST-005", SIGNED, "LIMIT_EXCEEDED", UNDETERMINED, published=text(encoded(BOMB))),
        *(
            row(f"ST-006-{number}", SIGNED, "STATUS_VERIFICATION_ERROR", UNDETERMINED, published=text(value))
            for number, value in enumerate((packed[:-9], packed[1:], packed + "==", encoded(RAW)))
        ),
        *(
            row(f"ST-008-{index}", entry(statusListIndex=str(index)), "REVOKED", published=listed(revoked=(index,)))
            for index in (0, 7, 131_071)
        ),
        row("ST-008-usual", SIGNED, "REVOKED", published=listed(revoked=(INDEX,))),
        row(
            "ST-010", SIGNED, "STATUS_STALE", UNDETERMINED, published=listed(put("validUntil", "2026-04-01T11:59:59Z"))
        ),
        row("ST-011", SIGNED, "STATUS_RETRIEVAL_ERROR", UNDETERMINED, published=away),
        *(row(f"ST-013-{size}", entry(statusSize=size), "STATUS_VERIFICATION_ERROR") for size in (0, -1, 2, 64)),
        row("ST-015", SIGNED, None, VALID, published=chained),
        row(
            "ST-016",
            badge(put("credentialStatus", status_entry(url="http://169.254.169.254/"))),
            "FETCH_BLOCKED",
            UNDETERMINED,
            fetch=lambda: Blocked(["127.0.0.1"]),
        ),
        row("ST-018", old, "STATUS_VERIFICATION_ERROR", UNDETERMINED),
    ]


class Blocked:
    """The issuer's keys, and the real guard in front of a network without any public host for all else."""

    def __init__(self, addresses: list[str]) -> None:
        self.canary = Canary(addresses)

    def fetch(self, url: str, accept: str, *, limit: int = 0) -> Fetched:
        source: Fetch = FakeFetch(material()) if url == DID_URL else self.canary.fetch()
        return source.fetch(url, accept, limit=limit)


def guarded(*addresses: str) -> Callable[[], Fetch]:
    return lambda: Canary(addresses).fetch()


def web_rows() -> list[Row]:
    page = Fetched(DID_URL, "text/html", b"<script>alert(1)</script>", NOW)
    large = {**material(), DID_URL: UnavailableError("LIMIT_EXCEEDED", "It is larger than 256 KiB.")}
    local = ("did:web:localhost", "did:web:printer.local", "did:web:10.0.0.1")
    confused = ("https://a@b/s", "https://exa%6dple.com/s", "https://x.example:80/s", "https://127.1/s")
    upwards = ("did:web:example.com:..:admin", "did:web:example.com:a%2fb", "did:web:example.com::a")
    return [
        *(
            row(f"WEB-001-{name}", issued_by(name), "FETCH_BLOCKED", UNDETERMINED, fetch=guarded("127.0.0.1"))
            for name in local
        ),
        *(
            row(f"WEB-003-{address}", SIGNED, "FETCH_BLOCKED", UNDETERMINED, fetch=guarded(address))
            for address in ("::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::")
        ),
        row("WEB-005", SIGNED, "FETCH_BLOCKED", UNDETERMINED, fetch=guarded("93.184.216.34", "10.0.0.1")),
        *(
            row(
                f"WEB-008-{number}",
                badge(put("credentialStatus", status_entry(url=url))),
                "FETCH_BLOCKED",
                UNDETERMINED,
                fetch=lambda: Blocked(["93.184.216.34"]),
            )
            for number, url in enumerate(confused)
        ),
        *(
            row(f"WEB-010-{number}", issued_by(name), "INVALID_VERIFICATION_METHOD_URL")
            for number, name in enumerate(upwards)
        ),
        row("WEB-011-case", issued_by("did:web:EXAMPLE.com"), "INVALID_VERIFICATION_METHOD_URL"),
        row("WEB-013", SIGNED, "LIMIT_EXCEEDED", UNDETERMINED, published=large),
        row("WEB-018", SIGNED, "FETCH_FAILED", UNDETERMINED, published={LIST_URL: status_list()}),
        row("WEB-020", SIGNED, "UNSUPPORTED_FORMAT", UNDETERMINED, fetch=lambda: Pages(page)),
    ]


class Pages:
    """Answers every address with the same page."""

    def __init__(self, page: Fetched) -> None:
        self.page = page

    def fetch(self, url: str, accept: str, *, limit: int = 0) -> Fetched:
        return self.page


def image_rows() -> list[Row]:
    baked = png.bake(test_parse.PICTURE, test_parse.TEXT)
    end = test_parse.chunk(b"IEND", b"")
    second = test_parse.chunk(b"iTXt", test_parse.KEYWORD + b"\0\0\0\0" + test_parse.TEXT.encode())
    bomb = test_parse.chunk(b"iTXt", test_parse.KEYWORD + b"\1\0\0\0" + zlib.compress(bytes(10**8), 9))
    scripted = test_parse.DRAWING.replace(b"<path", b'<script>alert(1)</script><path onload="alert(1)"')
    return [
        row("IMG-001", baked.replace(end, second + end), "MULTIPLE_CREDENTIALS"),
        *(
            row(name, data, code)
            for name, data, code in test_parse.BAD_PICTURES
            if name.startswith(("IMG-003", "IMG-006", "IMG-008", "IMG-011"))
        ),
        row("IMG-005", test_parse.with_chunk(bomb), "UNSUPPORTED_FORMAT"),
        row("IMG-010", baked, "IMAGE_MISMATCH", VALID),
        row("IMG-011", png.bake(test_parse.PICTURE, "{}"), "PARSING_ERROR"),
        row("IMG-013", svg.bake(scripted, test_parse.TEXT), "IMAGE_MISMATCH", VALID),
        row("IMG-015", gzip.compress(test_parse.DRAWING), "UNSUPPORTED_FORMAT"),
    ]
