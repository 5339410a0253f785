"""Whole objects as an API server v1.36 stores them, but for what it makes up itself (uid, times, versions)."""

from __future__ import annotations

from typing import Any

from ...model.quantity import RawQuantity, stored_text
from .pods import with_pod_defaults
from .rewrite import Rewriter
from .rules import Tree

__all__ = [
    "default_daemonset",
    "default_node",
    "default_object",
    "default_pod",
    "default_pod_template",
    "default_struct",
]


def _stored(raw: RawQuantity, milli: bool) -> str:
    return stored_text(raw, milli=milli)


_REWRITER = Rewriter(_stored)
_STRUCTS = {
    "DaemonSet": "DaemonSet",
    "Node": "Node",
    "PriorityClass": "PriorityClass",
    "ControllerRevision": "ControllerRevision",
}


def default_daemonset(tree: Tree) -> Tree:
    """Return the DaemonSet with every default of v1.36 (D1-D8, X1-X4): unknown and gated fields gone, null absent.

    The result is complete: an absent `status` is there with its zeros. The input is not touched, and nothing that is
    changed later is shared with it. Values of a wrong type stay as they are; validation reports them.

    >>> default_daemonset({"spec": {"template": {}, "minReadySeconds": 0}})["spec"]["updateStrategy"]
    {'type': 'RollingUpdate', 'rollingUpdate': {'maxUnavailable': 1, 'maxSurge': 0}}
    """
    return _object(tree, "DaemonSet")


def default_pod_template(tree: Tree) -> Tree:
    """Return a Pod template (metadata and spec) with every default that reaches it in a DaemonSet (D5-D8, X2, X3).

    What is filled in on real Pods only is not (D9, D10).

    >>> default_pod_template({"spec": {"containers": [{"name": "a", "image": "a:1"}]}})["spec"]["dnsPolicy"]
    'ClusterFirst'
    """
    return _object(tree, "PodTemplateSpec")


def default_node(tree: Tree) -> Tree:
    """Return the Node with defaults (D8, D11, X4); the taint that admission adds to new Nodes is not (X5).

    >>> default_node({"status": {"capacity": {"cpu": "1000m"}}})["status"]["allocatable"]
    {'cpu': '1'}
    """
    return _object(tree, "Node")


def default_pod(tree: Tree) -> Tree:
    """Return the Pod with the defaults of its template and those of Pods alone: requests from limits, host ports (D9),
    pod-level requests (D10), enableServiceLinks.

    >>> container = {"name": "a", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": 1}}}
    >>> pod = default_pod({"spec": {"hostNetwork": True, "containers": [container]}})
    >>> pod["spec"]["containers"][0]["resources"]["requests"], pod["spec"]["containers"][0]["ports"][0]["hostPort"]
    ({'cpu': '1'}, 80)
    """
    return _object(with_pod_defaults(tree), "Pod")


def default_object(tree: Tree) -> Tree:
    """Return any planned object with its defaults; objects of other kinds are returned as they are.

    >>> default_object({"kind": "PriorityClass", "value": 7})["preemptionPolicy"]
    'PreemptLowerPriority'
    """
    kind = tree.get("kind")
    if kind == "Pod":
        return default_pod(tree)
    struct = _STRUCTS.get(kind) if isinstance(kind, str) else None
    return tree if struct is None else _object(tree, struct)


def default_struct(tree: Tree, struct: str) -> Tree:
    """Return a part of an object, named as in the schema, as it is stored.

    >>> default_struct({"key": "a", "effect": "", "value": None}, "Toleration")
    {'key': 'a'}
    """
    return _object(tree, struct)


def _object(tree: Any, struct: str) -> Tree:
    written = _REWRITER.rewrite(tree if isinstance(tree, dict) else {}, struct)
    assert isinstance(written, dict)
    return written
