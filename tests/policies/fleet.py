"""A fleet that obeys: what is deleted is gone and comes back new; `settle` says when it is available."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dsplan.manifests.rollout_policies import decode_policy
from dsplan.model.daemonset import DaemonSet
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from dsplan.model.policy import RolloutPolicy
from dsplan.model.state import State
from dsplan.model.world import World
from dsplan.passes import step
from dsplan.passes.governed import plan_policies, with_progress
from dsplan.policies.answers import with_gate
from dsplan.policies.plan_types import PolicyPlan
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision

NEW, OLD = "new", "old"


def a_policy(name: str = "p", targets: Iterable[str] = ("ds",), **spec: Any) -> RolloutPolicy:
    """A policy; unless budgets are given, one that lets everything go at once."""
    spec.setdefault("budgets", [{"maxUnavailable": "100%"}])
    tree: dict[str, Any] = {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "RolloutPolicy",
        "metadata": {"name": name},
        "spec": {"targets": [{"name": target} for target in targets], **spec},
    }
    return decode_policy(tree)


class Fleet:
    """Nodes, DaemonSets (OnDelete unless told otherwise) with a healthy old pod on every node, and policies."""

    def __init__(
        self,
        nodes: Iterable[Node] | int,
        policies: Iterable[RolloutPolicy],
        daemonsets: Iterable[DaemonSet | str] = ("ds",),
        now: datetime = NOW + timedelta(hours=12),
    ) -> None:
        width = len(str(nodes)) if isinstance(nodes, int) else 0
        found = (
            [a_node(f"n{number + 1:0{width}}") for number in range(nodes)] if isinstance(nodes, int) else list(nodes)
        )
        self.nodes = {node.name: node for node in found}
        self.daemonsets = [a_daemonset(ds, on_delete=True) if isinstance(ds, str) else ds for ds in daemonsets]
        self.policies = list(policies)
        self.state = State()
        self.now = now
        self.hash = NEW
        self.pods: dict[tuple[str, str], Pod] = {
            (ds.name, name): a_pod(ds, name, hash_label=OLD) for ds in self.daemonsets for name in self.nodes
        }

    def world(self) -> World:
        return World(
            nodes=tuple(self.nodes.values()),
            daemonsets=tuple(self.daemonsets),
            pods=tuple(self.pods.values()),
            revisions=tuple(a_revision(ds, number=2, hash_label=self.hash) for ds in self.daemonsets),
            rollout_policies=tuple(self.policies),
            state=self.state,
        )

    def plan(self, image_sizes: Mapping[str, int] | None = None) -> PolicyPlan:
        world = msgspec.structs.replace(self.world(), image_sizes=dict(image_sizes or {}))
        return plan_policies(world, step(world, now=self.now), now=self.now)

    def act(self) -> PolicyPlan:
        """Carry out what the host does now; the pods that come back are not available yet."""
        plan = self.plan()
        for action in plan.actions:
            assert action.verb == "delete"
            ds = next(ds for ds in self.daemonsets if ds.identity == action.daemonset)
            self.pods[ds.name, action.node] = a_pod(
                ds, action.node, hash_label=self.hash, ready_since=None, created=self.now
            )
        self.state = with_progress(self.state, plan.progress)
        return plan

    def release(self, hash_label: str) -> None:
        """Give every DaemonSet another template."""
        self.hash = hash_label

    def settle(self, *but: str) -> None:
        """Make every pod available, except on some nodes."""
        for (name, node), pod in list(self.pods.items()):
            if node not in but:
                self.set_ready(name, node, ready=True, hash_label=pod.metadata.labels["controller-revision-hash"])

    def set_ready(self, daemonset: str, node: str, *, ready: bool, hash_label: str = NEW) -> None:
        ds = next(ds for ds in self.daemonsets if ds.name == daemonset)
        since = self._since(daemonset, node, hash_label) if ready else None
        before = self.pods.get((daemonset, node))
        same = before is not None and before.metadata.labels["controller-revision-hash"] == hash_label
        made = before.metadata.creation_timestamp if before is not None and same else None
        created = NOW if hash_label == OLD else made or self.now
        self.pods[daemonset, node] = a_pod(ds, node, hash_label=hash_label, ready_since=since, created=created)

    def _since(self, daemonset: str, node: str, hash_label: str) -> datetime:
        """A pod of the new revision is ready from now on, unless it was so before; an old one for long."""
        before = self.pods.get((daemonset, node))
        if before is None or hash_label == OLD:
            return NOW
        condition = before.status.conditions[0]
        same = before.metadata.labels["controller-revision-hash"] == hash_label
        return condition.last_transition_time or self.now if same and condition.status == "True" else self.now

    def set_node(self, name: str, *, ready: bool) -> None:
        """Make a node not ready; its pods are not ready either, and DaemonSets tolerate it."""
        labels = self.nodes[name].labels
        self.nodes[name] = a_node(name, labels=labels, ready=ready)
        for (ds, node), pod in list(self.pods.items()):
            if node == name:
                self.set_ready(ds, node, ready=ready, hash_label=pod.metadata.labels["controller-revision-hash"])

    def add_node(self, name: str) -> None:
        """Add a node whose pods are healthy and old."""
        self.nodes[name] = a_node(name)
        for ds in self.daemonsets:
            self.set_ready(ds.name, name, ready=True, hash_label=OLD)

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def set_gate(self, *, passed: bool, policy: str = "default/p") -> None:
        self.state = with_gate(self.state, policy, passed=passed)

    def updated(self, daemonset: str = "ds") -> list[str]:
        return sorted(
            node
            for (name, node), pod in self.pods.items()
            if name == daemonset and pod.metadata.labels["controller-revision-hash"] == NEW
        )

    def run(
        self, most: int = 500, check: Callable[[PolicyPlan], None] | None = None, **tick: float
    ) -> list[list[tuple[str, str]]]:
        """Act and settle until nothing is left; return what went, wave by wave."""
        waves = []
        for _ in range(most):
            plan = self.act()
            if check is not None:
                check(plan)
            went = [(action.daemonset.name, action.node) for action in plan.actions]
            if went:
                waves.append(went)
            self.settle()
            self.wait(**(tick or {"seconds": 30}))
            if not went and plan.requeue_after is None:
                break
        return waves


def names_by(waves: list[list[tuple[str, str]]], daemonset: str = "ds") -> list[list[str]]:
    return [[node for name, node in wave if name == daemonset] for wave in waves]


def zoned(counts: Mapping[str, int], key: str = "topology.kubernetes.io/zone") -> list[Node]:
    return [a_node(f"{zone}{number}", labels={key: zone}) for zone, count in counts.items() for number in range(count)]
