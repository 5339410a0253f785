"""The life of pods: created, bound, ready, failed, terminating, gone, as kubelet and scheduler have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from ..constraints.taint_eviction import tolerated_seconds
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.node import Node
from ..model.pod import Pod, target_node
from ..observe.shape import is_ready, ready_since
from .event_queue import EventQueue
from .kubelet import BoundPod, Kubelet, PodTransition, PodTransitionKind
from .log import LogEntry, LogEntryKind
from .objects import Objects
from .scheduler import Scheduler, SchedulerFactory
from .store import Key, key_of
from .writes import PodBuilder, condition_set, terminating

__all__ = ["Place", "PodLifecycle"]

_PHASES = {
    PodTransitionKind.READY: ("Running", True, LogEntryKind.READY),
    PodTransitionKind.NOT_READY: ("Running", False, LogEntryKind.NOT_READY),
    PodTransitionKind.FAILED: ("Failed", False, LogEntryKind.FAILED),
    PodTransitionKind.SUCCEEDED: ("Succeeded", False, LogEntryKind.SUCCEEDED),
}
Place = tuple[Identity | None, str]
"""A DaemonSet (or None) on a node."""

_FINISHED = (PodTransitionKind.FAILED, PodTransitionKind.SUCCEEDED)
_UNTIL_CONFIRMED = 365 * 86_400


def _was_refused(pod: Pod) -> bool:
    """Return whether the real scheduler says that the pod does not fit: it knows more than an offline input shows."""
    return any(item.type == "PodScheduled" and item.status == "False" for item in pod.status.conditions)


class PodLifecycle:
    """Pods through time. `advance` is the only thing that moves the clock."""

    def __init__(
        self, objects: Objects, kubelet: Kubelet, scheduler: SchedulerFactory, log: list[LogEntry], now: datetime
    ) -> None:
        self.now = now
        self._objects = objects
        self._kubelet = kubelet
        self._make_scheduler = scheduler
        self._scheduler: Scheduler = scheduler(objects.world)
        self._log = log
        self._queue = EventQueue[tuple[Place, Callable[[], None]]]()
        self.pending: Counter[Place] = Counter()
        self._in_flight: Counter[Identity] = Counter()
        self._unbound: dict[str, list[Key]] = {}
        self._nominated: dict[str, dict[Key, tuple[Key, ...]]] = {}
        self._fallen: Counter[str] = Counter()
        self._tainted: Counter[str] = Counter()
        self._numbers: dict[Key, int] = {}
        for pod in sorted(objects.pods, key=key_of):
            self._take_over(pod)

    @property
    def next_due(self) -> datetime | None:
        """When something happens by itself."""
        return self._queue.next_due

    def in_flight(self, identity: Identity) -> int:
        """Return how many creations for a DaemonSet were issued and do not exist yet (C7)."""
        return self._in_flight[identity]

    def advance(self, until: datetime) -> None:
        """Let everything happen that is due up to and including a moment."""
        while (due := self._queue.next_due) is not None and due <= until:
            self.now = max(self.now, due)
            for place, happen in self._queue.take(due):
                self._settle(place)
                happen()
        self.now = max(self.now, until)

    def create_pod(
        self, builder: PodBuilder, identity: Identity, node: str, name: str, number: int, reason: str
    ) -> None:
        """Let a pod that was decided on come into existence, now or after the kubelet's `create` seconds."""
        after = self._kubelet.create(identity, node)
        self._in_flight[identity] += 1

        def finish() -> None:
            self._in_flight[identity] -= 1
            self._seen(identity)
            self.add_pod(builder.build(name, f"{name}/{number}", node, self.now), identity, number, reason)

        self._at(after, (identity, node), finish)

    def add_pod(self, pod: Pod, identity: Identity | None, number: int, reason: str) -> None:
        """Let a pod exist from now on."""
        self._numbers[key_of(pod)] = number
        node = target_node(pod) or ""
        self._log.append(LogEntry(self.now, LogEntryKind.CREATED, identity, node, pod.name, reason))
        if pod.spec.node_name:
            self._objects.put_pod(pod)
            self._begin(pod)
        elif not self._bind(pod):
            self._objects.put_pod(pod)

    def delete(self, key: Key, reason: str) -> None:
        """Delete a pod gracefully: it terminates, and is gone when its kubelet says so."""
        pod = self._objects.pods.get(key)
        if pod is None or pod.terminating:
            return
        self._note(LogEntryKind.DELETED, pod, reason)
        after = self._kubelet.stop(pod, self._objects.nodes.get(pod.spec.node_name), self.now)
        if after == 0:
            self._remove(key, pod.metadata.uid)
            return
        until = shifted(self.now, _UNTIL_CONFIRMED if after is None else after)
        self._objects.put_pod(terminating(pod, until))
        if after is not None:
            self._by_kubelet(after, pod, lambda: self._remove(key, pod.metadata.uid))

    def nodes_changed(self, node: Node, *, gone: bool) -> None:
        """Let a node join, change or leave; a node that recovers takes up its pods again."""
        before = self._objects.nodes.get(node.name)
        if gone:
            self._objects.set_nodes(removed=[node.name])
        else:
            self._objects.set_nodes(changed=[node])
        self._log.append(LogEntry(self.now, LogEntryKind.CHANGED, None, node.name))
        self._scheduler = self._make_scheduler(self._objects.world)
        if before is not None and not gone and before.ready != node.ready:
            self._fallen[node.name] += not node.ready
            for pod in sorted(self._objects.pods, key=key_of):
                if pod.spec.node_name == node.name:
                    self._revive(pod, node) if node.ready else self._lose(pod)
        if gone or before is None:
            self._appeared_or_left(node, gone=gone)
        if before is None or before.taints != node.taints or gone:
            self._taints_changed(node, gone=gone)
        self._retry(node.name)

    def template_changed(self) -> None:
        """Let the scheduler look at the DaemonSets anew."""
        self._scheduler = self._make_scheduler(self._objects.world)

    def watch_availability(self, daemonset: DaemonSet) -> None:
        """Note when each ready pod of a DaemonSet becomes available (S2)."""
        wait = max(0, daemonset.spec.min_ready_seconds)
        if not wait:
            return
        for pod in self._objects.pods.owned_by(daemonset):
            since = ready_since(pod)
            if is_ready(pod) and since is not None and shifted(since, wait) > self.now:
                self._available_at(pod, shifted(since, wait))

    def _take_over(self, pod: Pod) -> None:
        """Begin with a pod that was there before the simulation."""
        if not pod.spec.node_name:
            node = target_node(pod)
            if node is not None and not pod.terminating and (_was_refused(pod) or not self._bind(pod)):
                self._wait(pod, node)
            return
        self._resume(pod)
        node_of_pod = self._objects.nodes.get(pod.spec.node_name)
        if node_of_pod is not None:
            self._watch_taints(pod, node_of_pod)
        identity = self._objects.owner_identity(pod)
        if identity is not None and is_ready(pod):
            wait = max(0, self._objects.daemonsets[identity].spec.min_ready_seconds)
            since = ready_since(pod)
            if since is not None and shifted(since, wait) > self.now:
                self._available_at(pod, shifted(since, wait))

    def _appeared_or_left(self, node: Node, *, gone: bool) -> None:
        """Without its node a pod is collected some time later, unless a node of that name comes back (L2)."""
        self._fallen[node.name] += 1
        for pod in sorted(self._objects.pods, key=key_of):
            if pod.spec.node_name == node.name:
                self._collect(pod) if gone else self._revive(pod, node)

    def _collect(self, pod: Pod) -> None:
        """Let pod garbage collection take a pod whose node does not exist (M22, L2)."""
        after = self._kubelet.stop(pod, None, self.now)
        key, uid = key_of(pod), pod.metadata.uid

        def collected() -> None:
            current = self._objects.pods.get(key)
            if current is not None and current.metadata.uid == uid and not current.terminating:
                self._note(LogEntryKind.DELETED, current, "NodeVanished")
            self._remove(key, uid)

        if after is not None:
            self._by_kubelet(after, pod, collected)

    def _taints_changed(self, node: Node, *, gone: bool) -> None:
        """The taints of a node are others: what was to be evicted may stay, and the other way round."""
        self._tainted[node.name] += 1
        for pod in () if gone else sorted(self._objects.pods, key=key_of):
            if pod.spec.node_name == node.name:
                self._watch_taints(pod, node)

    def _watch_taints(self, pod: Pod, node: Node) -> None:
        """Let a pod be evicted when it has tolerated the NoExecute taints of its node for long enough (T8, L9)."""
        after = tolerated_seconds(pod, node)
        if after is None or pod.terminating or (after == 0 and self._objects.owner_identity(pod) is not None):
            return  # manage deletes daemon pods that do not tolerate a taint at all
        key, uid, tainted = key_of(pod), pod.metadata.uid, self._tainted[node.name]

        def evict() -> None:
            current = self._objects.pods.get(key)
            if current is not None and current.metadata.uid == uid and self._tainted[node.name] == tainted:
                self.delete(key, "TaintEviction")

        self._enter(shifted(self.now, after), self._place(pod), evict)

    def _resume(self, pod: Pod) -> None:
        node = self._objects.nodes.get(pod.spec.node_name)
        key, uid = key_of(pod), pod.metadata.uid
        if node is None:
            self._collect(pod)
        elif pod.terminating:
            after = self._kubelet.stop(pod, node, self.now)
            if after is not None:
                self._by_kubelet(after, pod, lambda: self._remove(key, uid))
        elif self._objects.owner_identity(pod) is not None:
            self._follow(pod, iter(self._kubelet.resume(pod, node, self.now)))

    def _revive(self, pod: Pod, node: Node) -> None:
        """A node is ready again: its kubelet starts what is to run and confirms what is to go."""
        if pod.terminating:
            self._resume(pod)
        elif pod.status.phase not in ("Failed", "Succeeded") and not is_ready(pod):
            bound = BoundPod(pod, node, self._numbers.get(key_of(pod), 1), self.now)
            self._follow(pod, iter(self._kubelet.start(bound)))

    def _lose(self, pod: Pod) -> None:
        """A node is no longer ready: the node lifecycle controller says so of its pods."""
        if is_ready(pod):
            changed = condition_set(pod, self.now, phase=pod.status.phase, ready=False)
            self._objects.put_pod(changed)
            self._note(LogEntryKind.NOT_READY, changed, "")

    def _bind(self, pod: Pod) -> bool:
        """Bind an unbound pod if it fits; otherwise it waits for its node to change, or for others to make way."""
        name = target_node(pod)
        node = None if name is None else self._objects.nodes.get(name)
        refusal = "node does not exist" if node is None else self._refusal(pod, node)
        if node is None or refusal:
            if name is not None and self._wait(pod, name):
                refused = node is not None and self._scheduler.is_refused(pod)
                self._note(LogEntryKind.REFUSED if refused else LogEntryKind.PENDING, pod, refusal)
                self._preempt_soon(pod)
            return False
        bound = msgspec.structs.replace(pod, spec=msgspec.structs.replace(pod.spec, node_name=node.name))
        self._nominated.get(node.name, {}).pop(key_of(pod), None)
        self._objects.put_pod(bound)
        self._begin(bound)
        return True

    def _refusal(self, pod: Pod, node: Node) -> str:
        others = (self._objects.pods.get(key) for key in self._nominated.get(node.name, {}) if key != key_of(pod))
        return self._scheduler.refusal(pod, node, [other for other in others if other is not None])

    def _wait(self, pod: Pod, node: str) -> bool:
        """Let an unbound pod wait until something changes on its node; return whether it did not wait already."""
        waiting = self._unbound.setdefault(node, [])
        if key_of(pod) in waiting:
            return False
        waiting.append(key_of(pod))
        return True

    def _preempt_soon(self, pod: Pod) -> None:
        key = key_of(pod)
        self._enter(self.now, self._place(pod), lambda: self._preempt(key))

    def _preempt(self, key: Key) -> None:
        """Let the scheduler evict others for a pod that waits, unless some are on their way out already (P2)."""
        pod = self._objects.pods.get(key)
        node = None if pod is None else self._objects.nodes.get(target_node(pod) or "")
        if pod is None or node is None or pod.spec.node_name or pod.terminating:
            return
        nominated = self._nominated.setdefault(node.name, {})
        if any(self._objects.pods.get(victim) for victim in nominated.get(key, ())):
            return
        victims = nominated[key] = tuple(self._scheduler.victims(pod, node))
        if not victims:
            del nominated[key]
            return
        self._note(LogEntryKind.EVICTS, pod, ", ".join(f"{namespace}/{name}" for namespace, name in victims))
        for victim in victims:
            self.delete(victim, "Preempted")

    def _begin(self, pod: Pod) -> None:
        """A pod was bound: it takes up room, and the kubelet starts it."""
        self._scheduler.bound(pod)
        node = self._objects.nodes.get(pod.spec.node_name)
        if node is not None:
            bound = BoundPod(pod, node, self._numbers.get(key_of(pod), 1), self.now)
            self._follow(pod, iter(self._kubelet.start(bound)))
            self._watch_taints(pod, node)

    def _follow(self, pod: Pod, transitions: Iterator[PodTransition]) -> None:
        transition = next(transitions, None)
        if transition is not None:
            key, uid = key_of(pod), pod.metadata.uid
            self._by_kubelet(
                transition.after, pod, lambda: self._apply_transition(key, uid, transition.kind, transitions)
            )

    def _apply_transition(
        self, key: Key, uid: str, kind: PodTransitionKind, transitions: Iterator[PodTransition]
    ) -> None:
        pod = self._objects.pods.get(key)
        if pod is None or pod.metadata.uid != uid or pod.terminating:
            return
        phase, ready, log_kind = _PHASES[kind]
        changed = condition_set(pod, self.now, phase=phase, ready=ready)
        self._objects.put_pod(changed)
        self._note(log_kind, changed, "")
        if kind in _FINISHED:
            self._scheduler.released(pod)
            self._retry(pod.spec.node_name)
        elif ready:
            self._became_ready(changed)
        self._follow(changed, transitions)

    def _became_ready(self, pod: Pod) -> None:
        identity = self._objects.owner_identity(pod)
        wait = 0 if identity is None else self._objects.daemonsets[identity].spec.min_ready_seconds
        if wait > 0:
            self._available_at(pod, shifted(self.now, wait))
        else:
            self._note(LogEntryKind.AVAILABLE, pod, "")

    def _available_at(self, pod: Pod, due: datetime) -> None:
        key, uid, since = key_of(pod), pod.metadata.uid, ready_since(pod)

        def become_available() -> None:
            current = self._objects.pods.get(key)
            if current is not None and current.metadata.uid == uid and ready_since(current) == since:
                self._objects.put_pod(current)
                if not current.terminating:
                    self._note(LogEntryKind.AVAILABLE, current, "")

        self._enter(due, self._place(pod), become_available)

    def _remove(self, key: Key, uid: str) -> None:
        pod = self._objects.pods.get(key)
        if pod is None or pod.metadata.uid != uid:
            return
        self._objects.remove_pod(key)
        self._note(LogEntryKind.GONE, pod, "")
        if pod.spec.node_name:
            if pod.status.phase not in ("Failed", "Succeeded"):
                self._scheduler.released(pod)
            self._retry(pod.spec.node_name)

    def _retry(self, node: str) -> None:
        """Try again to bind the pods that wait for a node, the oldest first; under a quota also those of others."""
        self._retry_at(node)
        for other in sorted(self._unbound) if self._scheduler.couples_nodes else ():
            if other != node:
                self._retry_at(other)

    def _retry_at(self, node: str) -> None:
        waiting = self._unbound.pop(node, [])
        for key in waiting:
            pod = self._objects.pods.get(key)
            if pod is None or pod.spec.node_name or pod.terminating:
                continue
            if self._objects.nodes.get(node) and not self._refusal(pod, self._objects.nodes[node]):
                self._note(LogEntryKind.BOUND, pod, "")
                self._bind(pod)
            else:
                self._unbound.setdefault(node, []).append(key)
                self._preempt_soon(pod)

    def _seen(self, identity: Identity) -> None:
        """One more creation is seen to exist; the last one satisfies the expectations (C7, C8)."""
        expectation = self._objects.expectations.get(identity)
        if expectation is None:
            return
        if self._in_flight[identity] <= 0:
            del self._objects.expectations[identity]
        else:
            self._objects.expectations[identity] = msgspec.structs.replace(
                expectation, creates=self._in_flight[identity]
            )

    def _by_kubelet(self, after: float, pod: Pod, happen: Callable[[], None]) -> None:
        """Let the kubelet of the pod's node do something later, unless the node has fallen sick by then."""
        node = pod.spec.node_name
        fallen = self._fallen[node]
        self._at(after, self._place(pod), lambda: happen() if self._fallen[node] == fallen else None)

    def _at(self, after: float, place: Place, happen: Callable[[], None]) -> None:
        if after <= 0:
            happen()
        else:
            self._enter(shifted(self.now, after), place, happen)

    def _enter(self, due: datetime, place: Place, happen: Callable[[], None]) -> None:
        self.pending[place] += 1
        self._queue.add(due, (place, happen))

    def _settle(self, place: Place) -> None:
        self.pending[place] -= 1
        if not self.pending[place]:
            del self.pending[place]

    def _place(self, pod: Pod) -> Place:
        return self._objects.owner_identity(pod), target_node(pod) or ""

    def _note(self, kind: LogEntryKind, pod: Pod, reason: str) -> None:
        identity, node = self._place(pod)
        self._log.append(LogEntry(self.now, kind, identity, node, pod.name, reason))
