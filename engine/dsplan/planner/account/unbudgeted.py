"""What a change costs at once: pods that manage deletes outside any budget (M20, M23).

Narrowing a selector, an affinity or a toleration, removing a label from nodes or tainting them makes nodes ineligible;
their pods go in the very next pass (up to 250 of them, C12, the rest in the passes right after), whatever
maxUnavailable says.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...diff import ActionReason
from ...model.meta import Identity
from .types import Account, DaemonSetAccount
from .words import LotKind

__all__ = ["UnbudgetedDeletions", "unbudgeted_deletions"]


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


def unbudgeted_deletions(account: Account, nodes: Sequence[str]) -> tuple[UnbudgetedDeletions, ...]:
    """Return what is deleted outside any budget because nodes are not eligible, for each DaemonSet that loses pods so.

    `nodes` are the names of the plan's nodes.

    >>> unbudgeted_deletions(Account(), ())
    ()
    """
    found = (_of(entry, nodes) for entry in account.daemonsets)
    return tuple(deletions for deletions in found if deletions.pods)


def _of(entry: DaemonSetAccount, nodes: Sequence[str]) -> UnbudgetedDeletions:
    names: list[str] = []
    pods = 0
    for row in entry.rows:
        going = sum(lot.kind is LotKind.DELETED and lot.reason == ActionReason.NOT_ELIGIBLE for lot in row.lots)
        if going:
            names += [nodes[position] for position in row.nodes]
            pods += going * len(row.nodes)
    budget = entry.budget
    allowed = budget.max_unavailable if budget is not None and not budget.max_surge else None
    return UnbudgetedDeletions(entry.identity, tuple(sorted(names)), pods, allowed)
