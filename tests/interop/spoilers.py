"""What must spoil a badge after it was signed, whatever the cryptosuite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

from tests.interop.badges import Document, Key, Signer, badge
from tests.interop.ecdsa import EcdsaKey
from tests.interop.suites import SELECTIVE, Case

_OTHER_SUITE: Final = {
    "eddsa-rdfc-2022": "eddsa-jcs-2022",
    "eddsa-jcs-2022": "eddsa-rdfc-2022",
    "ecdsa-rdfc-2019": "ecdsa-jcs-2019",
    "ecdsa-jcs-2019": "ecdsa-rdfc-2019",
    SELECTIVE: "ecdsa-rdfc-2019",
}
"""Another suite that takes the same key."""


def spoiled(case: Case, how: str) -> Document:
    """A credential of the case that must be refused; `how` is a key of `SPOILERS`."""
    return SPOILERS[how](case, case.shown(case.sign(badge(case.signer))))


def _change(*path: str | int, to: Any) -> Callable[[Case, Document], Document]:
    return lambda _, document: changed(document, path, to)


def changed(document: Document, path: tuple[str | int, ...], value: Any) -> Document:
    copy = deepcopy(document)
    inner: Any = copy
    for name in path[:-1]:
        inner = inner[name]
    assert inner.get(path[-1]) != value
    inner[path[-1]] = value
    return copy


def _with_another_value(_: Case, document: Document) -> Document:
    """One character within the signature is another one."""
    value, place = document["proof"][0]["proofValue"], 40
    other = "3" if value[place] == "2" else "2"
    return changed(document, ("proof", 0, "proofValue"), value[:place] + other + value[place + 1 :])


def _with_another_suite(case: Case, document: Document) -> Document:
    return changed(document, ("proof", 0, "cryptosuite"), _OTHER_SUITE[case.suite])


def _by_another_key(case: Case, _: Document) -> Document:
    """Signed by someone else under the name of the true key."""
    algorithm = case.signer.algorithm
    key = Key(99) if algorithm == "Ed25519" else EcdsaKey(algorithm, 99)
    impostor = Case(case.suite, Signer(case.signer.id, case.signer.verification_method, key))
    return impostor.shown(impostor.sign(badge(impostor.signer)))


SPOILERS: Final[Mapping[str, Callable[[Case, Document], Document]]] = {
    "another issuer's name": _change("issuer", "name", to="Someone else"),
    "another achievement": _change("credentialSubject", "achievement", "name", to="Something else"),
    "another recipient": _change("credentialSubject", "id", to="did:example:somebody-else"),
    "earlier validity": _change("validFrom", to="2026-01-01T00:00:00Z"),
    "criteria left out": _change("credentialSubject", "achievement", "criteria", to={}),
    "a member added": _change("awardedDate", to="2026-03-31T10:00:00Z"),
    "another time of the proof": _change("proof", 0, "created", to="2026-03-31T10:00:01Z"),
    "another value of the proof": _with_another_value,
    "another suite": _with_another_suite,
    "another key": _by_another_key,
}
