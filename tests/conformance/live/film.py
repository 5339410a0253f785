"""The cluster at every moment of a recording: the dump before it, then commands and events in the order of time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dsplan.manifests.decode import decode
from dsplan.model.state import Backoff, State
from dsplan.model.world import World
from tests.conformance.live.kubectl import Cluster, type_act, unreported
from tests.conformance.live.recording import TERMINAL, Act, Event, Key, Recording, Tree, key_of, with_ends

__all__ = ["Film", "Frame"]

_GENERATION = "deprecated.daemonset.template.generation"
_PHASES = {"ready": "Running", "unready": "", "failed": "Failed", TERMINAL: "Succeeded"}
_HASH = "controller-revision-hash"


@dataclass(frozen=True)
class Frame:
    """The cluster right before something happens, and what that is."""

    at: float
    cluster: Cluster
    state: State
    happens: Event | Act | None

    @property
    def world(self) -> World:
        """The cluster as a World."""
        return decode(list(self.cluster.values()), state=self.state)


class Film:
    """Goes through a recording. Objects are replaced, never changed, so that frames stay as they are.

    When within its run a command wrote was not recorded: taken are `lead` seconds before its end, or its beginning.
    Nor was recorded when a pod's containers ended: with a `lead` above 1 s, as early as it can have been.
    """

    def __init__(self, recording: Recording, *, lead: float = 0.0) -> None:
        self._recording = recording
        self._lead = lead
        self._cluster: Cluster = {key_of(tree): tree for tree in recording.before}
        self._backoffs: dict[tuple[Key, str], Backoff] = {}

    def frames(self) -> Iterator[Frame]:
        """Yield a frame before each command and event, and one after the last."""
        recording = self._recording
        happenings: list[tuple[float, int, Act | Event]] = [
            (max(act.at, act.until - self._lead), 0, act) for act in recording.acts
        ]
        happenings += [(event.at, 1, event) for event in with_ends(recording.events, early=self._lead > 1)]
        last = 0.0
        queue = sorted(happenings, key=lambda entry: entry[:2])
        while queue:
            at, _, item = queue.pop(self._first(queue))
            self._take_revisions(at)
            yield self._frame(at, item)
            if isinstance(item, Act):
                self._cluster = copy.deepcopy(self._cluster)
                type_act(item, self._cluster, recording)
            else:
                self._happen(item)
            last = max(at, last)
        end = max(last, *self._recording.dumps)
        self._take_revisions(end)
        yield self._frame(end, None)

    def _first(self, queue: list[tuple[float, int, Act | Event]]) -> int:
        """Return which of the queue comes first: a pod is created after the command that made its DaemonSet."""
        item = queue[0][2]
        if isinstance(item, Event) and item.kind == "create" and item.daemonset and item.owner not in self._cluster:
            return next(place for place, entry in enumerate(queue) if isinstance(entry[2], Act))
        return 0

    def _frame(self, at: float, item: Act | Event | None) -> Frame:
        return Frame(at, dict(self._cluster), State(backoffs=tuple(self._backoffs.values())), item)

    def _take_revisions(self, at: float) -> None:
        """Revisions are as the last dump shows them that was taken by then, new ones from their creation on."""
        moment = self._recording.moment(at)
        for taken, trees in self._recording.dumps.items():
            for tree in trees:
                if tree["kind"] == "ControllerRevision":
                    created = datetime.fromisoformat(tree["metadata"]["creationTimestamp"])
                    if taken <= at or (created < moment - timedelta(seconds=1) and key_of(tree) not in self._cluster):
                        self._cluster[key_of(tree)] = tree

    def _happen(self, event: Event) -> None:
        key = ("Pod", event.namespace, event.pod)
        if event.kind == "node-deleted":
            self._cluster.pop(("Node", "", event.node), None)
        elif event.kind == "node-added":
            node = self._recording.next_dump_with(("Node", "", event.node), event.at)
            if node is not None:
                self._cluster["Node", "", event.node] = unreported(node)
        elif event.kind == "create":
            self._cluster[key] = self._created(event)
        elif event.kind == "gone":
            self._cluster.pop(key, None)
        elif key in self._cluster:
            if event.kind == "delete":
                self._back_off(event)
            self._cluster[key] = self._changed(self._cluster[key], event)

    def _changed(self, pod: Tree, event: Event) -> Tree:
        """Return a pod after an event."""
        metadata, spec, status = dict(pod["metadata"]), dict(pod["spec"]), dict(pod.get("status") or {})
        if event.kind == "bound":
            spec["nodeName"] = event.node
            status = {**status, "conditions": [_condition("PodScheduled", True, self._recording.moment(event.at))]}
        elif event.kind == "delete":
            grace = spec.get("terminationGracePeriodSeconds", 30)
            metadata["deletionTimestamp"] = _second(self._recording.moment(event.at + grace))
        elif event.kind in _PHASES:
            phase = _PHASES[event.kind] or status.get("phase", "Running")
            others = [entry for entry in status.get("conditions") or () if entry["type"] != "Ready"]
            ready = _condition("Ready", event.kind == "ready", self._recording.moment(event.at))
            status = {**status, "phase": phase, "conditions": [*others, ready]}
        elif event.kind == "release":
            metadata["ownerReferences"] = []
        elif event.kind == "adopt":
            metadata["ownerReferences"] = [self._reference(event)]
        return {**pod, "metadata": metadata, "spec": spec, "status": status}

    def _reference(self, event: Event) -> Tree:
        daemonset = self._cluster[event.owner]
        uid = daemonset["metadata"]["uid"]
        owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": event.daemonset, "uid": uid}
        return {**owner, "controller": True, "blockOwnerDeletion": True}

    def _created(self, event: Event) -> Tree:
        """Return a pod as the controller makes it; one without DaemonSet is taken from a dump or a manifest."""
        created = _second(self._recording.moment(event.at))
        if not event.daemonset:
            return self._stranger(event, created)
        daemonset = self._cluster[event.owner]
        template = daemonset["spec"]["template"]
        labels = {**template["metadata"]["labels"], _HASH: event.hash}
        labels["pod-template-generation"] = daemonset["metadata"]["annotations"][_GENERATION]
        spec = copy.deepcopy(template["spec"])
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [event.node]}]}
        affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        spec["affinity"] = {**(spec.get("affinity") or {}), "nodeAffinity": affinity}
        metadata = {"name": event.pod, "namespace": event.namespace, "uid": event.uid, "labels": labels}
        metadata |= {"creationTimestamp": created, "ownerReferences": [self._reference(event)]}
        return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}

    def _stranger(self, event: Event, created: str) -> Tree:
        shown = self._recording.next_dump_with(("Pod", event.namespace, event.pod), event.at)
        typed = next((tree for tree in self._typed_pods() if tree["metadata"]["name"] == event.pod), None)
        tree = copy.deepcopy(typed or shown or {"kind": "Pod", "metadata": {}, "spec": {"containers": []}})
        tree["metadata"] |= {
            "name": event.pod,
            "namespace": event.namespace,
            "uid": event.uid,
            "creationTimestamp": created,
        }
        tree["metadata"].pop("ownerReferences" if typed else "deletionTimestamp", None)
        tree["status"] = {"phase": "Pending"}
        if not typed:
            tree["spec"].pop("nodeName", None)
        return tree

    def _typed_pods(self) -> Iterator[Tree]:
        from tests.conformance.live.kubectl import manifests

        for path in sorted(self._recording.folder.glob("*.yaml")):
            yield from (tree for tree in manifests(path) if tree["kind"] == "Pod")

    def _back_off(self, event: Event) -> None:
        """A failed pod that is deleted opens or doubles the back-off of its node (M10)."""
        pod = self._cluster["Pod", event.namespace, event.pod]
        daemonset = self._cluster.get(event.owner)
        if daemonset is None or (pod.get("status") or {}).get("phase") != "Failed":
            return
        uid = daemonset["metadata"]["uid"]
        before = self._backoffs.get((event.owner, event.node))
        moment = self._recording.moment(event.at)
        generation = (daemonset.get("status") or {}).get("observedGeneration", 0)
        entry = Backoff(
            daemonset_uid=uid, observed_generation=generation, node=event.node, delay=1.0, last_deletion=moment
        )
        if before is not None and before.observed_generation == generation:
            entry = Backoff(
                daemonset_uid=uid,
                observed_generation=generation,
                node=event.node,
                delay=min(before.delay * 2, 900.0),
                last_deletion=moment,
            )
        self._backoffs[event.owner, event.node] = entry


def _condition(kind: str, holds: bool, moment: datetime) -> Tree:
    return {"type": kind, "status": "True" if holds else "False", "lastTransitionTime": _second(moment)}


def _second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
