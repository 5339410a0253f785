"""Hypothesis strategies for small clusters and for what happens to them. Needs the package hypothesis.

A change is a value that says what happens to which object; `ChangeApplier` carries it out on a Journal. They are drawn
from few names, so that pods meet nodes, nodes come back, and templates return to what they were.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st

from ..manifests.decode import decode_object
from ..model.daemonset import DaemonSet
from ..model.meta import Condition, ObjectMeta, RawTree
from .builders import NOW, a_daemonset, a_node, a_pod, a_revision
from .journal import Journal

__all__ = ["NODE_NAMES", "ChangeApplier", "ObjectChange", "object_changes"]

NODE_NAMES = tuple(f"n{number}" for number in range(6))
_DAEMONSETS = ("alpha", "beta")
_SPECS: tuple[dict[str, Any], ...] = (
    {},
    {"nodeSelector": {"disk": "ssd"}},
    {"tolerations": [{"operator": "Exists"}]},
    {"nodeName": "n1"},
    {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n2"]}]},
        {"matchExpressions": [{"key": "disk", "operator": "Exists"}]},
    ]}}}},
)  # fmt: skip
_STRATEGIES: tuple[dict[str, Any], ...] = (
    {"max_unavailable": 1},
    {"max_unavailable": "50%"},
    {"max_unavailable": 0, "max_surge": 1},
    {"max_unavailable": 0, "max_surge": "40%"},
    {"on_delete": True},
    {"max_unavailable": "bad"},
)
_POLICIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("agents", {"budgets": [{"maxUnavailable": 1}]}),
    ("agents", {"budgets": [{"maxUnavailable": "50%", "topologyKey": "topology.kubernetes.io/zone"}]}),
    ("agents", {"budgets": [{"maxUnavailable": 2, "scope": "All"}], "steps": {"list": ["50%", "100%"], "soak": "1m"}}),
    ("agents", {"budgets": [{"maxUnavailable": 1, "scope": "Node"}], "order": {"chains": [["alpha", "beta"]]}}),
    ("agents", {"targets": [{"name": "beta"}], "windows": {"allow": [{"start": "00:00", "end": "00:05"}]}}),
    ("agents", {"targets": [{"name": "alpha"}], "owner": "Host", "surge": True, "budgets": [{"maxUnavailable": 1}]}),
    ("agents", {"targets": [{"name": "alpha"}], "owner": "Host", "frozen": True}),
    ("agents", {"brokenNodes": {"mode": "Causal", "forgiveUnschedulable": 1}, "budgets": [{"maxUnavailable": 1}]}),
    ("others", {"targets": [{"name": "beta"}], "paused": True}),
    ("others", {"order": {"chains": [["beta", "alpha"]]}, "canary": {"count": 1, "soak": "5s"}}),
)
"""Name and spec; two of them can contradict each other."""
_OTHERS: tuple[dict[str, Any], ...] = (
    {"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 7},
    {"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 8, "globalDefault": True},
    {"kind": "RuntimeClass", "metadata": {"name": "kata"}, "handler": "kata"},
    {"kind": "LimitRange", "metadata": {"name": "limits", "namespace": "default"}},
    {"kind": "Namespace", "metadata": {"name": "default", "labels": {"team": "a"}}},
    {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}},
    {"kind": "ResourceQuota", "metadata": {"name": "few", "namespace": "other"}, "spec": {"hard": {"pods": "9"}}},
    {"kind": "PodDisruptionBudget", "metadata": {"name": "pdb", "namespace": "default"}, "spec": {"minAvailable": 1}},
    {"kind": "PersistentVolumeClaim", "metadata": {"name": "claim", "namespace": "default"}},
    {"kind": "PersistentVolume", "metadata": {"name": "volume"}},
    {"kind": "CSINode", "metadata": {"name": "n1"}},
    {"kind": "Deployment", "metadata": {"name": "web", "namespace": "default"}, "spec": {"replicas": 2}},
    {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "PlacementPolicy",
        "metadata": {"name": "apart", "namespace": "default"},
        "spec": {"apart": [{"daemonSets": ["alpha", "beta"]}]},
    },
)
"""Objects that no pass looks at, and whole plans do."""
_TAINTS = ((), ("gpu=yes:NoSchedule",), ("gpu=yes:NoExecute",), ("soft:PreferNoSchedule",))


_NO_ROOM = Condition(type="PodScheduled", status="False", reason="Unschedulable")


class ObjectChange(msgspec.Struct, frozen=True):
    """One change; `what` names a method of ChangeApplier, `arguments` are its keyword arguments."""

    what: str
    arguments: dict[str, Any]


class ChangeApplier:
    """Carries changes out. `now` is the time they have reached."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or Journal()
        self.now: datetime = NOW

    def settle(self) -> None:
        """Begin with a cluster at rest: five of the nodes, both DaemonSets, revisions, a pod wherever one may be."""
        for name in NODE_NAMES[:-1]:
            self.on_node(name, zone="ab"[int(name[1:]) % 2], disk="ssd", taints=(), ready=True)
        for daemonset in _DAEMONSETS:
            self.on_daemonset(daemonset, spec=0, image="app:1", strategy=0, min_ready=30, limit=0)
            self.on_revision(daemonset, number=2, matching=True, labelled=True, orphan=False)
            for name in NODE_NAMES[:-1]:
                self.journal.put(a_pod(self._daemonset(daemonset), name, name=f"{daemonset}-{name}-0", hash_label="2d"))
            self.on_status(daemonset, behind=False)
        self.on_time(60)

    def apply(self, change: ObjectChange) -> None:
        """Carry one change out; one that makes no sense as things are does nothing."""
        getattr(self, f"on_{change.what}")(**change.arguments)

    def on_node(self, name: str, zone: str, disk: str, taints: tuple[str, ...], ready: bool) -> None:
        """A node appears or changes."""
        labels = {"disk": disk} if disk else {}
        self.journal.put(a_node(name, zone=zone, labels=labels, taints=taints, ready=ready))

    def on_daemonset(self, name: str, spec: int, image: str, strategy: int, min_ready: int, limit: int) -> None:
        """A DaemonSet appears or is edited; its generation rises with every change."""
        before = self.journal.get("DaemonSet", "default", name)
        generation = before.metadata.generation + 1 if before else 1
        made = a_daemonset(
            name,
            image=image,
            spec=_SPECS[spec],
            min_ready_seconds=min_ready,
            history_limit=limit,
            generation=generation,
            **_STRATEGIES[strategy],
        )
        if before is not None:
            made = msgspec.structs.replace(made, status=before.status)
        self.journal.put(made)

    def on_status(self, name: str, behind: bool) -> None:
        """Somebody writes a status."""
        before = self.journal.get("DaemonSet", "default", name)
        if before is not None:
            generation = before.metadata.generation - behind
            status = msgspec.structs.replace(before.status, observed_generation=generation)
            self.journal.put(msgspec.structs.replace(before, status=status))

    def on_terminate_daemonset(self, name: str) -> None:
        """A DaemonSet gets its deletionTimestamp."""
        self._mark_deleted("DaemonSet", name)

    def on_revision(self, name: str, number: int, matching: bool, labelled: bool, orphan: bool) -> None:
        """A revision appears or changes; it matches the template as it is, or an older image."""
        daemonset = self._daemonset(name)
        of = daemonset if matching else a_daemonset(name, image="app:0")
        made = a_revision(of, number=number, hash_label=f"{number}d")
        metadata = made.metadata
        owner = msgspec.structs.replace(metadata.owner_references[0], uid=daemonset.metadata.uid)
        metadata = msgspec.structs.replace(metadata, owner_references=() if orphan else (owner,))
        if not labelled:
            metadata = msgspec.structs.replace(metadata, labels={"app": name})
        self.journal.put(msgspec.structs.replace(made, metadata=metadata))

    def on_pod(self, daemonset: str, node: str, twin: int, number: int, **facts: Any) -> None:
        """A pod appears or changes."""
        found = self._daemonset(daemonset)
        age, ready, roomless = facts.pop("age"), facts.pop("ready"), facts.pop("roomless")
        made = a_pod(
            found,
            node,
            name=f"{daemonset}-{node}-{twin}",
            hash_label=f"{number}d" if number else "",
            ready_since=None if ready is None else self.now - timedelta(seconds=ready),
            created=NOW - timedelta(seconds=age),
            deleted=self.now if facts.pop("terminating") else None,
            **facts,
        )
        if roomless:
            status = msgspec.structs.replace(made.status, conditions=(*made.status.conditions, _NO_ROOM))
            made = msgspec.structs.replace(made, status=status)
        self.journal.put(made)

    def on_policy(self, place: int) -> None:
        """A policy appears or is edited."""
        name, spec = _POLICIES[place]
        tree = {
            "apiVersion": "dsplan.dev/v1alpha1",
            "kind": "RolloutPolicy",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"targets": [{"name": daemonset} for daemonset in _DAEMONSETS], **spec},
        }
        self._put_tree(tree)

    def on_other(self, place: int) -> None:
        """An object of another kind appears or changes."""
        self._put_tree(_OTHERS[place])

    def on_delete(self, kind: str, name: str) -> None:
        """An object is gone; `name` is a part of its name."""
        keys = [key for key in self.journal.objects if key[0] == kind and name in key[2]]
        for key in keys[:1]:
            self.journal.delete(*key)

    def on_time(self, seconds: int) -> None:
        """Time passes, or the clock is set back."""
        self.now += timedelta(seconds=seconds)

    def _put_tree(self, tree: RawTree) -> None:
        item = decode_object(tree)
        assert item is not None
        self.journal.put(item)

    def _daemonset(self, name: str) -> DaemonSet:
        found = self.journal.get("DaemonSet", "default", name)
        return found if isinstance(found, DaemonSet) else a_daemonset(name)

    def _mark_deleted(self, kind: str, name: str) -> None:
        before = self.journal.get(kind, "default", name)
        if before is not None:
            metadata: ObjectMeta = msgspec.structs.replace(before.metadata, deletion_timestamp=self.now)
            self.journal.put(msgspec.structs.replace(before, metadata=metadata))


