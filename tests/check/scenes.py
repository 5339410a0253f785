"""Small worlds for rules, and what one rule finds in them."""

from __future__ import annotations

from typing import Any

from dsplan.check import BUILTIN_RULES, Finding, Report, Scene, Settings, check
from dsplan.manifests.decode import decode
from dsplan.model.world import World
from dsplan.planner import solve
from dsplan.testing import NOW

Tree = dict[str, Any]


def node(name: str, *, labels: Tree | None = None, taints: list[Tree] | None = None, **more: Any) -> Tree:
    ready = more.pop("ready", True)
    room = more.pop("room", {"cpu": "4", "memory": "8Gi", "pods": "110"})
    all_labels = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", **(labels or {})}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {key: value for key, value in all_labels.items() if value is not None}},
        "spec": {"taints": taints or []},
        "status": {
            **({"allocatable": room} if room else {}),
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def taint(key: str, effect: str = "NoSchedule", value: str = "") -> Tree:
    return {"key": key, "effect": effect, **({"value": value} if value else {})}


def daemonset(name: str = "ds", *, container: Tree | None = None, **spec: Any) -> Tree:
    """Return a DaemonSet of `strategy`, `annotations`, `namespace`, `top` (fields of spec) and of the pod's spec."""
    strategy, annotations = spec.pop("strategy", None), spec.pop("annotations", {})
    namespace, top, uid = spec.pop("namespace", "default"), spec.pop("top", {}), spec.pop("uid", f"uid-{name}")
    main = {"name": "main", "image": "example.com/app:1", **(container or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations, "uid": uid},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [main], **spec}},
            "updateStrategy": strategy or {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            **top,
        },
    }


def pod(name: str, on: str, *, owner: str = "", namespace: str = "default", **more: Any) -> Tree:
    labels, spec = more.pop("labels", {"app": owner} if owner else {}), more.pop("spec", {})
    owners = [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": owner, "uid": f"uid-{owner}", "controller": True}]
    ready = more.pop("ready", True)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "creationTimestamp": "2025-12-01T00:00:00Z",
            **({"ownerReferences": owners} if owner else {}),
        },
        "spec": {"nodeName": on, "containers": [{"name": "main", "image": "example.com/app:1"}], **spec},
        "status": {
            "phase": "Running",
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True" if ready else "False",
                    "lastTransitionTime": "2025-12-01T00:01:00Z",
                }
            ],
        },
    }


def world(*trees: Tree) -> World:
    return decode(list(trees))


def report(*trees: Tree, settings: Settings | None = None, **more: Any) -> Report:
    found = world(*trees)
    plan = solve(found, now=NOW, forecast=True)
    options = settings.options if settings is not None else None
    return check(Scene.of(found, plan, options=options, **more), BUILTIN_RULES, settings or Settings())


def findings(rule: str, *trees: Tree, **more: Any) -> list[Finding]:
    """Return what one rule finds."""
    return list(report(*trees, settings=more.pop("settings", Settings(select=(rule,))), **more).findings)


def texts(rule: str, *trees: Tree, **more: Any) -> list[str]:
    return [finding.spot.text for finding in findings(rule, *trees, **more)]
