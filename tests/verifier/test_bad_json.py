"""Rows JSON-001 to JSON-016 of the corpus of bad inputs: the text itself is wrong."""

from __future__ import annotations

import json
import re

import pytest

from tests.verifier.builders import INVALID, VALID, bad, badge, check, outcomes

TEXT = json.dumps(badge())
UNTIL = '"validUntil": "2029-03-31T10:00:00Z"'
ESCAPED = '"valid\\u0055ntil": "2039-03-31T10:00:00Z"'
LATER = '"validUntil": "2039-03-31T10:00:00Z"'


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


ROWS = [
    ("JSON-001-before", TEXT.replace(UNTIL, f"{LATER}, {UNTIL}"), "DUPLICATE_JSON_KEY"),
    ("JSON-001-after", TEXT.replace(UNTIL, f"{UNTIL}, {LATER}"), "DUPLICATE_JSON_KEY"),
    (
        "JSON-001-escaped",
        TEXT.replace(UNTIL, UNTIL + ', "valid\\u0055ntil": "2039-03-31T10:00:00Z"'),
        "DUPLICATE_JSON_KEY",
    ),
    ("JSON-003", re.sub(r'("verificationMethod": "[^"]*")', r"\1, \1", TEXT), "DUPLICATE_JSON_KEY"),
    ("JSON-005", f"[{TEXT}]", "PARSING_ERROR"),
    ("JSON-006-twice", TEXT + TEXT, "PARSING_ERROR"),
    ("JSON-006-garbage", TEXT + "x", "PARSING_ERROR"),
    ("JSON-006-bom", b"\xef\xbb\xbf" + TEXT.encode(), "PARSING_ERROR"),
    ("JSON-006-utf16", TEXT.encode("utf-16"), "PARSING_ERROR"),
    ("JSON-006-latin1", TEXT.replace("Academy", "Académie").encode("latin-1"), "PARSING_ERROR"),
    ("JSON-008-5000", TEXT.replace('"Intro to Testing"', "1" * 5000, 1), "LIMIT_EXCEEDED"),
    ("JSON-008-4000", TEXT.replace('"Intro to Testing"', "1" * 4000, 1), "LIMIT_EXCEEDED"),
    ("JSON-011-nan", TEXT.replace('"Intro to Testing"', "NaN", 1), "PARSING_ERROR"),
    ("JSON-011-infinity", TEXT.replace('"Intro to Testing"', "-Infinity", 1), "PARSING_ERROR"),
    ("JSON-011-huge", TEXT.replace('"Intro to Testing"', "1e400", 1), "MALFORMED_VALUE_ERROR"),
    ("JSON-013-name", TEXT.replace("Example Academy", "Example\\u0000Academy"), "MALFORMED_VALUE_ERROR"),
    ("JSON-013-surrogate", TEXT.replace("Example Academy", "Example\\ud800Academy"), "MALFORMED_VALUE_ERROR"),
    ("JSON-015", TEXT + " " * (1024 * 1024), "LIMIT_EXCEEDED"),
    ("JSON-015-image-size", b"{" + b" " * (4 * 1024 * 1024), "LIMIT_EXCEEDED"),
    ("JSON-016-keys", "{" + ",".join(f'"k{number}":1' for number in range(70_000)) + "}", "LIMIT_EXCEEDED"),
    ("JSON-016-items", '{"a":[' + ",".join(["1"] * 50_000) + "]}", "LIMIT_EXCEEDED"),
    ("JSON-016-depth", nested(500), "LIMIT_EXCEEDED"),
    ("JSON-016-unclosed", "[" * 100_000, "LIMIT_EXCEEDED"),
    ("empty", "", "PARSING_ERROR"),
    ("blank", "\n", "PARSING_ERROR"),
    ("word", "hello", "PARSING_ERROR"),
    ("null", "null", "PARSING_ERROR"),
    ("cut", TEXT[:-20], "PARSING_ERROR"),
]


@pytest.mark.parametrize(("data", "code"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_bad_text(data: str | bytes, code: str) -> None:
    report = check(data)
    assert report.verdict is INVALID
    assert bad(report)["parse"] == code
    assert report.credential is None
    assert set(outcomes(report).values()) == {"failed", "unknown"}


def test_the_text_that_they_are_made_from_is_valid() -> None:
    assert check(TEXT).verdict is VALID
    assert check(json.dumps(badge(), indent=3)).verdict is VALID


def test_json_016_a_long_text_is_answered() -> None:
    text = TEXT.replace("A course about testing.", "x" * 900_000)
    assert check(text).verdict is INVALID
