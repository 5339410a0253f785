"""One DaemonSet, kept up to date: which nodes are in which situation, after every event.

Invariant: unless `stale`, what `observation` returns is what `observe_daemonset` would return at `clock`. Every rule is
asked of the core: ownership, grouping, facts and verdicts; here is only who moves from which set to which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush

from pyroaring import BitMap

from ..constraints import Rule, constraints_of
from ..eligibility import NodeIndex, Verdict, Verdicts, propagate
from ..model.daemonset import HASH_LABEL, DaemonSet
from ..model.moments import shifted
from ..model.node import Node
from ..model.pod import Pod, target_node
from ..model.world import Note
from ..observe import Claim, Group, History, Observed, PodFact, Shape, group_by_node, observe_history
from ..observe.observed import template_generation
from ..observe.ownership import Ownership, claim, ownership_of
from ..observe.pods_by_node import PodsByNode
from ..observe.shape import fact_reader, ready_since
from ..passes.observation import Observation, Surroundings, observe_daemonset
from .decisions import Decision
from .nodes import LiveNodes, Move
from .situations import Situations

__all__ = ["Tracker"]

_READY, _AVAILABLE = int(PodFact.READY), int(PodFact.AVAILABLE)
_NO_VERDICTS = Verdicts(BitMap(), BitMap(), ())


class _LiveObservation(Observation, frozen=True, kw_only=True):
    """An observation that knows without looking which hashes are live and which pod becomes available next."""

    hash_counts: Counter[str]
    next_available: Pod | None

    def live_hashes(self) -> set[str]:
        """Return the hash labels of pods with a target node (H9)."""
        return {label for label, pods in self.hash_counts.items() if pods > 0 and label}

    def becoming_available(self, index: NodeIndex) -> Iterator[Pod]:
        """Yield the pod that becomes available first (R29)."""
        if self.next_available is not None:
            yield self.next_available


def _as_dict(groups: Mapping[str, Group]) -> dict[str, Group]:
    return groups.to_dict() if isinstance(groups, PodsByNode) else dict(groups)


class Tracker:
    """One incarnation of a DaemonSet.

    `stale`: all is read anew before the next pass; `dirty`: the next pass is due.

    `restless`: every pass comes to something else, since back-off would start now (M10).
    """

    def __init__(self, daemonset: DaemonSet, rules: tuple[Rule, ...], serial: int) -> None:
        self.daemonset = daemonset
        self.constraints = constraints_of(daemonset, rules)
        self.serial = serial
        self.stale = True
        self.history_stale = False
        self.dirty = True
        self.restless = False
        self.decision: Decision | None = None
        self.named: frozenset[str] = frozenset()
        self.clock: datetime | None = None
        self.situations = Situations(_NO_VERDICTS, ())
        self.groups: dict[str, Group] = {}
        self.vanished: dict[str, Group] = {}
        self.adopted: dict[str, Pod] = {}
        self.released: dict[str, Pod] = {}
        self._gone: dict[str, dict[str, Pod]] = {}
        self._adrift: dict[str, Pod] = {}
        self._hash_counts: Counter[str] = Counter()
        self._soon_available: list[tuple[datetime, str, str]] = []
        self._notes: tuple[Note, ...] = ()
        self._history: History | None = None
        self._anchored = True

    # Reading everything

    def refresh(self, around: Surroundings) -> None:
        """Bring everything up to `around.now`: read what is stale; pods become available (S2)."""
        now = around.now
        if self.clock is not None and now < self.clock and self.daemonset.spec.min_ready_seconds > 0:
            self.stale = True
        if self.history_stale and not self.stale:
            self._read_history(around)
        self.clock = now
        if self.stale:
            self._read_all(around)
        elif self._soon_available:
            self._make_available(around)

    def _read_all(self, around: Surroundings) -> None:
        verdicts = propagate(self.constraints, around.index)
        observation = observe_daemonset(self.daemonset, around, verdicts)
        observed = observation.observed
        self.groups, self.vanished = _as_dict(observed.groups), observed.vanished
        self.situations = Situations(verdicts, observed.situations)
        self._notes = observation.notes
        self._set_history(observed.history, around)
        self.adopted = {pod.metadata.name: pod for pod in observed.claim.adopted}
        self.released = {pod.metadata.name: pod for pod in observed.claim.released}
        self._adrift = {pod.metadata.name: pod for pod in observed.adrift}
        self._gone = {}
        for pod in observed.gone:
            self._gone.setdefault(target_node(pod) or "", {})[pod.metadata.name] = pod
        adrift = self._adrift
        self._hash_counts = Counter(
            pod.metadata.labels.get(HASH_LABEL, "")
            for pod in observed.claim.claimed
            if not adrift or pod.metadata.name not in adrift
        )
        self._soon_available = [
            entry for name, group in self.groups.items() for entry in self._not_yet_available(name, group)
        ]
        heapify(self._soon_available)
        self.stale = self.history_stale = False
        self.dirty = True

    def _read_history(self, around: Surroundings) -> None:
        """Read the revisions anew; where the current hash is another, all pods have to be looked at again."""
        before = self._history
        revisions = claim(self.daemonset, around.revisions)
        known = around.hashes.get(self.daemonset.identity, "")
        history = observe_history(self.daemonset, revisions, known)
        was_anchored = self._anchored
        self._set_history(history, around)
        self.history_stale = False
        if before is None or history.hash != before.hash or not (was_anchored and self._anchored):
            self.stale = True

    def _set_history(self, history: History, around: Surroundings) -> None:
        self._history = history
        revisions = history.current is not None or bool(history.old)
        self._anchored = revisions or bool(around.hashes.get(self.daemonset.identity))

    # Pods

    def pod_changed(self, before: Pod | None, after: Pod | None, nodes: LiveNodes) -> None:
        """Take note that a pod came, went or is another; pods that are nothing to this DaemonSet may be told, too."""
        if self.stale:
            return
        if not self._anchored:
            # The current hash is learned from the pods (H13), so any of them may change it for all.
            self.stale = self.dirty = True
            return
        name = after.metadata.name if after is not None else before.metadata.name if before is not None else ""
        if name in self.named:
            self.dirty = True
        left = self._forget(before) if before is not None else None
        joined = self._admit(after) if after is not None else None
        if left is not None and left != joined:
            self._regroup(left, name, None, nodes)
        if joined is not None:
            self._regroup(joined, name, after, nodes)

    def _forget(self, pod: Pod) -> str | None:
        """Take a pod out of all but its group; return its node if it has one."""
        kind = ownership_of(self.daemonset, pod)
        if kind is Ownership.FOREIGN:
            return None
        name = pod.metadata.name
        if kind is not Ownership.CLAIMED:
            (self.adopted if kind is Ownership.ADOPTED else self.released).pop(name, None)
            self.dirty = True
        if kind is Ownership.RELEASED:
            return None
        node = target_node(pod)
        if node is None:
            self._adrift.pop(name, None)
        else:
            self._count_live_hash(pod, -1)
        return node

    def _admit(self, pod: Pod) -> str | None:
        """Enter a pod everywhere but in its group; return its node if it has one."""
        kind = ownership_of(self.daemonset, pod)
        if kind is Ownership.FOREIGN:
            return None
        name = pod.metadata.name
        if kind is not Ownership.CLAIMED:
            (self.adopted if kind is Ownership.ADOPTED else self.released)[name] = pod
            self.dirty = True
        if kind is Ownership.RELEASED:
            return None
        node = target_node(pod)
        if node is None:
            self._adrift[name] = pod
        else:
            self._count_live_hash(pod, 1)
        return node

    def _count_live_hash(self, pod: Pod, number: int) -> None:
        label = pod.metadata.labels.get(HASH_LABEL, "")
        self._hash_counts[label] += number
        if self._hash_counts[label] == max(0, number):
            self.dirty = True  # the first or last pod with it, so clean-up may decide otherwise

    def _regroup(self, node: str, name: str, pod: Pod | None, nodes: LiveNodes) -> None:
        """Group a node's pods again; `name` is out, `pod` is in."""
        assert self.clock is not None
        assert self._history is not None
        before, gone = self.groups.get(node), self._gone.pop(node, {})
        pods = [*(before.pods if before else ()), *gone.values()]
        pods = [other for other in pods if other.metadata.name != name]
        if pod is not None:
            pods.append(pod)
        self._gather(node, pods, nodes)

    def _gather(self, node: str, pods: Iterable[Pod], nodes: LiveNodes) -> None:
        before = self.groups.get(node)
        grouping = group_by_node(pods, self._reader())
        if grouping.gone:
            self._gone[node] = {pod.metadata.name: pod for pod in grouping.gone}
        after = grouping.groups.get(node)
        if after is None:
            self.groups.pop(node, None)
        else:
            self.groups[node] = after
            for entry in self._not_yet_available(node, after):
                heappush(self._soon_available, entry)
                self.dirty = True
        was, now = before.shape if before else (), after.shape if after else ()
        position = nodes.ids.get(node)
        if position is None:
            self._vanish(node, after)
        elif was != now:
            self.situations.reshape(position, was, now)
        if was != now:
            self.dirty = True

    def _vanish(self, node: str, group: Group | None) -> None:
        self.vanished.pop(node, None)
        if group is not None:
            self.vanished[node] = group

    # Time

    def _reader(self) -> Callable[[Pod], int]:
        assert self.clock is not None
        assert self._history is not None
        return fact_reader(
            current_hash=self._history.hash,
            template_generation=template_generation(self.daemonset),
            min_ready_seconds=self.daemonset.spec.min_ready_seconds,
            now=self.clock,
        )

    def _not_yet_available(self, node: str, group: Group) -> Iterator[tuple[datetime, str, str]]:
        for pod, facts in zip(group.pods, group.shape, strict=True):
            if facts & _READY and not facts & _AVAILABLE and (since := ready_since(pod)) is not None:
                yield self._available_at(since), node, pod.metadata.name

    def _available_at(self, since: datetime) -> datetime:
        return shifted(since, self.daemonset.spec.min_ready_seconds)

    def has_newly_available(self, now: datetime) -> bool:
        """Return whether some pod's minReadySeconds are over by now."""
        return bool(self._soon_available) and self._soon_available[0][0] <= now

    def _make_available(self, around: Surroundings) -> None:
        """Read those pods again whose minReadySeconds are over (S2)."""
        nodes = around.index
        assert isinstance(nodes, LiveNodes)
        while self._soon_available and self._soon_available[0][0] <= around.now:
            _, node, _ = heappop(self._soon_available)
            group = self.groups.get(node)
            if group is not None:
                self._gather(node, (*group.pods, *self._gone.pop(node, {}).values()), nodes)

    def _next_available(self) -> Pod | None:
        """Return the pod that becomes available first; entries that no longer hold are dropped."""
        while self._soon_available:
            due, node, name = self._soon_available[0]
            group = self.groups.get(node)
            for pod in group.pods if group else ():
                if (
                    pod.metadata.name == name
                    and group is not None
                    and (due, node, name) in self._not_yet_available(node, group)
                ):
                    return pod
            heappop(self._soon_available)
        return None

    # Nodes

    def node_added(self, name: str, position: int, verdict: Verdict) -> None:
        """Take note of a new node; its pods, if there are any, are on a vanished node no longer."""
        if self.stale:
            return
        self.vanished.pop(name, None)
        shape = self._shape(name)
        self.situations.add(position, verdict, shape)
        if verdict is Verdict.RUN or shape:
            self.dirty = True

    def node_removed(self, name: str, position: int) -> None:
        """Take note that a node is gone; its pods stay, on a vanished node."""
        if self.stale:
            return
        group, shape = self.groups.get(name), self._shape(name)
        verdict = self.situations.remove(position, shape)
        if group is not None:
            self.vanished[name] = group
        if verdict is Verdict.RUN or shape:
            self.dirty = True

    def node_judged(self, name: str, position: int, verdict: Verdict) -> None:
        """Take note of the verdict for a node that has changed."""
        if self.stale or self.situations.verdicts.of(position) is verdict:
            return
        shape = self._shape(name)
        before = self.situations.judge(position, verdict, shape)
        if shape or Verdict.RUN in (before, verdict):
            self.dirty = True

    def nodes_moved(self, moves: Sequence[Move], nodes: LiveNodes) -> None:
        """Take note that nodes have other ids; `nodes` has the new ones."""
        if not self.stale:
            self.situations.renumber(moves, [self._shape(nodes.names[new]) for _, new in moves])

    def node_reordered(self) -> None:
        """Take note that some node became sick or well or moved to another zone: the written order is another."""
        if self.decision is None or not self.decision.complete:
            self.dirty = True

    def _shape(self, node: str) -> Shape:
        group = self.groups.get(node)
        return group.shape if group else ()

    # What a pass sees

    def observation(self) -> Observation:
        """Return what a pass sees now. It shares sets with this tracker: use it before the next event."""
        assert self._history is not None
        claimed: tuple[Pod, ...] = tuple(self._claimed()) if self._history.duplicates else ()
        observed = Observed(
            history=self._history,
            verdicts=self.situations.verdicts,
            claim=Claim(claimed, tuple(self.adopted.values()), tuple(self.released.values())),
            groups=self.groups,
            situations=self.situations.all(),
            vanished=dict(sorted(self.vanished.items())),
            gone=(),
            adrift=(),
        )
        return _LiveObservation(
            verdicts=self.situations.verdicts,
            observed=observed,
            notes=self._notes,
            hash_counts=self._hash_counts,
            next_available=self._next_available() if self._soon_available else None,
        )

    def _claimed(self) -> Iterator[Pod]:
        for group in self.groups.values():
            yield from group.pods
        for pods in self._gone.values():
            yield from pods.values()
        yield from self._adrift.values()

    def live_hashes(self) -> list[str]:
        """Return the hash labels of pods."""
        return sorted(label for label, pods in self._hash_counts.items() if pods > 0)

    def accept(self, daemonset: DaemonSet) -> None:
        """Take the new version of the DaemonSet; whatever its pods and nodes are judged by makes this stale."""
        before, self.daemonset = self.daemonset, daemonset
        self.dirty = True
        if daemonset.status.collision_count != before.status.collision_count:
            self.history_stale = True

    def decided(self, decision: Decision, *, restless: bool) -> None:
        """Keep the outcome of a pass."""
        self.decision, self.restless, self.dirty = decision, restless, False
        self.named = frozenset(action.name for action in decision.actions if action.kind == "Pod" and action.name)

    def pods_on(self, node: Node | str) -> tuple[Pod, ...]:
        """Return the pods of a node in the order M19."""
        group = self.groups.get(node if isinstance(node, str) else node.name)
        return group.pods if group else ()
