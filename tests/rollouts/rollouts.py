"""Generated clusters in which there is something to roll out: mostly wanted nodes, mostly healthy, out-of-date pods."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.worlds import NOW, Tree, revision_of

OWNER = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "ds", "uid": "ds-uid", "controller": True}
LIMITS = ((1, 0), (1, 0), (2, 0), ("34%", 0), ("100%", 0), (0, 1), (0, 1), (0, 2), (0, "50%"))
TAINTS = (None,) * 6 + ("NoSchedule", "NoExecute")


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def daemonset(limits: tuple[int | str, int | str] = (1, 0), *, strategy: str = "RollingUpdate", **spec: Any) -> Tree:
    update: Tree = {"type": strategy}
    if strategy == "RollingUpdate":
        update["rollingUpdate"] = {"maxUnavailable": limits[0], "maxSurge": limits[1]}
    template = {"metadata": {"labels": {"app": "ds"}}, "spec": {"containers": [{"name": "c", "image": "i:2"}]}}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": "ds", "namespace": "default", "uid": "ds-uid", "generation": 1},
        "spec": {"selector": {"matchLabels": {"app": "ds"}}, "updateStrategy": update, "template": template, **spec},
    }


def node(name: str, *, zone: str = "", ready: bool = True, taint: str | None = None, **labels: str) -> Tree:
    found = {"topology.kubernetes.io/zone": zone, **labels} if zone else labels
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": found},
        "spec": {"taints": [{"key": "dedicated", "effect": taint}] if taint else []},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]},
    }


def pod(
    name: str, node_name: str, hash_label: str = "old", *, ready: bool = True, age: float = 9000, **status: Any
) -> Tree:
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": ago(age / 2)}] if ready else []
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": f"{name}-uid",
            "labels": {"app": "ds", "controller-revision-hash": hash_label},
            "creationTimestamp": ago(age),
            "ownerReferences": [OWNER],
        },
        "spec": {"nodeName": node_name} if node_name else {},
        "status": {"phase": "Running", "conditions": conditions, **status},
    }


def cluster(count: int, limits: tuple[int | str, int | str] = (1, 0), **spec: Any) -> list[Tree]:
    """`count` healthy nodes, each with a healthy pod of an older template."""
    width = len(str(count))
    names = [f"n{number:0{width}}" for number in range(1, count + 1)]
    owner = daemonset(limits, **spec)
    return [owner, revision_of(owner), *(node(name) for name in names), *(pod(f"p-{name}", name) for name in names)]


@st.composite
def _node_with_pods(draw: st.DrawFn, name: str) -> list[Tree]:
    zone, taint = draw(st.sampled_from(("a", "a", "b"))), draw(st.sampled_from(TAINTS))
    found = [node(name, zone=zone, ready=draw(st.integers(0, 7)) > 0, taint=taint)]
    for number in range(draw(st.sampled_from((0, 1, 1, 1, 1, 1, 2)))):
        hash_label = draw(st.sampled_from(("old", "old", "old", "new")))
        phase = draw(st.sampled_from(("Running",) * 6 + ("Failed", "Pending")))
        age = draw(st.sampled_from((9000, 9000, 20)))
        item = pod(f"p{number}-{name}", name, hash_label, ready=draw(st.integers(0, 5)) > 0, age=age, phase=phase)
        if draw(st.integers(0, 11)) == 0:
            item["metadata"]["deletionTimestamp"] = ago(-5)
        found.append(item)
    return found


@st.composite
def rollouts(draw: st.DrawFn) -> list[Tree]:
    """A DaemonSet with an older template on up to seven nodes, with some of everything that can be wrong."""
    strategy = draw(st.sampled_from(("RollingUpdate",) * 7 + ("OnDelete",)))
    wait = draw(st.sampled_from((0, 0, 0, 30)))
    owner = daemonset(draw(st.sampled_from(LIMITS)), strategy=strategy, minReadySeconds=wait)
    found: list[Tree] = [owner, revision_of(owner)]
    for number in range(draw(st.integers(1, 7))):
        found += draw(_node_with_pods(f"n{number}"))
    if draw(st.integers(0, 9)) == 0:
        found.append(pod("p-vanished", "vanished"))
    return found
