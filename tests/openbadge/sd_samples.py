"""What the tests of ecdsa-sd-2023 share: base and derived proofs with fixed keys, and their parts taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openbadge import cbor, multibase
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from openbadge.proof.sd import values
from openbadge.proof.sd.derive import derive
from openbadge.proof.sd.issue import Disclosure, create
from tests.openbadge import proof_samples as samples

NAME = "ecdsa-sd-2023"
BY = samples.signer("P-256", 11)
ONCE = samples.signer("P-256", 12)
HMAC_KEY = bytes(range(32))
MANDATORY = ("/issuer", "/validFrom")


def disclosure(*mandatory: str) -> Disclosure:
    return Disclosure(mandatory, HMAC_KEY, ONCE.public_key, ONCE.sign)


def issued(document: dict[str, Any] | None = None, mandatory: tuple[str, ...] = MANDATORY) -> dict[str, Any]:
    return create(document or samples.badge(), samples.options(NAME, BY), BY, disclosure(*mandatory))


def shown(document: dict[str, Any], *selective: str) -> dict[str, Any]:
    return derive(document, document["proof"][0], selective)


def check(document: dict[str, Any], key: PublicKey = BY.public_key) -> None:
    data_integrity.verify(document, document["proof"][0], key)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(InvalidError) as caught:
        call()
    return caught.value.code


def unsecured(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def parts_of(value: str) -> list[Any]:
    return list(cbor.decode(multibase.decode_multibase(value)[3:]))


def value_of(parts: Any, header: bytes = values.DERIVED_HEADER) -> str:
    return multibase.encode_base64url(header + cbor.encode(parts))


def without_derived(derived: dict[str, Any], value: Any) -> dict[str, Any]:
    return {**derived, "proof": [{**derived["proof"][0], "proofValue": value}]}


def set_part(place: int, new: Callable[[Any], Any]) -> Callable[[list[Any]], Any]:
    return lambda parts: [new(part) if index == place else part for index, part in enumerate(parts)]
