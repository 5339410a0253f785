"""How far roll-outs have got, a line for each DaemonSet."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import printable
from ...planner.progress import Outlook, Progress
from ..inert import joined
from ..style import Style
from ..table import table

__all__ = ["progress_line", "progress_text"]

_HEADER = ("NAMESPACE", "NAME", "WANTED", "UPDATED", "AVAILABLE", "OUTLOOK")


def progress_text(found: Sequence[Progress], style: Style) -> str:
    """Return the table of some DaemonSets."""
    rows = [
        (one.daemonset.namespace, one.daemonset.name, one.wanted, one.updated, one.available, _outlook(one))
        for one in found
    ]
    return joined(table(_HEADER, rows, style, drop=("NAMESPACE",)), colour=style.colour) + "\n"


def progress_line(one: Progress) -> str:
    """Return one DaemonSet as a line, for a log.

    >>> from dsplan.model.meta import Identity
    >>> print(progress_line(Progress(daemonset=Identity("DaemonSet", "x", "ds"), outlook=Outlook.COMING, wanted=20,
    ...     updated=3, available=2, comes=20, needed=19, seen=True)))
    x/ds: 3 of 20 updated, 2 available: coming, 19 are needed
    """
    numbers = f"{one.updated:,} of {one.wanted:,} updated, {one.available:,} available"
    return f"{printable(str(one.daemonset))}: {numbers}: {_outlook(one)}"


def _outlook(one: Progress) -> str:
    if one.outlook is Outlook.STALLED:
        return printable(f"stalled ({one.stall}): {one.text}")
    if one.outlook is Outlook.COMING:
        waiting = "" if one.seen else "; the controller has not seen the newest spec yet"
        return f"coming, {one.needed:,} are needed{waiting}"
    return str(one.outlook)
