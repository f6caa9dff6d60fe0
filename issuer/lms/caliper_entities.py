"""People and courses of Caliper, with the identifiers that they carry beside their IRI."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from issuer.lms.connection import Connection
from issuer.lms.model import Course, IdKind, SourceLearner
from issuer.lms.people import learner, split_code
from issuer.lms.read import Node

_IDENTIFIERS: Final[Mapping[str, IdKind]] = MappingProxyType(
    {
        "SisSourcedId": IdKind.SIS,
        "LisSourcedId": IdKind.SIS,
        "LtiUserId": IdKind.LTI,
        "AccountUserName": IdKind.USERNAME,
        "EmailAddress": IdKind.EMAIL,
        "SystemId": IdKind.LMS,
    }
)
"""`identifierType` of a SystemIdentifier (Caliper 1.2 appendix D.58)."""


class Entities:
    """Reads the entities of one connection's events."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def person(self, node: Node) -> SourceLearner:
        """Read a Person: its SystemIdentifiers, Blackboard's extensions, and its IRI if there is no other LMS id."""
        found: dict[str, str] = {"lms": node.text("id")}
        for item in node.items("otherIdentifiers"):
            kind = _IDENTIFIERS.get(str(item.get("identifierType")))
            if kind is not None:
                found[kind] = item.identifier("identifier")
        extensions = node.maybe("extensions")
        for name, kind in (("bb:user.id", IdKind.LMS), ("bb:user.externalId", IdKind.SIS)):
            value = extensions.maybe_identifier(name) if extensions else None
            if value is not None:
                found[kind] = value
        return learner(self._connection, node.path, node.maybe_text("name"), **found)

    def course(self, node: Node) -> Course:
        """Read a CourseOffering or CourseSection: Blackboard's own id if there is one, else the IRI."""
        extensions = node.maybe("extensions")
        code, version = split_code(node.maybe_identifier("courseNumber"))
        own = extensions.maybe_identifier("bb:course.id") if extensions else None
        term = node.maybe_text("academicSession")
        return Course(own or node.text("id"), term=term, code=code, version=version)
