"""The connection between a cluster and a host: events can be late, lost, twice, in another order; lists can be old."""

from __future__ import annotations

from ..reconciler import EventOutcome, Reconciler
from .cluster import KINDS, FakeCluster, Logged

__all__ = ["Wire"]


class Wire:
    """A watch of all kinds. Nothing arrives by itself: `deliver` says how much does.

    After a loss the watch is broken, as its client will notice sooner or later: `relist` mends it.
    """

    def __init__(self, cluster: FakeCluster) -> None:
        self.cluster = cluster
        self.pending: list[Logged] = []
        self.broken = False
        self._read = cluster.version

    def fetch(self) -> None:
        """Take up what happened in the cluster; it is pending until delivered."""
        self.pending.extend(self.cluster.since(self._read))
        self._read = self.cluster.version

    def deliver(self, reconciler: Reconciler, number: int | None = None) -> None:
        """Hand over the first pending events, all of them where no number is given."""
        self.fetch()
        number = len(self.pending) if number is None else number
        for entry in self.pending[:number]:
            reconciler.observe(entry.event)
        del self.pending[:number]

    def lose(self, place: int) -> None:
        """Lose one pending event."""
        if self.pending:
            del self.pending[place % len(self.pending)]
            self.broken = True

    def repeat(self, place: int) -> None:
        """Let one pending event come again after all others."""
        if self.pending:
            self.pending.append(self.pending[place % len(self.pending)])

    def replay(self, place: int) -> None:
        """Let some event of the past come once more."""
        log = list(self.cluster.since(0))
        if log:
            self.pending.append(log[place % len(log)])

    def swap(self, place: int) -> None:
        """Let one pending event overtake the one before it."""
        if len(self.pending) > 1:
            at = place % (len(self.pending) - 1)
            self.pending[at], self.pending[at + 1] = self.pending[at + 1], self.pending[at]

    def relist(self, reconciler: Reconciler, *, at: int | None = None) -> bool:
        """List everything, as of an earlier version if given; return whether all lists were believed."""
        believed = True
        for kind in KINDS:
            listing = self.cluster.list(kind, at=at)
            news = reconciler.replace(kind, listing.items, resource_version=listing.resource_version)
            believed = believed and news is not EventOutcome.STALE
        if believed:
            self._read = self.cluster.version if at is None else min(at, self.cluster.version)
            self.pending.clear()
            self.broken = False
        return believed
