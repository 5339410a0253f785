"""A cluster in memory: objects, a clock, kubelets and a scheduler; everything but the controller.

Drive it by `carry_out` (writes of a controller or host), `inject` (somebody else's changes) and `advance` (time).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from ..constraints import BUILTIN_RULES, Rule
from ..diff import Action, Blueprint
from ..model.arguments import check_moment, check_world
from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import Identity
from ..model.node import Node
from ..model.pod import Pod
from ..model.world import World
from ..passes import DaemonSetStep
from ..passes.memory import next_state
from ..passes.observation import Observation
from .coverage import Coverage
from .kubelet import Kubelet, SteadyKubelet
from .log import LogEntry, LogEntryKind
from .objects import Objects
from .pod_lifecycle import PodLifecycle
from .preparation import prepared_world
from .scheduler import EverythingFits, SchedulerFactory
from .store import Key, key_of
from .writes import PodBuilder, adopted, new_revision, relabelled, released, updated_revision, with_status

__all__ = ["Cluster", "Object", "Removed", "pod_name"]

Object = Node | Pod | DaemonSet


class Removed(msgspec.Struct, frozen=True):
    """Somebody else's deletion of an object: a node that leaves, a pod deleted by hand, a DaemonSet.

    `orphan` is what `kubectl delete --cascade=orphan` says: pods and revisions of a DaemonSet stay, without an owner.
    """

    item: Object
    orphan: bool = False


def pod_name(daemonset: DaemonSet, node: str, number: int) -> str:
    """Return the name of the `number`th pod created for a DaemonSet on a node; an API server picks one at random."""
    return f"{daemonset.name}-{node}-{number}"


class Cluster:
    """A cluster that a controller can be let loose on.

    Deterministic: the same calls give the same objects and the same log. `scheduler` makes the scheduler for a world;
    `naming(daemonset, node, number)` names created pods; `objects` makes what holds the objects, for who would watch.

    >>> from datetime import UTC, timedelta
    >>> from dsplan.manifests.decode import decode
    >>> from dsplan.passes import step
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}},
    ... ])
    >>> cluster = Cluster(world, now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> cluster.carry_out(step(cluster.world, now=cluster.now).actions)
    >>> cluster.advance(cluster.now + timedelta(seconds=20))
    >>> [(entry.at.second, str(entry.kind)) for entry in cluster.log]
    [(1, 'created'), (15, 'ready'), (15, 'available')]
    """

    def __init__(
        self,
        world: World,
        kubelet: Kubelet | None = None,
        *,
        now: datetime,
        scheduler: SchedulerFactory = EverythingFits,
        rules: Iterable[Rule] = BUILTIN_RULES,
        naming: Callable[[DaemonSet, str, int], str] | None = None,
        objects: Callable[[World, tuple[Rule, ...]], Objects] = Objects,
    ) -> None:
        check_world(world)
        check_moment(now)
        self.objects = objects(prepared_world(world), tuple(rules))
        self.log: list[LogEntry] = []
        self._naming = naming or pod_name
        self._numbers: dict[tuple[Identity, str], int] = {}
        self._builders: dict[Identity, PodBuilder] = {}
        self._lifecycle = PodLifecycle(self.objects, kubelet or SteadyKubelet(), scheduler, self.log, now)

    def __repr__(self) -> str:
        return f"Cluster({self.world!r}, now={self.now.isoformat()})"

    @property
    def now(self) -> datetime:
        """The moment up to which time has passed."""
        return self._lifecycle.now

    @property
    def next_due(self) -> datetime | None:
        """When something happens by itself; None where only a write or a change can."""
        return self._lifecycle.next_due

    def in_flight(self, identity: Identity) -> int:
        """Return how many creations for a DaemonSet were issued and do not exist yet (C7)."""
        return self._lifecycle.in_flight(identity)

    def pending(self) -> set[tuple[Identity | None, str]]:
        """Return the DaemonSets (None for other pods) and nodes about which something will happen by itself."""
        return set(self._lifecycle.pending)

    @property
    def world(self) -> World:
        """Everything as a World."""
        return self.objects.world

    def observation(self, identity: Identity) -> Observation:
        """Return what a pass over a DaemonSet would see now; it is out of date after the next change."""
        return self.objects.observation(identity, self.objects.surroundings(self.now))

    def coverage(self, identity: Identity) -> Coverage:
        """Return which nodes of a DaemonSet are down now, and the counts since the beginning."""
        return self.objects.coverage(identity, self.objects.surroundings(self.now))

    def advance(self, until: datetime) -> None:
        """Let time pass up to and including a moment; what kubelets and scheduler do is in the log."""
        self._lifecycle.advance(until)

    def remember(self, entry: DaemonSetStep) -> None:
        """Take a pass's additions to the State, after its actions were carried out.

        Deletions count as seen at once, creations when the pod exists (C8).
        """
        objects = self.objects
        for item in entry.backoffs:
            objects.backoffs[item.daemonset_uid, item.observed_generation, item.node] = item
        if entry.expectation is not None:
            creates = self._lifecycle.in_flight(entry.identity)
            expectation = msgspec.structs.replace(entry.expectation, creates=creates, deletes=0)
            if creates:
                objects.expectations[entry.identity] = expectation
            else:
                objects.expectations.pop(entry.identity, None)
        if len(objects.backoffs) > 2 * len(objects.nodes) + 100:
            kept = next_state(objects.state, objects.backoffs, {}, self.now).backoffs
            objects.backoffs = {(item.daemonset_uid, item.observed_generation, item.node): item for item in kept}

    def carry_out(self, actions: Iterable[Action]) -> None:
        """Write what a controller or host decided, in the given order.

        A write to an object that is gone, or that is not the one the action was meant for, does nothing.
        """
        for action in actions:
            if action.kind == "Pod":
                self._write_pod(action)
            elif action.kind == "ControllerRevision":
                self._write_revision(action)
            elif action.kind == "DaemonSet" and action.daemonset in self.objects.daemonsets:
                self.objects.put_daemonset(with_status(self.objects.daemonsets[action.daemonset], action.change))

    def inject(self, *changes: Object | Removed) -> None:
        """Let somebody else add, change or remove nodes, pods and DaemonSets.

        A pod whose DaemonSet is removed goes with it, as garbage collection would have it (C2), unless it is orphaned.
        """
        for change in changes:
            gone = isinstance(change, Removed)
            item = change.item if isinstance(change, Removed) else change
            if isinstance(item, Node):
                self._lifecycle.nodes_changed(item, gone=gone)
            elif isinstance(item, Pod):
                self._inject_pod(item, gone=gone)
            else:
                self._inject_daemonset(item, gone=gone, orphan=isinstance(change, Removed) and change.orphan)

    def _inject_pod(self, pod: Pod, *, gone: bool) -> None:
        if gone:
            self._lifecycle.delete(key_of(pod), "")
        else:
            self._lifecycle.add_pod(pod, self.objects.owner_identity(pod), number=1, reason="")

    def _inject_daemonset(self, daemonset: DaemonSet, *, gone: bool, orphan: bool) -> None:
        identity = daemonset.identity
        self.log.append(LogEntry(self.now, LogEntryKind.CHANGED, identity))
        if not gone:
            before = self.objects.daemonsets.get(identity)
            if not daemonset.metadata.uid:
                uid = before.metadata.uid if before else str(identity)
                metadata = msgspec.structs.replace(daemonset.metadata, uid=uid)
                daemonset = msgspec.structs.replace(daemonset, metadata=metadata)
            if before is not None and before.spec.template != daemonset.spec.template:
                self.objects.hashes.pop(identity, None)
            self.objects.put_daemonset(daemonset)
            self._lifecycle.template_changed()
            self._lifecycle.watch_availability(daemonset)
            return
        stored = self.objects.daemonsets.get(identity)
        if stored is not None and orphan:
            self._orphan(stored)
        for pod in self.objects.pods.owned_by(stored) if stored else ():
            self._lifecycle.delete(key_of(pod), "")
        self.objects.remove_daemonset(identity)

    def _orphan(self, daemonset: DaemonSet) -> None:
        """Take the owner from everything that a DaemonSet controls."""
        for pod in list(self.objects.pods.owned_by(daemonset)):
            self.objects.put_pod(released(pod))
        for revision in list(self.objects.revisions.owned_by(daemonset)):
            self.objects.put_revision(released(revision))

    def _write_pod(self, action: Action) -> None:
        if action.verb == "create":
            if action.blueprint is not None and action.daemonset in self.objects.daemonsets:
                self._create(action, action.blueprint)
            return
        key = (action.namespace, action.name)
        pod = self.objects.pods.get(key)
        if pod is None or (action.precondition and action.precondition.uid != pod.metadata.uid):
            return
        if action.verb == "delete":
            self._lifecycle.delete(key, str(action.reason))
        else:
            self.objects.put_pod(self._patched(action, pod))

    def _patched(self, action: Action, pod: Pod) -> Pod:
        if action.change:
            return relabelled(pod, action.change["hash"])
        if self.objects.owner_identity(pod) == action.daemonset:
            return released(pod)
        return adopted(pod, self.objects.daemonsets[action.daemonset])

    def _create(self, action: Action, blueprint: Blueprint) -> None:
        identity, node = action.daemonset, action.node
        builder = self._builders.get(identity)
        if builder is None or (builder.blueprint is not blueprint and builder.blueprint != blueprint):
            builder = self._builders[identity] = PodBuilder(blueprint)
        number = self._numbers.get((identity, node), 0) + 1
        name = self._naming(self.objects.daemonsets[identity], node, number)
        while self.objects.pods.get((action.namespace, name)) is not None:
            number += 1
            name = self._naming(self.objects.daemonsets[identity], node, number)
        self._numbers[identity, node] = number
        self._lifecycle.create_pod(builder, identity, node, name, number, str(action.reason))

    def _write_revision(self, action: Action) -> None:
        key: Key = (action.namespace, action.name)
        if action.verb == "delete":
            self.objects.remove_revision(key)
            return
        stored: ControllerRevision | None = self.objects.revisions.get(key)
        if action.verb == "create":
            self.objects.put_revision(
                new_revision(self.objects.daemonsets[action.daemonset], action.name, action.change)
            )
        elif stored is not None:
            self.objects.put_revision(updated_revision(stored, action.change))
