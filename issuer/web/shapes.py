"""What the API answers, as JSON: one function per thing."""

from __future__ import annotations

from typing import Any

from issuer.addresses import Addresses
from issuer.inbox import Answer
from issuer.model import DefinitionVersion, IssuedCredential, StatusChange, StatusState
from openbadge import timestamps


def completion_json(answer: Answer, addresses: Addresses) -> dict[str, Any]:
    """Return `{completion: {id, state, reason}, credential: {id, url} | null}`."""
    completion = answer.completion
    reason = None
    if completion.reason_code is not None:
        reason = {"code": completion.reason_code, "detail": completion.reason}
    return {
        "completion": {"id": str(completion.id), "state": str(completion.state), "reason": reason},
        "credential": None if answer.credential is None else credential_link(answer.credential, addresses),
    }


def listed_completion_json(answer: Answer, addresses: Addresses) -> dict[str, Any]:
    """Return a completion for a list: what it says of whom, and what became of it."""
    completion = answer.completion
    shape = completion_json(answer, addresses)
    shape["completion"] |= {
        "source": completion.source,
        "sourceId": completion.source_id,
        "definition": {"id": completion.definition_id, "version": completion.pinned_version},
        "learner": {"id": completion.person, "name": completion.learner_name},
        "completedAt": timestamps.write(completion.completed_at),
        "occurrence": completion.occurrence,
        "receivedAt": timestamps.write(completion.received_at),
    }
    return shape


def credential_link(credential: IssuedCredential, addresses: Addresses) -> dict[str, str]:
    """Return `{id, url}`: the last part of the address, and the address."""
    return {"id": credential.public_id, "url": addresses.credential(credential.public_id)}


def decision_json(public_id: str, change: StatusChange) -> dict[str, Any]:
    """Return a decision about a credential: what, why, by whom and when."""
    return {
        "credential": public_id,
        "state": str(change.state),
        "revoked": change.state is StatusState.REVOKED,
        "reason": change.reason,
        "by": change.actor,
        "at": timestamps.write(change.at),
    }


def definition_json(version: DefinitionVersion) -> dict[str, Any]:
    """Return a definition version with what was decided about it; the content stands as it was approved."""
    return {
        "id": version.definition_id,
        "version": version.version,
        "name": version.definition.name,
        "state": str(version.state),
        "digest": f"sha256-{version.digest.hex()}",
        "createdBy": version.created_by,
        "createdAt": timestamps.write(version.created_at),
        "approvedBy": version.approved_by,
        "approvedAt": None if version.approved_at is None else timestamps.write(version.approved_at),
        "decision": version.decision_ref,
        "effectiveFrom": None if version.effective_from is None else timestamps.write(version.effective_from),
        "retiredAt": None if version.retired_at is None else timestamps.write(version.retired_at),
        "content": version.definition.to_json(),
    }
