"""Project Wycheproof's 401 JSON Web Signatures: no invalid one may pass, and each valid one we refuse has a reason."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

import pytest

from openbadge.multibase import base64url_decode
from tests.wycheproof.vectors import BY_NUMBER, DATA, GROUPS, VECTORS, Vector, refusal

BAD_KEY, INSECURE = "INVALID_VERIFICATION_METHOD", "CRYPTOGRAPHIC_SECURITY_ERROR"
REFUSED_THOUGH_VALID = (
    ("HS256: who can check a shared secret could have signed", BAD_KEY, {1, 348, 352, 357, 358, 359, 376, 377}),
    ("HS256, and a ? inside the base64url: one token has one spelling", "PARSING_ERROR", {372, 373}),
    ("RS384: Open Badges names RS256", BAD_KEY, {264, 265, 266, 267}),
    ("RS512: Open Badges names RS256", BAD_KEY, {268, 269, 270, 271}),
    ("PS384: of RSASSA-PSS only PS256 is read", BAD_KEY, {320, 321, 322, 323}),
    ("PS512: of RSASSA-PSS only PS256 is read", BAD_KEY, {325, 326, 327, 328}),
    ("the key is for PS256, the header says PS384: one key, one algorithm (RFC 8725 3.1)", INSECURE, {346, 350}),
    ("the key is for ES521, which is no registered algorithm; it means ES512", BAD_KEY, {347, 351}),
)
REASONS = {number: (reason, code) for reason, code, numbers in REFUSED_THOUGH_VALID for number in numbers}
VALID = {vector.number for vector in VECTORS if vector.valid}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.number}-{vector.comment}")
def test_vector(vector: Vector) -> None:
    accepted = refusal(vector.token, vector.key) is None
    assert accepted is (vector.valid and vector.number not in REASONS)


def test_the_file_is_whole() -> None:
    assert DATA["numberOfTests"] == 401
    assert [vector.number for vector in VECTORS] == list(range(1, 402))
    assert Counter(vector.valid for vector in VECTORS) == {False: 355, True: 46}
    assert [(group["comment"], len(group["tests"])) for group in GROUPS] == [
        ("hs256", 17), ("es256", 15), ("rs256", 226), ("rs256", 5), ("rs384", 4), ("rs512", 4), ("ps256", 48),
        ("ps384", 5), ("ps512", 20), ("rfc7520", 1), ("rfc7520", 1), ("rfc7520", 1), ("rfc7520", 1),
        ("rfc7520WithKeyOps", 1), ("rfc7520WithKeyOps", 1), ("rfc7520WithKeyOps", 1), ("rfc7520", 1),
        ("rsa_encryption", 1), ("ec_key_for_encryption", 1), ("rsa_encryption", 1), ("ec_key_for_encryption", 1),
        ("base64", 21), ("SpecialCaseEs256", 24),
    ]  # fmt: skip


@pytest.mark.parametrize("number", sorted(REASONS))
def test_a_valid_one_is_refused_for_its_reason(number: int) -> None:
    reason, code = REASONS[number]
    assert number in VALID, reason
    assert refusal(BY_NUMBER[number].token, BY_NUMBER[number].key) == code, reason


def test_what_is_accepted_by_algorithm() -> None:
    accepted: dict[str, set[int]] = defaultdict(set)
    for number in VALID:
        header = json.loads(base64url_decode(BY_NUMBER[number].token.partition(".")[0].replace("?", "")))
        refused = refusal(BY_NUMBER[number].token, BY_NUMBER[number].key)
        accepted[header["alg"]] |= set() if refused else {number}
    assert accepted == {
        "ES256": {18, 378},
        "RS256": {33, 259, 260, 261, 262, 263, 345, 349},
        "PS256": {272, 273, 274, 275, 287, 288},
        "HS256": set(), "RS384": set(), "RS512": set(), "PS384": set(), "PS512": set(), "ES512": set(),
    }  # fmt: skip


@pytest.mark.parametrize("number", [347, 351])
def test_only_the_name_of_its_algorithm_bars_the_key_for_es512(number: int) -> None:
    vector = BY_NUMBER[number]
    assert refusal(vector.token, {**vector.key, "alg": "ES512"}) is None
