"""The report that all crash tests send, each learner another one."""

from __future__ import annotations

from typing import Any


def completion(source_id: str) -> dict[str, Any]:
    return {
        "source": "moodle:https://lms.example.edu",
        "sourceId": source_id,
        "definition": {"id": "testing-data-products"},
        "learner": {"id": source_id, "name": f"Learner {source_id}"},
        "completedAt": "2025-11-20T16:20:00Z",
        "result": [{"resultDescription": "grade", "value": "87"}],
    }
