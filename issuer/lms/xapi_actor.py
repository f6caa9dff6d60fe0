"""Who an xAPI statement is about: the actor by one of its inverse functional identifiers (part 2, section 2.4.2)."""

from __future__ import annotations

from typing import Final

from issuer.errors import FieldError, SettingsError
from issuer.lms.connection import Connection
from issuer.lms.model import Identifier, IdKind, SourceLearner
from issuer.lms.people import learner
from issuer.lms.read import Node

_ACCOUNT_KINDS: Final = (IdKind.LMS, IdKind.SIS, IdKind.USERNAME)
"""What `account.name` can be: Moodle writes its own number, others the student number or the login name."""


def actor(node: Node, connection: Connection) -> SourceLearner | None:
    """Return the learner, or None for a group.

    What `account.name` means is the setting `account` of the connection (`lms`, `sis` or `username`); its namespace is
    `account.homePage`, so one store may hold statements of several platforms. Raises `FieldError`, also for hashed
    mailboxes and OpenIDs, which name no one we could know.
    """
    if node.get("objectType") not in (None, "Agent"):
        return None
    name, account, mailbox = node.maybe_text("name"), node.maybe("account"), node.maybe_text("mbox")
    if account is not None:
        return SourceLearner((_account(account, connection),), name)
    if mailbox is not None and mailbox.lower().startswith("mailto:"):
        return learner(connection, node.path, name, email=mailbox[len("mailto:") :])
    raise FieldError(node.path, "must name the learner by account or mbox")


def _account(account: Node, connection: Connection) -> Identifier:
    kind = connection.option("account")
    if kind not in _ACCOUNT_KINDS:
        raise SettingsError(f"The setting account of {connection.name} must be lms, sis or username.")
    home = account.text("homePage").rstrip("/")
    if kind == IdKind.SIS:
        (found,) = learner(connection, account.where("name"), sis=account.identifier("name")).ids
        return found
    return Identifier(IdKind(kind), home, account.identifier("name"))
