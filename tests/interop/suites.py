"""Every cryptosuite that can be issued, with every type of key it takes, and Digital Bazaar's reader of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from openbadge import timestamps
from openbadge.errors import InvalidError
from openbadge.multikey import PublicKey
from openbadge.proof import data_integrity
from openbadge.proof.sd import derive, issue
from tests.interop.badges import (
    CREATED,
    SITE,
    Document,
    Key,
    Signer,
    badge,
    sign,
    signer_of,
    status_entry,
    unsigned_status_list,
)
from tests.interop.ecdsa import EcdsaKey
from tests.interop.readers import Ask, Documents, all_contexts
from tests.interop.variations import variations

SELECTIVE: Final = "ecdsa-sd-2023"
THEY_CANNOT_TAKE_APART: Final = "results"
"""The badge with an ordered list (`allowedValue`): di-sd-primitives 3.3 gives the list an id, which no list may have,
and jsonld.js refuses that. So they can neither sign nor derive such a badge with ecdsa-sd-2023, only verify it."""


@dataclass(frozen=True)
class Case:
    """A cryptosuite with a key."""

    suite: str
    signer: Signer

    @property
    def badges(self) -> dict[str, Document]:
        """Unsigned badges by what is special about each; the last two have an entry in a status list."""
        listed = {name: badge(self.signer, credentialStatus=status_entry(url)) for name, url in self._lists.items()}
        return {**variations(self.signer), **listed}

    @property
    def status_lists(self) -> dict[str, Document]:
        """The lists of these badges by address, secured with the suite as well."""
        return {
            url: self.shown(self.sign(unsigned_status_list(self.signer, url, revoked=name == "revoked")))
            for name, url in self._lists.items()
        }

    @property
    def _lists(self) -> dict[str, str]:
        return {name: f"{SITE}/status/{self.signer.id}/{name}" for name in ("status", "revoked")}

    def sign(self, document: Document) -> Document:
        """What the issuer hands over: of ecdsa-sd-2023, a document with a base proof."""
        return base_proof(document, self.signer) if self.suite == SELECTIVE else sign(document, self.signer, self.suite)

    def shown(self, signed: Document) -> Document:
        """What a verifier gets to see: of ecdsa-sd-2023, a derived document that hides nothing but the name."""
        return disclose(signed, everything_but_the_name(signed)) if self.suite == SELECTIVE else signed


PLAIN: Final[Mapping[str, Case]] = {
    "eddsa-rdfc-2022": Case("eddsa-rdfc-2022", signer_of(Key(3))),
    "eddsa-jcs-2022": Case("eddsa-jcs-2022", signer_of(Key(4))),
    "ecdsa-rdfc-2019 P-256": Case("ecdsa-rdfc-2019", signer_of(EcdsaKey("P-256", 5))),
    "ecdsa-rdfc-2019 P-384": Case("ecdsa-rdfc-2019", signer_of(EcdsaKey("P-384", 6))),
    "ecdsa-jcs-2019 P-256": Case("ecdsa-jcs-2019", signer_of(EcdsaKey("P-256", 7))),
    "ecdsa-jcs-2019 P-384": Case("ecdsa-jcs-2019", signer_of(EcdsaKey("P-384", 8))),
}
CASES: Final[Mapping[str, Case]] = {**PLAIN, SELECTIVE: Case(SELECTIVE, signer_of(EcdsaKey("P-256", 9)))}


def base_proof(document: Document, signer: Signer) -> Document:
    """Sign for selective disclosure; what limits a credential is mandatory, as the product has it."""
    once = EcdsaKey("P-256", 10)
    disclosure = issue.Disclosure(issue.essential_pointers(document), bytes(range(32)), once.public, once.sign)
    options = data_integrity.options(SELECTIVE, signer.verification_method, CREATED)
    return issue.create(document, options, signer, disclosure)


def disclose(signed: Document, pointers: list[str]) -> Document:
    return derive.derive(signed, data_integrity.proofs(signed)[0], pointers)


def everything_but_the_name(document: Document) -> list[str]:
    return [f"/{name}" for name in document if name not in ("@context", "proof", "name")]


def we_accept(document: Document, key: PublicKey) -> bool:
    """Whether the proofs hold by our own code."""
    try:
        data_integrity.verify_all(document, lambda _: key)
    except InvalidError:
        return False
    return True


def they_judge(ask: Ask, credentials: Mapping[Any, Document], *, confirm: bool = False) -> dict[Any, Any]:
    """Digital Bazaar's answers, by the same names. One process for all."""
    answers = ask("verify.mjs", credentials=list(credentials.values()), documents=documents(), confirm=confirm)
    return dict(zip(credentials, answers, strict=True))


def they_sign(ask: Ask, orders: Mapping[Any, tuple[Case, Document]]) -> dict[Any, Document]:
    """What Digital Bazaar's libraries sign in place of the cases, by the same names."""
    requests = [_order(case, document) for case, document in orders.values()]
    answer = ask("sign.mjs", orders=requests, created=timestamps.write(CREATED), documents=documents())
    return dict(zip(orders, answer["credentials"], strict=True))


def they_derive(ask: Ask, orders: Mapping[Any, tuple[Document, list[str]]]) -> dict[Any, Document]:
    """What Digital Bazaar's libraries disclose of documents with a base proof, by the same names."""
    requests = [{"credential": document, "pointers": pointers} for document, pointers in orders.values()]
    answer = ask("derive.mjs", orders=requests, documents=documents())
    return dict(zip(orders, answer["credentials"], strict=True))


@cache
def documents() -> Documents:
    """All that a verifier of these badges fetches: contexts, key documents, status lists."""
    keys = {case.signer.id: case.signer.document for case in CASES.values()}
    lists = {url: document for case in CASES.values() for url, document in case.status_lists.items()}
    return {**all_contexts(), **keys, **lists}


def _order(case: Case, document: Document) -> dict[str, Any]:
    order = {"credential": document, "cryptosuite": case.suite, "key": secret_key(case.signer)}
    return {**order, "mandatoryPointers": issue.essential_pointers(document)} if case.suite == SELECTIVE else order


def secret_key(signer: Signer) -> dict[str, str]:
    """A key pair as the Node.js readers want it."""
    return {
        "id": signer.verification_method,
        "controller": signer.id,
        "publicKeyMultibase": signer.key.public.multibase,
        "secretKeyMultibase": signer.key.secret_multibase,
    }
