"""Short ways to raw objects for the tests of this folder."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


def node(
    name: str, *, labels: Tree | None = None, taints: list[str] | None = None, ready: bool = True, **room: str
) -> Tree:
    found: Tree = {
        "kind": "Node",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"taints": [taint(text) for text in taints or ()]},
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }
    if room:
        found["status"]["allocatable"] = {"pods": "110", **room}
    return found


def taint(text: str) -> Tree:
    left, _, effect = text.rpartition(":")
    key, _, value = left.partition("=")
    return {"key": key, "value": value, "effect": effect}


def daemonset(
    name: str = "ds", *, strategy: Tree | None = None, image: str = "a", memory: str = "", **spec: Any
) -> Tree:
    container: Tree = {"name": "c", "image": image}
    if memory:
        container["resources"] = {"requests": {"memory": memory}}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "default", "uid": f"{name}-uid", "generation": 1},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "updateStrategy": strategy or {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **spec}},
        },
    }


def revision(owner: Tree, hash_: str) -> Tree:
    template = owner["spec"]["template"]
    return {
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{owner['metadata']['name']}-{hash_}",
            "namespace": "default",
            "labels": {**template["metadata"]["labels"], "controller-revision-hash": hash_},
            "ownerReferences": [reference(owner)],
        },
        "revision": 1,
        "data": {"spec": {"template": {**template, "$patch": "replace"}}},
    }


def pod(owner: Tree, on: str, hash_: str, *, phase: str = "Running", ready: bool = True, **metadata: Any) -> Tree:
    name = owner["metadata"]["name"]
    return {
        "kind": "Pod",
        "metadata": {
            "name": f"{name}-{on}",
            "namespace": "default",
            "uid": f"{name}-{on}-uid",
            "labels": {"app": name, "controller-revision-hash": hash_},
            "ownerReferences": [reference(owner)],
            **metadata,
        },
        "spec": {"nodeName": on},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def reference(owner: Tree) -> Tree:
    metadata = owner["metadata"]
    return {"kind": "DaemonSet", "name": metadata["name"], "uid": metadata["uid"], "controller": True}
