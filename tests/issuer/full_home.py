"""A home in which something has happened, for tests that ask whether all of it is there."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from issuer import auth, status
from issuer.db import Database
from issuer.definitions import import_definition
from issuer.make import Made, Plan
from issuer.model import Institution, StatusPublication
from issuer.model.profile import IssuerProfile
from issuer.store import profiles, publications
from tests.issuer.making import Press, take
from tests.issuer.samples import NOW, approved, definition

DOCUMENT = '{"name": "Ada Ngũyễn 🎓", "control": "\\u0001\\u007f"}'.encode()


class TruePress(Press):
    """Its bytes have the digest that is stored with them."""

    def make(self, plan: Plan) -> Made:
        return replace(super().make(plan), document=DOCUMENT, sha256=hashlib.sha256(DOCUMENT).digest())


def fill(database: Database, institution: Institution, word: str = "first") -> None:
    """Approve, issue, hold, revoke, publish and allow; `word` makes the names different from those of another time."""
    with database.begin_write(institution.id) as tx:
        approved(tx, id=f"data-ethics-{word}")
        import_definition(tx, definition(id=f"draft-{word}"), "author", NOW)
        answers = [
            take(
                tx,
                TruePress(),
                sourceId=f"{word} {number}",
                definition={"id": f"data-ethics-{word}"},
                learner={"id": f"S{number}", "name": f"Ngũyễn 🎓 {number}"},
            )
            for number in range(3)
        ]
        take(tx, TruePress(), sourceId=f"{word} held", definition={"id": f"draft-{word}"})
        credential = answers[0].credential
        assert credential is not None
        status.revoke(tx, credential, "Entered\ntwice", "registrar", NOW)
        publications.add(tx, StatusPublication(credential.status_list_id, 1, b"\x00\x80\xff", 0, NOW))
        auth.create(tx, word, ["completions:write"], "registrar", NOW)
        profiles.add(
            tx, IssuerProfile(tx.new_id(NOW), institution.id, word, f"did:web:{word}", "a", "b", True, "me", NOW)
        )