def _change(what: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[ObjectChange]:
    return st.builds(ObjectChange, st.just(what), st.fixed_dictionaries(arguments))


_nodes, _daemonsets = st.sampled_from(NODE_NAMES), st.sampled_from(_DAEMONSETS)

_node_change = _change(
    "node",
    name=_nodes,
    zone=st.sampled_from(["", "a", "b"]),
    disk=st.sampled_from(["", "ssd", "hdd"]),
    taints=st.sampled_from(_TAINTS),
    ready=st.booleans(),
)
_daemonset_change = _change(
    "daemonset",
    name=_daemonsets,
    spec=st.integers(0, len(_SPECS) - 1),
    image=st.sampled_from(["app:0", "app:1"]),
    strategy=st.integers(0, len(_STRATEGIES) - 1),
    min_ready=st.sampled_from([0, 0, 30]),
    limit=st.sampled_from([0, 10]),
)
_pod_change = _change(
    "pod",
    daemonset=_daemonsets,
    node=_nodes,
    twin=st.integers(0, 1),
    number=st.integers(0, 2),
    age=st.integers(0, 3),
    ready=st.sampled_from([None, 0, 10, 40]),
    terminating=st.sampled_from([False, False, False, True]),
    phase=st.sampled_from(["Running", "Running", "Pending", "Failed", "Succeeded"]),
    bound=st.sampled_from([True, True, False]),
    orphan=st.sampled_from([False, False, False, True]),
    roomless=st.sampled_from([False, False, False, True]),
    labels=st.sampled_from([{}, {}, {"app": "other"}]),
)
_revision_change = _change(
    "revision",
    name=_daemonsets,
    number=st.integers(1, 2),
    matching=st.booleans(),
    labelled=st.sampled_from([True, True, False]),
    orphan=st.sampled_from([False, False, True]),
)
_deletion = _change(
    "delete",
    kind=st.sampled_from(["Node", "Pod", "Pod", "DaemonSet", "ControllerRevision"]),
    name=st.sampled_from([*NODE_NAMES, *_DAEMONSETS]),
)
_policy_change = st.one_of(
    _change("policy", place=st.integers(0, len(_POLICIES) - 1)),
    _change("delete", kind=st.just("RolloutPolicy"), name=st.just("")),
)
_other_change = st.one_of(
    _change("other", place=st.integers(0, len(_OTHERS) - 1)),
    _change("delete", kind=st.sampled_from([tree["kind"] for tree in _OTHERS]), name=st.just("")),
)


def object_changes(*, policies: bool = True) -> st.SearchStrategy[ObjectChange]:
    """Return the strategy for one change to objects of every kind; without `policies` none of those of dsplan."""
    found = [_policy_change, _policy_change] if policies else []
    return st.one_of(
        *found,
        _other_change,
        _node_change,
        _daemonset_change,
        _pod_change,
        _pod_change,
        _revision_change,
        _deletion,
        _change("status", name=_daemonsets, behind=st.booleans()),
        _change("terminate_daemonset", name=_daemonsets),
        _change("time", seconds=st.sampled_from([1, 5, 25, 60, 400, -20])),
    )
