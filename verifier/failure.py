"""What happens when our own code fails: it is written down without personal data, and never counts as an answer."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

_LOG = logging.getLogger("verifier")


def log_failure(step: str, error: Exception) -> None:
    """Log that `step` met an exception nobody expected: its type and place, not its message, which may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    _LOG.error("the step %s could not be completed: %s at %s", step, type(error).__name__, place)
