"""What a change costs at once: pods that manage deletes outside any budget (M20, M23).

Narrowing a selector, an affinity or a toleration, removing a label from nodes or tainting them makes nodes ineligible;
their pods go in the very next pass (up to 250 of them, C12, the rest in the passes right after), whatever
maxUnavailable says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ..diff import ActionReason
from ..model.meta import Identity
from ..model.world import World
from ..passes import DaemonSetStep, step

__all__ = ["UnbudgetedDeletions", "unbudgeted_deletions", "unbudgeted_deletions_of"]


class UnbudgetedDeletions(msgspec.Struct, frozen=True):
    """The pods of one DaemonSet that go at once, by node. `allowed` is what a roll-out may take down at a time."""

    identity: Identity
    nodes: tuple[str, ...]
    pods: int
    allowed: int | None

    @property
    def text(self) -> str:
        """The cost in one line, without the names.

        >>> UnbudgetedDeletions(Identity("DaemonSet", "x", "ds"), ("n1", "n2"), 2, 1).text
        'deletes 2 pods on 2 nodes at once: not eligible any more, and no budget holds (maxUnavailable would be 1)'
        """
        would = "" if self.allowed is None else f" (maxUnavailable would be {self.allowed:,})"
        pods = f"{self.pods:,} pod{'s' * (self.pods != 1)}"
        nodes = f"{len(self.nodes):,} node{'s' * (len(self.nodes) != 1)}"
        return f"deletes {pods} on {nodes} at once: not eligible any more, and no budget holds{would}"


def unbudgeted_deletions(world: World, *, now: datetime) -> tuple[UnbudgetedDeletions, ...]:
    """Return what the next passes delete outside any budget, for each DaemonSet that loses pods so.

    >>> from datetime import UTC
    >>> unbudgeted_deletions(World(), now=datetime(2026, 1, 1, tzinfo=UTC))
    ()
    """
    return _costs(step(world, now=now).daemonsets)


def unbudgeted_deletions_of(entry: DaemonSetStep) -> UnbudgetedDeletions | None:
    """Return what a pass deletes outside any budget because nodes are not eligible; None for nothing."""
    deleted = entry.manage.delete if entry.manage else ()
    nodes = [node for node, _, reason in deleted if reason is ActionReason.NOT_ELIGIBLE]
    if not nodes:
        return None
    budget = entry.budget
    allowed = budget.max_unavailable if budget is not None and not budget.max_surge else None
    return UnbudgetedDeletions(entry.identity, tuple(sorted(set(nodes))), len(nodes), allowed)


def _costs(entries: Iterable[DaemonSetStep]) -> tuple[UnbudgetedDeletions, ...]:
    return tuple(cost for entry in entries if (cost := unbudgeted_deletions_of(entry)) is not None)
