"""Objects, State and a tracker per DaemonSet, kept up to date by events; `passes` decides from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ..constraints import Rule
from ..eligibility import Verdict
from ..errors import InputError, Problem
from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import Identity, ObjectMeta, controller_of
from ..model.node import Node
from ..model.pod import Pod, target_node
from ..model.state import State
from ..model.world import FIELDS, World
from ..policies.facts import readiness_changed
from ..policies.subjects import is_unschedulable
from .classes import NodeClasses
from .freshness import KindStore, is_older
from .images import ImageSizes
from .live_policies import LivePolicies
from .live_state import LiveState
from .nodes import LiveNodes
from .observed_writes import note_list, note_observed_write
from .store import Store, objects_of
from .tracker import Tracker
from .trees import kind_of

__all__ = ["WATCHED", "ClusterCache"]

_DECIDING = ("Node", "DaemonSet", "ControllerRevision", "Pod")
WATCHED = ("RolloutPolicy", *_DECIDING)
"""The kinds that decide, in the order in which to list them; a cluster may do without RolloutPolicy.

Whole plans (`solve`) look at more: priority and runtime classes, limits, budgets, volumes, deployments.
"""

_Key = tuple[str, str]


class ClusterCache:
    """The objects, the State, and a tracker per DaemonSet."""

    def __init__(self, world: World, rules: tuple[Rule, ...]) -> None:
        self.store = Store()
        self.live_state = LiveState(world.state)
        self.clock: datetime | None = None
        self.classes = NodeClasses()
        self._given = world
        self.rules = rules
        self._serial = 0
        self._trackers: dict[_Key, Tracker] = {}
        self._in_order: list[Tracker] | None = None
        self.gone: set[Identity] = set()
        self._behind: set[str] = set()
        self.image_sizes = ImageSizes(world.image_sizes)
        self.live_policies = LivePolicies(world.state.rollouts, self.image_sizes.by_name)
        for kind, version in world.state.seen:
            if kind in self.store.kind_stores:
                self.store.kind_stores[kind].newest = version
        for kind, item, stamp in objects_of(world):
            self.store.put(kind, item, stamp)
        self.nodes = LiveNodes(world.nodes)
        for daemonset in world.daemonsets:
            self._track(daemonset)
        self._set_constraints()

    # Access

    def kind_store(self, kind: str) -> KindStore[Any]:
        """Return the store of a kind. Raises InputError for one that planning does not read."""
        if kind not in self.store.kind_stores:
            problem = Problem(
                reason="DecodeError", message="not a kind that is read", value=kind, accepted=tuple(FIELDS)
            )
            raise InputError.of([problem])
        return self.store.kind_stores[kind]

    def kind_store_of(self, item: Any) -> tuple[str, KindStore[Any]]:
        """Return the kind of an object and the store of that kind."""
        kind = kind_of(item)
        return kind, self.store.kind_stores[kind]

    def tracker(self, daemonset: Identity) -> Tracker | None:
        """Return the tracker of a DaemonSet."""
        return self._trackers.get((daemonset.namespace, daemonset.name))

    def trackers(self) -> list[Tracker]:
        """Return all trackers by namespace and name."""
        if self._in_order is None:
            self._in_order = [tracker for _, tracker in sorted(self._trackers.items(), key=lambda entry: entry[0])]
        return self._in_order

    def pods_on(self, daemonset: Identity, node: str) -> tuple[Pod, ...]:
        """Return the pods of a DaemonSet on a node, also where its tracker is stale."""
        tracker = self.tracker(daemonset)
        if tracker is None or not node:
            return ()
        if not tracker.stale:
            return tracker.pods_on(node)
        owned = self.store.pods.owned_by(tracker.daemonset)
        return tuple(pod for pod in owned if target_node(pod) == node)

    def world(self) -> World:
        """Return everything as a World."""
        return self.store.world(self._given, self.state(), self.image_sizes.by_name)

    def state(self) -> State:
        """Return what a restarted host needs besides the objects."""
        kind_stores = sorted(self.store.kind_stores.items())
        seen = tuple((kind, kind_store.newest) for kind, kind_store in kind_stores if kind_store.newest)
        state = self.live_state.state(self.clock)
        return msgspec.structs.replace(state, seen=seen, rollouts=self.live_policies.progress)

    @property
    def behind(self) -> list[str]:
        """The kinds that have to be listed before anything is decided."""
        return sorted(self._behind)

    def await_lists(self) -> None:
        """Decide nothing until each kind that decides was listed as of what was seen before (C5).

        Policies are among them where there were any: a host that forgot them for a moment would go beyond them.
        """
        self._behind = set(_DECIDING)
        if self.live_policies.progress or self.store.kind_stores["RolloutPolicy"].newest:
            self._behind.add("RolloutPolicy")

    def listed(self, kind: str, resource_version: str, *, settles: bool) -> None:
        """Take note of a complete list, which `settles` what became of writes whose answer is not known."""
        kind_store = self.store.kind_stores[kind]
        kind_store.listed_at = resource_version
        if is_older(kind_store.newest, resource_version):
            kind_store.newest = resource_version
        landed = note_list(self.live_state, self.store, kind)
        for daemonset in [*landed, *(self.live_state.settle(kind) if settles else ())]:
            self.wake(daemonset)
        if kind in self._behind:
            self._behind.discard(kind)
            for tracker in self._trackers.values():
                tracker.dirty = True

    # Changes

    def learn(self, images: Sequence[Any]) -> None:
        """Take note of the images that a node reports."""
        if images and self.image_sizes.learn(images):
            self.live_policies.dirty = True

    def put(self, kind: str, item: Any, stamp: ObjectMeta) -> None:
        """Take an object that is news. Raises ConstraintFault where a constraint raises; then nothing has changed."""
        if kind == "Node":
            self._put_node(item)
            return
        before = self.store.put(kind, item, stamp)
        self._changed(kind, before, item)

    def remove(self, kind: str, stamp: ObjectMeta) -> None:
        """Take note that an object is gone."""
        before = self.store.remove(kind, stamp)
        if before is None:
            return
        if kind == "Node":
            position = self.nodes.remove(before.name)
            self.live_policies.dirty = True
            for tracker in self._trackers.values():
                tracker.node_removed(before.name, position)
        else:
            self._changed(kind, before, None)

    def wake(self, daemonset: Identity) -> None:
        """Let the next pass over a DaemonSet be made."""
        tracker = self.tracker(daemonset)
        if tracker is not None:
            tracker.dirty = True

    def _changed(self, kind: str, before: Any, after: Any) -> None:
        for daemonset in note_observed_write(self.live_state, before, after):
            self.wake(daemonset)
        if kind == "Pod":
            for tracker in self._concerned(before, after):
                tracker.pod_changed(before, after, self.nodes)
                if self.live_policies.governs(tracker.daemonset.identity) and _is_news(before, after):
                    self.live_policies.dirty = True
        elif kind == "ControllerRevision":
            for tracker in self._concerned(before, after):
                tracker.history_stale = tracker.dirty = True
        elif kind == "DaemonSet":
            self._daemonset_changed(before, after)
        elif kind == "RolloutPolicy":
            self.live_policies.dirty = True

    def _concerned(
        self, before: Pod | ControllerRevision | None, after: Pod | ControllerRevision | None
    ) -> list[Tracker]:
        """Return the trackers an object may mean something to: its controller's, or where it has none all around."""
        found: dict[int, Tracker] = {}
        for item in (before, after):
            if item is None:
                continue
            owner, namespace = controller_of(item.metadata), item.metadata.namespace
            if owner is None:
                found.update((id(t), t) for key, t in self._trackers.items() if key[0] == namespace)
            elif owner.kind == "DaemonSet" and (tracker := self._trackers.get((namespace, owner.name))):
                found[id(tracker)] = tracker
        return list(found.values())

    def _daemonset_changed(self, before: DaemonSet | None, after: DaemonSet | None) -> None:
        if before is not None and (after is None or after.metadata.uid != before.metadata.uid):
            self.live_state.forget(before.identity)
        if after is None:
            assert before is not None
            self._trackers.pop((before.metadata.namespace, before.name))
            self._in_order = None
            self.gone.add(before.identity)
        elif before is not None and _reads_alike(before, after):
            self._trackers[after.metadata.namespace, after.name].accept(after)
            if before.metadata.deletion_timestamp != after.metadata.deletion_timestamp:
                self.live_policies.dirty = True
            return
        else:
            self._track(after)
        self.live_policies.dirty = True
        self._set_constraints()

    def _track(self, daemonset: DaemonSet) -> None:
        self._serial += 1
        key = daemonset.metadata.namespace, daemonset.name
        self._trackers[key] = Tracker(daemonset, self.rules, self._serial)
        self._in_order = None
        self.gone.discard(daemonset.identity)

    def _set_constraints(self) -> None:
        trackers = self._trackers.values()
        self.classes.set_constraints(constraint for tracker in trackers for constraint in tracker.constraints)

    # Nodes

    def _put_node(self, node: Node) -> None:
        before = self.nodes.get(node.name)
        if before is None:
            self._add_node(node)
            return
        alike = before.metadata.labels == node.metadata.labels and before.spec.taints == node.spec.taints
        verdicts = [] if alike else self._verdicts(node)
        self.store.put("Node", node, node.metadata)
        position, reordered = self.nodes.replace(node)
        self.live_policies.dirty = self.live_policies.dirty or reordered or not alike
        for tracker, verdict in verdicts:
            tracker.node_judged(node.name, position, verdict)
        if reordered:
            for tracker in self._trackers.values():
                tracker.node_reordered()

    def _add_node(self, node: Node) -> None:
        verdicts = self._verdicts(node)
        self.store.put("Node", node, node.metadata)
        moves = self.nodes.add(node)
        self.live_policies.dirty = True
        position = self.nodes.ids[node.name]
        if moves:
            for tracker in self._trackers.values():
                tracker.nodes_moved(moves, self.nodes)
        for tracker, verdict in verdicts:
            tracker.node_added(node.name, position, verdict)

    def _verdicts(self, node: Node) -> list[tuple[Tracker, Verdict]]:
        """Return what every tracker in use makes of a node; a class that is known costs a lookup each."""
        known = self.classes.of(node)
        verdict = self.classes.verdict
        return [
            (tracker, known.get(tracker.serial) or verdict(known, tracker.serial, tracker.constraints, node))
            for tracker in self._trackers.values()
            if not tracker.stale
        ]


def _is_news(before: Pod | None, after: Pod | None) -> bool:
    """Return whether policies may make another thing of a pod: it finds room or none, it restarted, it fails."""
    waits = [pod is not None and is_unschedulable(pod) for pod in (before, after)]
    return waits[0] != waits[1] or readiness_changed(before, after)


def _reads_alike(before: DaemonSet, after: DaemonSet) -> bool:
    """Return whether nothing differs that pods, nodes and constraints are judged by."""
    old, new = before.metadata, after.metadata
    return (
        old.uid == new.uid
        and old.labels == new.labels
        and old.annotations == new.annotations
        and before.spec == after.spec
    )
