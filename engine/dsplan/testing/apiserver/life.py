"""The cluster behind the stand-in: the simulator's kubelets, scheduler and DaemonSet controller, on stored objects.

What clients write is told to the simulator; what the simulator does is written to the store, as the real components
would write it. There is one truth, the store: the simulator's own objects follow it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ...constraints import Rule
from ...diff import Action, Actor
from ...model.convert import convert
from ...model.daemonset import ControllerRevision, DaemonSet
from ...model.meta import Condition, RawTree
from ...model.node import Node
from ...model.pod import Pod
from ...model.world import World
from ...simulator import BuiltinController, Cluster, Durations, Kubelet, Removed, SteadyKubelet
from ...simulator.objects import Objects
from ...simulator.scheduler import EverythingFits, SchedulerFactory
from ...simulator.store import Key
from .kinds import kind_named
from .server import ApiServer
from .store import Change, Item
from .wire import Refusal, Request
from .writing import moment

__all__ = ["Life"]

T = TypeVar("T", Pod, Node, DaemonSet, ControllerRevision)
_MOST_PASSES = 1000
_QUICK = Durations(create=0.0, ready=5.0, terminate=5.0)


class _Mirrored(Objects):
    """Objects whose pods are written to the stand-in's store."""

    def __init__(
        self, world: World, rules: tuple[Rule, ...], write: Callable[[Pod], Pod], drop: Callable[[Key], None]
    ) -> None:
        self._write, self._drop = write, drop
        super().__init__(world, rules)

    def put_pod(self, pod: Pod) -> None:
        super().put_pod(self._write(pod))

    def remove_pod(self, key: Key) -> Pod | None:
        found = super().remove_pod(key)
        self._drop(key)
        return found


