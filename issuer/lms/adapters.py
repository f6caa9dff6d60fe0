"""The one table of sources that send messages. Files, which answer row by row, are read by `table.read_table`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from issuer.lms import caliper, canvas, lti, moodle, openedx, webhook, xapi
from issuer.lms.connection import Adapter

ADAPTERS: Final[Mapping[str, Adapter]] = MappingProxyType(
    {
        "moodle": moodle.ADAPTER,
        "canvas": canvas.ADAPTER,
        "openedx": openedx.ADAPTER,
        "xapi": xapi.ADAPTER,
        "caliper": caliper.ADAPTER,
        "webhook": webhook.ADAPTER,
        "lti": lti.ADAPTER,
    }
)
"""Adapters by the kind of a connection."""
