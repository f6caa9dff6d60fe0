"""Signed xAPI statements: an attachment holds the statement once more, as a signed token (part 2, section 2.6).

The token is checked by the keys of the connection only. A certificate that it brings along (`x5c`) is let pass, since
the standard recommends it, and never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from issuer.errors import FieldError
from issuer.lms import read, tokens
from issuer.lms.connection import Connection
from issuer.lms.errors import SignatureError
from issuer.lms.read import Node
from issuer.lms.xapi_verbs import SIGNATURE

MEMBERS: Final = tokens.MEMBERS | {"x5c"}
_SET_BY_STORE: Final = frozenset({"id", "timestamp"})
"""What a store fills in if the signer left it out."""
_NEVER_SIGNED: Final = frozenset({"stored", "authority", "version"})


def check(statement: Node, parts: Mapping[str, bytes], connection: Connection) -> str:
    """Return the key that signed a statement, or "" for an unsigned one, if the connection takes those.

    With the setting `signatures` = `required` it does not. Raises `SignatureError` for a signature that is missing,
    wrong, or over another statement; `FieldError` for a wrong attachment.
    """
    found = [item for item in statement.items("attachments") if item.get("usageType") == SIGNATURE]
    if not found:
        if connection.options.get("signatures") == "required":
            raise SignatureError("The statement is not signed, but this connection takes only signed ones.")
        return ""
    if len(found) > 1:
        raise FieldError(statement.where("attachments"), "must hold at most one signature")
    content = parts.get(found[0].text("sha2").lower())
    if content is None:
        raise FieldError(found[0].where("sha2"), "names a file that was not sent along")
    signed = tokens.verify_token(content, connection.keys, MEMBERS)
    _check_same(statement, read.load(signed.payload))
    return signed.key_id or next(iter(connection.keys))


def _check_same(statement: Node, signed: Node) -> None:
    free = _NEVER_SIGNED | (_SET_BY_STORE - signed.value.keys())
    if read.digest(_without(statement, free)) != read.digest(_without(signed, free)):
        raise SignatureError("The signature is over another statement.")


def _without(statement: Node, names: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in statement.value.items() if name not in names | {"attachments"}}
    others = [item.value for item in statement.items("attachments") if item.get("usageType") != SIGNATURE]
    return kept | ({"attachments": others} if others else {})
