"""Short ways to write small clusters with room, ports and priorities; and generated ones."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from dsplan.manifests.decode import decode
from dsplan.model.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
Tree = dict[str, Any]


def node(name: str, *, labels: Tree | None = None, taints: list[Tree] | None = None, **allocatable: str) -> Tree:
    amounts = {"cpu": "4", "memory": "4Gi", "pods": "20", **allocatable}
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": {HOSTNAME: name, **(labels or {})}},
        "spec": {"taints": taints or []},
        "status": {"allocatable": amounts},
    }


def spec(
    *,
    port: int = 0,
    labels_away: Tree | None = None,
    labels_near: Tree | None = None,
    key: str = HOSTNAME,
    **requests: str,
) -> Tree:
    """A pod spec with one container; `labels_away` is a required anti-affinity, `labels_near` an affinity."""
    container: Tree = {"name": "c", "image": "i:1", "resources": {"requests": requests}}
    if port:
        container["ports"] = [{"containerPort": port, "hostPort": port}]
    found: Tree = {"containers": [container]}
    if labels_away is not None:
        found["affinity"] = {"podAntiAffinity": required(labels_away, key)}
    if labels_near is not None:
        found.setdefault("affinity", {})["podAffinity"] = required(labels_near, key)
    return found


def required(labels: Tree, key: str) -> Tree:
    term = {"labelSelector": {"matchLabels": labels}, "topologyKey": key}
    return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


def pod(name: str, at: str, body: Tree | None = None, **metadata: Any) -> Tree:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": {"nodeName": at, **(body or spec())},
        "status": {"phase": "Running"},
    }


def daemonset(name: str, body: Tree | None = None, *, strategy: Tree | None = None, **more: Any) -> Tree:
    labels = {"app": name}
    return {
        "kind": "DaemonSet",
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": f"{name}-uid",
            "generation": 1,
            "annotations": {"deprecated.daemonset.template.generation": "1"},
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": strategy or {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {"metadata": {"labels": labels}, "spec": {**(body or spec()), **more}},
        },
    }


def daemon_pod(owner: str, at: str, body: Tree | None = None, *, bound: bool = True, **metadata: Any) -> Tree:
    found = pod(f"{owner}-{at}", at, body)
    found["metadata"] = {
        "name": f"{owner}-{at}",
        "namespace": "default",
        "labels": {"app": owner, "controller-revision-hash": "new", "pod-template-generation": "1"},
        "ownerReferences": [{"kind": "DaemonSet", "name": owner, "uid": f"{owner}-uid", "controller": True}],
        **metadata,
    }
    if not bound:
        del found["spec"]["nodeName"]
        found["status"] = {"phase": "Pending"}
        pin = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [at]}]}
        affinity = found["spec"].setdefault("affinity", {})
        affinity["nodeAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [pin]}}
    return found


def world(*trees: Tree) -> World:
    """A cluster; a template's `priority` and `preemptionPolicy` become a class of their own, as admission demands."""
    found = copy.deepcopy(list(trees))
    classes: dict[str, Tree] = {}
    for tree in found:
        if tree["kind"] == "DaemonSet":
            body = tree["spec"]["template"]["spec"]
            value, policy = body.pop("priority", 0), body.pop("preemptionPolicy", "")
            name = f"p{value}{policy.lower()}"
            body["priorityClassName"] = name
            classes[name] = {
                "kind": "PriorityClass",
                "metadata": {"name": name},
                "value": value,
                "preemptionPolicy": policy,
            }
    return decode([*found, *classes.values()])


