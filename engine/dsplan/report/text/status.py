"""The status of DaemonSets, in the columns that kubectl users know."""

from __future__ import annotations

from collections.abc import Sequence

from ...document.types import DaemonSetEntry
from ..style import Style
from ..table import table

__all__ = ["status_lines"]

_HEADER = (
    "NAMESPACE",
    "NAME",
    "DESIRED",
    "CURRENT",
    "READY",
    "UP-TO-DATE",
    "AVAILABLE",
    "MISSCHEDULED",
    "NODE-SELECTOR",
)
_DROP = ("NODE-SELECTOR", "MISSCHEDULED", "CURRENT")


def status_lines(entries: Sequence[DaemonSetEntry], style: Style) -> list[str]:
    """Return the status of each DaemonSet as a table."""
    return table(_HEADER, [_status(entry) for entry in entries], style, drop=_DROP)


def _status(entry: DaemonSetEntry) -> Sequence[object]:
    status = entry.status
    return (
        entry.namespace,
        entry.name,
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_ready,
        status.updated_number_scheduled,
        status.number_available,
        status.number_misscheduled,
        entry.node_selector,
    )
