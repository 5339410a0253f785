"""A small cluster in which every kind that planning reads has an object, with every field that some output shows."""

from __future__ import annotations

import json
from typing import Any

Tree = dict[str, Any]


def objects() -> list[Tree]:
    """Return the cluster: an outdated pod, one that fails, one on a node that is gone, a policy of each kind."""
    meta = {"uid": "u-", "resourceVersion": "1", "creationTimestamp": "2026-05-01T08:00:00Z"}
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u-agent", "controller": True}

    def made(kind: str, name: str, version: str = "v1", *, namespaced: bool = True, **parts: Any) -> Tree:
        metadata = {"name": name, **meta, "uid": f"u-{name}", **parts.pop("metadata", {})}
        if namespaced:
            metadata["namespace"] = "default"
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}

    def node(name: str, ready: str = "True", **spec: Any) -> Tree:
        condition = {
            "type": "Ready",
            "status": ready,
            "reason": "KubeletReady",
            "message": "kubelet is well",
            "lastTransitionTime": "2026-05-01T08:00:00Z",
        }
        status = {
            "conditions": [condition],
            "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"},
            "images": [{"names": ["registry.example.com/agent:1"], "sizeBytes": 1000}],
        }
        labels = {"zone": "a", "pool": "workers"}
        return made("Node", name, namespaced=False, spec=spec, status=status, metadata={"labels": labels})

    def pod(name: str, where: str, reason: str = "", owners: list[Tree] | None = None) -> Tree:
        state: Tree = {"running": {"startedAt": "2026-05-01T08:00:10Z"}}
        if reason:
            state = {"waiting": {"reason": reason, "message": "it keeps failing"}}
        container = {"name": "agent", "image": "registry.example.com/agent:1", "resources": {"requests": {"cpu": "1"}}}
        statuses = [{"name": "agent", "ready": not reason, "restartCount": 7 if reason else 0, "state": state}]
        ready = {"type": "Ready", "status": str(not reason), "lastTransitionTime": "2026-05-01T08:00:14Z"}
        status = {
            "phase": "Running",
            "reason": "Started",
            "message": "all is well",
            "startTime": "2026-05-01T08:00:05Z",
            "conditions": [ready],
            "containerStatuses": statuses,
        }
        metadata = {
            "labels": {"app": "agent", "controller-revision-hash": "old"},
            "annotations": {"note": "annotated"},
            "ownerReferences": [owner] if owners is None else owners,
        }
        return made("Pod", name, spec={"nodeName": where, "containers": [container]}, status=status, metadata=metadata)

    container = {
        "name": "agent",
        "image": "registry.example.com/agent:2",
        "command": ["/agent"],
        "args": ["--level=3"],
        "env": [{"name": "LEVEL", "value": "three"}],
        "resources": {"requests": {"cpu": "1"}},
        "ports": [{"containerPort": 9100, "hostPort": 9100}],
    }
    template = {
        "metadata": {"labels": {"app": "agent"}, "annotations": {"note": "annotated"}},
        "spec": {
            "nodeSelector": {"pool": "workers"},
            "priorityClassName": "important",
            "containers": [container],
            "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}],
        },
    }
    spec = {
        "selector": {"matchLabels": {"app": "agent"}},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "minReadySeconds": 5,
        "template": template,
    }
    taint = {"key": "dedicated", "value": "batch", "effect": "NoSchedule", "timeAdded": "2026-05-01T08:00:00Z"}
    other = {"name": "main", "image": "registry.example.com/web:1", "resources": {"requests": {"cpu": "1500m"}}}
    web = made("Pod", "web", spec={"nodeName": "n3", "containers": [other], "priority": 0}, status={"phase": "Running"})
    policy = {
        "targets": [{"name": "agent"}],
        "budgets": [{"maxUnavailable": 1}],
        "rates": {"imageBytesPerSecond": "50Mi", "podsPerMinute": 3},
    }
    return [
        made("DaemonSet", "agent", "apps/v1", spec=spec, metadata={"annotations": {"note": "annotated"}}),
        node("n1"),
        node("n2", "False"),
        node("n3"),
        node("n4", taints=[taint]),
        pod("agent-1", "n1"),
        pod("agent-2", "n2", "CrashLoopBackOff"),
        pod("agent-5", "gone"),
        web,
        made("ControllerRevision", "agent-old", "apps/v1", revision=1, data={"spec": {"template": template}},
             metadata={"labels": {"app": "agent", "controller-revision-hash": "old"}, "ownerReferences": [owner]}),
        made("PriorityClass", "important", "scheduling.k8s.io/v1", namespaced=False, value=1000, description="agents"),
        made("Namespace", "default", namespaced=False, status={"phase": "Active"}),
        made("RolloutPolicy", "careful", "dsplan.dev/v1alpha1", spec=policy),
    ]  # fmt: skip


def text_of(found: list[Tree]) -> str:
    """Return objects as one JSON document a line."""
    return "".join(json.dumps(tree) + "\n" for tree in found)