def _bodies(local: bool, near: bool) -> st.SearchStrategy[Tree]:
    return st.builds(
        lambda cpu, memory, port, away, near, key: spec(
            cpu=cpu,
            memory=memory,
            port=port,
            labels_away={"app": away} if away else None,
            labels_near={"app": near} if near else None,
            key=key,
        ),
        st.sampled_from(("0", "1", "1500m", "3")),
        st.sampled_from(("0", "1Gi", "2Gi", "5Gi")),
        st.sampled_from((0, 0, 0, 80, 81)),
        st.sampled_from(("", "", "", "d0", "d1", "web")),
        st.sampled_from(("", "", "", "", "", "d0", "d2")) if near and not local else st.just(""),
        st.just(HOSTNAME) if local else st.sampled_from((HOSTNAME, HOSTNAME, ZONE)),
    )


_NAMES = ("d0", "d1", "d2", "d3")


@st.composite
def clusters(
    draw: st.DrawFn, *, most_nodes: int = 6, most_daemonsets: int = 4, local: bool = False, near: bool = True
) -> list[Tree]:
    """Up to 6 nodes, 4 DaemonSets, some of whose pods are there or Pending, and pods of another workload.

    `local`: no rule looks at other nodes; without `near` nobody wants to be near somebody.
    """
    bodies = _bodies(local, near)
    names = [f"n{number}" for number in range(draw(st.integers(1, most_nodes)))]
    found = [
        node(
            name,
            labels=draw(st.sampled_from(({}, {ZONE: "a"}, {ZONE: "b"}))),
            cpu=draw(st.sampled_from(("2", "4", "4"))),
            memory=draw(st.sampled_from(("2Gi", "4Gi", "4Gi"))),
            pods=draw(st.sampled_from(("2", "20", "20"))),
        )
        for name in names
    ]
    for name in _NAMES[: draw(st.integers(1, most_daemonsets))]:
        body = draw(bodies)
        priority = draw(st.sampled_from((0, 0, 10, 100)))
        body["priority"] = priority
        if draw(st.integers(0, 5)) == 0:
            body["preemptionPolicy"] = "Never"
        found.append(daemonset(name, body))
        for at in names:
            state = draw(st.sampled_from(("absent", "absent", "bound", "pending", "going")))
            if state == "absent":
                continue
            own = draw(bodies) | {"priority": draw(st.sampled_from((0, priority)))}
            more = {"deletionTimestamp": "2026-05-01T11:59:00Z"} if state == "going" else {}
            found.append(daemon_pod(name, at, own, bound=state != "pending", **more))
    for number in range(draw(st.integers(0, 5))):
        body = draw(bodies) | {"priority": draw(st.sampled_from((0, 5, 50)))}
        found.append(pod(f"web-{number}", draw(st.sampled_from(names)), body, labels={"app": "web"}))
    return found


def _knotted(name: str) -> st.SearchStrategy[Tree]:
    others = [other for other in _NAMES if other != name]
    return st.builds(
        lambda cpu, ports, away, key: _with_ports(
            spec(cpu=cpu, labels_away={"app": away} if away else None, key=key), ports
        ),
        st.sampled_from(("1", "1500m", "2", "2500m")),
        st.lists(st.sampled_from((80, 81, 82)), max_size=2, unique=True),
        st.sampled_from(("", *others)),
        st.sampled_from((HOSTNAME, ZONE, ZONE)),
    )


def _with_ports(body: Tree, ports: list[int]) -> Tree:
    body["containers"][0]["ports"] = [{"containerPort": port, "hostPort": port} for port in ports]
    return body


@st.composite
def knots(draw: st.DrawFn, *, most_nodes: int = 6) -> list[Tree]:
    """Up to 6 nodes of two zones, 4 DaemonSets that are in each other's way, and few pods that are there already."""
    names = [f"n{number}" for number in range(draw(st.integers(2, most_nodes)))]
    found = [
        node(name, labels={ZONE: draw(st.sampled_from("ab"))}, cpu=draw(st.sampled_from(("3", "4", "5"))))
        for name in names
    ]
    for name in _NAMES:
        body = draw(_knotted(name)) | {"priority": draw(st.sampled_from((0, 0, 10)))}
        found.append(daemonset(name, body))
        found += [daemon_pod(name, at, body) for at in names if draw(st.integers(0, 9)) == 0]
    return found
