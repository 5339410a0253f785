"""What the objects tell of one target's roll-out: which units have gone, since when they are ready, which fail.

Nothing of this is remembered; whoever reads the same objects at the same moment finds the same. Invariants: a unit that
has gone wears the current revision or is on its way to it; a node that joined after the roll-out began is no unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property

from pyroaring import BitMap

from ..diff.shapes import EXCESS, new_and_old
from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.node import Node
from ..model.pod import Pod
from ..observe.failing import LEAST_PATIENCE, failure_of, patience_of
from ..observe.shape import ready_since
from .subjects import Subject, Units

__all__ = ["Facts", "readiness_changed"]

_MINUTE = timedelta(minutes=1)
_SKEW = timedelta(minutes=5)
"""How far the clocks of a cluster and its host may be apart."""
_ARRIVAL = timedelta(minutes=10)
"""How long after its node the first pod of a DaemonSet is made, at most."""
_SIBLINGS = 200
"""Pods whose start-up is looked at to know how long one takes."""


class Facts:
    """One target at one moment. `began` is when the policy first saw its present revision."""

    def __init__(self, subject: Subject, units: Units, index: NodeIndex, began: datetime, now: datetime) -> None:
        self.subject = subject
        self.units = units
        self._index = index
        self._began = began
        self._now = now

    @property
    def identity(self) -> Identity:
        """(DaemonSet, namespace, name)."""
        return self.subject.identity

    @property
    def hash(self) -> str:
        """The hash of the present revision."""
        return self.subject.observed.history.hash

    @property
    def uid(self) -> str:
        """The uid of the DaemonSet."""
        return self.subject.daemonset.metadata.uid

    @property
    def left(self) -> BitMap:
        """Nodes whose pod is of an older revision, available or not."""
        return self.units.old | self.units.sick

    @cached_property
    def new(self) -> BitMap:
        """Nodes whose pod is of the present revision or on its way."""
        return self.units.updated | self.units.superseded | self.units.rising

    @cached_property
    def joined(self) -> BitMap:
        """Nodes that joined after the roll-out began: their pods were never replaced.

        Of a node that is made later than now nobody knows when it joined: the clock was set back.
        """
        later = (p for p in self.new if _is_later(self._index.nodes[p], self._began))
        return BitMap(p for p in later if not _is_later(self._index.nodes[p], self._now))

    @cached_property
    def fresh(self) -> BitMap:
        """Nodes that joined with their new pod: no canary, whoever forgot what.

        They are younger than the newest revision, or their pod is the first that they have: it came with the node.
        """
        history = self.subject.observed.history
        revisions = [revision for revision, _ in history.old] + ([history.current] if history.current else [])
        made = [r.metadata.creation_timestamp for r in revisions if r.metadata.creation_timestamp is not None]
        newest = max(made, default=None)
        later = (p for p in self.new if newest is not None and _is_later(self._index.nodes[p], newest))
        return self.joined | BitMap(later) | BitMap(p for p in self.new if self._is_first(p))

    def _is_first(self, position: int) -> bool:
        """Return whether a new pod was made so soon after its node that it cannot have replaced another."""
        pod, node_made = self.pod(position), self._index.nodes[position].metadata.creation_timestamp
        made = pod.metadata.creation_timestamp if pod is not None else None
        return made is not None and node_made is not None and node_made <= made <= node_made + _ARRIVAL

    @property
    def base(self) -> int:
        """How many pods a percentage of a step is of: those of the nodes that did not join meanwhile."""
        return len(self.units.wanted - self.joined)

    @property
    def is_through(self) -> bool:
        """Whether every wanted pod is of this revision and available, and some are wanted."""
        return bool(self.units.wanted) and self.units.wanted == self.units.updated

    def pod(self, position: int) -> Pod | None:
        """Return the live pod of the present revision on a node."""
        group = self.subject.observed.groups.get(self._index.names[position])
        place = new_and_old(group.shape)[0] if group else None
        return None if group is None or place is None or place == EXCESS else group.pods[place]

    def ready_moments(self, nodes: Iterable[int]) -> list[datetime]:
        """Return since when the new pods of nodes are ready, the longest first; one that does not tell is so now."""
        found = []
        for position in nodes:
            pod = self.pod(position)
            since = ready_since(pod) if pod is not None else None
            found.append(since or self._now)
        return sorted(found)

    def broken(self, not_ready: BitMap, *, since_began: bool = False) -> BitMap:
        """Return the nodes that became not ready after their present pod, of this revision, was made.

        Where one of the two moments is not recorded, or the clock was set back since, the revision is not taken to be
        innocent. With `since_began`, nodes that fell well before the roll-out began are not its doing: somebody goes
        back to a revision that they had before.
        """
        found = BitMap()
        since_began = since_began and self._began <= self._now
        for position in not_ready & self.new:
            pod = self.pod(position)
            if pod is None:
                continue
            made, fell = pod.metadata.creation_timestamp, _transition(self._index.nodes[position])
            if since_began and fell is not None and fell < self._began - _SKEW:
                continue
            if made is None or fell is None or fell >= made or made > self._now:
                found.add(position)
        return found

    def failing(self, not_ready: BitMap) -> Mapping[int, str]:
        """Return the nodes whose new pod will not become available, with the evidence; not those of broken nodes."""
        found: dict[int, str] = {}
        patience: float | None = None
        for position in self.units.rising - not_ready:
            pod = self.pod(position)
            reason = failure_of(pod, self._now, LEAST_PATIENCE) if pod is not None else ""
            if pod is not None and reason.startswith("not ready for"):
                patience = patience or patience_of(self.subject.daemonset, self._siblings())
                reason = failure_of(pod, self._now, patience)
            if reason:
                found[position] = reason
        return found

    def created_lately(self) -> Iterable[datetime]:
        """Yield when pods of this revision were created, of those within the last minute, not those of joined nodes."""
        for position in self.units.rising | self.units.updated:
            pod = self.pod(position)
            made = pod.metadata.creation_timestamp if pod is not None else None
            if (
                made is not None
                and self._now - made < _MINUTE
                and not _is_later(self._index.nodes[position], shifted(made, -60))
            ):
                yield min(made, self._now)

    def _siblings(self) -> Iterable[Pod]:
        pods = (self.pod(position) for position in self.units.updated[:_SIBLINGS])
        return [pod for pod in pods if pod is not None]


def readiness_changed(before: Pod | None, after: Pod | None) -> bool:
    """Return whether a change of a pod may change what a roll-out makes of it, beyond the facts of a pass.

    A pod that restarts between two looks is ready both times; what tells is the moment of its last transition.
    """
    if before is None or after is None:
        return False
    one, two = before.status, after.status
    return one.container_statuses != two.container_statuses or ready_since(before) != ready_since(after)


def _is_later(node: Node, moment: datetime) -> bool:
    created = node.metadata.creation_timestamp
    return created is not None and created > moment


def _transition(node: Node) -> datetime | None:
    return next((c.last_transition_time for c in node.status.conditions if c.type == "Ready"), None)