class _Confirming:
    """A kubelet that confirms what terminates when its node is well again, however long ago the deletion was."""

    def __init__(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet
        self.create = kubelet.create
        self.start = kubelet.start
        self.resume = kubelet.resume

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        """Return the seconds until a pod is gone, counted from now."""
        metadata = msgspec.structs.replace(pod.metadata, deletion_timestamp=None)
        return self._kubelet.stop(msgspec.structs.replace(pod, metadata=metadata), node, now)


class Life:
    """Lets kubelets, scheduler and, unless `controller` is False, the DaemonSet controller work on a stand-in.

    `advance(now)` lets everything happen that is due; each of `others` is asked at its end what it does now.
    """

    def __init__(
        self,
        api: ApiServer,
        kubelet: Kubelet | None = None,
        *,
        scheduler: SchedulerFactory = EverythingFits,
        controller: bool = True,
    ) -> None:
        self._api = api
        self._kubelet = _Confirming(kubelet or SteadyKubelet(_QUICK))
        self._controller = BuiltinController() if controller else None
        self._stirred = True
        self._own = 0
        self.others: list[Callable[[datetime], None]] = []
        self._cluster = self._begin(scheduler)
        api.store.on_change = self._changed

    @property
    def cluster(self) -> Cluster:
        """The simulated cluster, to look at."""
        return self._cluster

    @property
    def now(self) -> datetime:
        """The moment up to which everything has happened."""
        return self._cluster.now

    def _begin(self, scheduler: SchedulerFactory) -> Cluster:
        store = self._api.store
        world = World(
            nodes=tuple(_typed(item, Node) for item in store.items(kind_named("Node"))),
            daemonsets=tuple(_typed(item, DaemonSet) for item in store.items(kind_named("DaemonSet"))),
            revisions=tuple(_typed(item, ControllerRevision) for item in store.items(kind_named("ControllerRevision"))),
            pods=tuple(_typed(item, Pod) for item in store.items(kind_named("Pod"))),
        )
        return Cluster(
            world,
            self._kubelet,
            now=self._api.now(),
            scheduler=scheduler,
            objects=lambda given, rules: _Mirrored(given, rules, self._write, self._drop),
        )

    def advance(self, until: datetime) -> None:
        """Let time pass up to a moment: what falls due happens, and the controller makes a pass after each of it."""
        with self._api.lock:
            before = self._api.store.version
            self._passes()
            while (due := self._cluster.next_due) is not None and due <= until:
                self._cluster.advance(due)
                self._stirred = True
                self._passes()
            self._cluster.advance(max(until, self._cluster.now))
            for other in self.others:
                other(self._cluster.now)
            self._passes()
            if self._api.store.version != before:
                self._api.lock.notify_all()

    # The controller

    def _passes(self) -> None:
        """Let the controller make passes until it wants nothing more at this moment."""
        if self._controller is None:
            return
        for _ in range(_MOST_PASSES):
            if not self._stirred:
                return
            self._stirred = False
            due = sorted(self._cluster.objects.daemonsets)
            for decision in self._controller.decide(self._cluster, due):
                for action in decision.actions:
                    self._carry_out(action)
                if decision.entry is not None:
                    self._cluster.remember(decision.entry)

    def _carry_out(self, action: Action) -> None:
        """Write what the controller decided, as a client like any other; what is refused it decides again."""
        assert action.actor is Actor.CONTROLLER
        kind, writer = kind_named(action.kind), self._api.writer
        media = {"content-type": "application/strategic-merge-patch+json"}
        body = msgspec.json.encode(action.body)
        self._stirred = True
        try:
            if action.verb == "create":
                tree = action.body
                if action.kind == "ControllerRevision":
                    writer.add(kind, tree)
                else:
                    writer.create(kind, action.namespace, Request("POST", "", body=body))
            elif action.verb == "delete":
                writer.delete(kind, action.namespace, action.name, Request("DELETE", "", body=body))
            else:
                request = Request("PATCH", "", headers=media, body=body)
                writer.patch(kind, action.namespace, action.name, request, action.subresource)
        except Refusal:
            self._stirred = action.kind != "Pod"

    # From the store to the simulator

    def _changed(self, change: Change) -> None:
        if self._own:
            return
        self._stirred = True
        kind = change.place[0].partition(".")[0]
        if kind == "pods":
            self._pod_changed(change)
        elif kind == "nodes":
            self._tell(change, Node)
        elif kind == "daemonsets":
            self._tell(change, DaemonSet)
        elif kind == "controllerrevisions":
            if change.after is None:
                self._cluster.objects.remove_revision((change.place[1], change.place[2]))
            else:
                self._cluster.objects.put_revision(_typed(change.after, ControllerRevision))

    def _tell(self, change: Change, as_type: type[Node] | type[DaemonSet]) -> None:
        item: Any = convert(change.last.tree, as_type)
        only_status = (
            as_type is DaemonSet
            and change.before is not None
            and change.after is not None
            and change.before.tree.get("spec") == change.after.tree.get("spec")
        )
        if only_status:
            self._cluster.objects.put_daemonset(item)
        else:
            self._cluster.inject(Removed(item) if change.after is None else item)

    def _pod_changed(self, change: Change) -> None:
        pod = _typed(change.last, Pod)
        key: Key = (change.place[1], change.place[2])
        objects = self._cluster.objects
        if change.after is None:
            if objects.pods.get(key) is not None:
                Objects.remove_pod(objects, key)
        elif change.before is None:
            self._cluster.inject(pod)
        elif pod.terminating and not _typed(change.before, Pod).terminating:
            self._cluster.inject(Removed(pod))
        else:
            Objects.put_pod(objects, pod)

    # From the simulator to the store

    def _write(self, pod: Pod) -> Pod:
        """Store what the simulator says of a pod; return it with the version it has from now on."""
        kind, metadata = kind_named("Pod"), pod.metadata
        known = self._api.store.get(kind, metadata.namespace, metadata.name)
        if known is None:
            return pod
        tree = _with(known.tree, pod)
        self._own += 1
        try:
            item = known if tree == known.tree else self._api.store.put(kind, tree)
        finally:
            self._own -= 1
        version = item.tree["metadata"]["resourceVersion"]
        return msgspec.structs.replace(pod, metadata=msgspec.structs.replace(metadata, resource_version=version))

    def _drop(self, key: Key) -> None:
        kind = kind_named("Pod")
        self._own += 1
        try:
            if self._api.store.get(kind, *key) is not None:
                self._api.store.remove(kind, *key)
        finally:
            self._own -= 1


def _typed(item: Item, as_type: type[T]) -> T:
    return convert(item.tree, as_type)


def _with(tree: RawTree, pod: Pod) -> RawTree:
    """Return a stored pod as the simulator sees it now."""
    metadata, status = dict(tree["metadata"]), dict(tree.get("status") or {})
    if pod.metadata.deletion_timestamp is not None and not metadata.get("deletionTimestamp"):
        metadata["deletionTimestamp"] = moment(pod.metadata.deletion_timestamp)
        metadata.setdefault("deletionGracePeriodSeconds", 30)
    spec = {**tree["spec"], **({"nodeName": pod.spec.node_name} if pod.spec.node_name else {})}
    status["phase"] = pod.status.phase
    if pod.status.conditions:
        status["conditions"] = [_condition(entry) for entry in pod.status.conditions]
    return {**tree, "metadata": metadata, "spec": spec, "status": status}


def _condition(condition: Condition) -> RawTree:
    found: RawTree = {"type": condition.type, "status": condition.status}
    if condition.last_transition_time is not None:
        found["lastTransitionTime"] = moment(condition.last_transition_time)
    return found | {key: value for key in ("reason", "message") if (value := getattr(condition, key))}
