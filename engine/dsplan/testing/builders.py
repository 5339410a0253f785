"""Small objects for tests: what is not said is as on a healthy cluster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..manifests.decode import decode_object
from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet
from ..model.meta import RawTree
from ..model.node import Node
from ..model.pod import Pod

__all__ = ["NOW", "a_daemonset", "a_node", "a_pod", "a_revision"]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The moment at which tests happen unless they say otherwise."""

T = TypeVar("T")
_ZONE = "topology.kubernetes.io/zone"


def a_node(
    name: str,
    *,
    zone: str = "",
    labels: Mapping[str, str] | None = None,
    taints: tuple[str, ...] = (),
    ready: bool = True,
    uid: str | None = None,
    version: int | str = "",
) -> Node:
    """Return a node; taints are written as kubectl prints them.

    >>> a_node("n1", zone="a", taints=("gpu=yes:NoSchedule",)).taints[0].key
    'gpu'
    """
    all_labels = dict(labels or {}) | ({_ZONE: zone} if zone else {})
    tree: RawTree = {
        "kind": "Node",
        "metadata": _metadata(name, "", uid, version) | {"labels": all_labels},
        "spec": {"taints": [_taint(text) for text in taints]},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }
    return _decoded(tree, Node)


def a_daemonset(
    name: str = "ds",
    *,
    namespace: str = "default",
    image: str = "app:1",
    max_unavailable: int | str = 1,
    max_surge: int | str = 0,
    on_delete: bool = False,
    min_ready_seconds: int = 0,
    spec: Mapping[str, Any] | None = None,
    history_limit: int = 10,
    generation: int = 1,
    uid: str | None = None,
    version: int | str = "",
    status: Mapping[str, Any] | None = None,
) -> DaemonSet:
    """Return a DaemonSet whose selector is `app=<name>`; `spec` is laid over the pod template's spec.

    >>> a_daemonset(spec={"nodeSelector": {"disk": "ssd"}}).pod.spec.node_selector
    {'disk': 'ssd'}
    """
    labels = {"app": name}
    strategy: RawTree = {"type": "OnDelete"}
    if not on_delete:
        rolling = {"maxUnavailable": max_unavailable, "maxSurge": max_surge}
        strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    tree: RawTree = {
        "kind": "DaemonSet",
        "metadata": _metadata(name, namespace, uid, version) | {"generation": generation},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": image}], **(spec or {})},
            },
            "updateStrategy": strategy,
            "minReadySeconds": min_ready_seconds,
            "revisionHistoryLimit": history_limit,
        },
        "status": dict(status or {}),
    }
    return _decoded(tree, DaemonSet)


def a_revision(
    daemonset: DaemonSet, *, number: int = 1, hash_label: str = "", uid: str | None = None, version: int | str = ""
) -> ControllerRevision:
    """Return the ControllerRevision of a DaemonSet's template as it is.

    >>> a_revision(a_daemonset(), hash_label="6d4b").name
    'ds-6d4b'
    """
    label = hash_label or f"{number:x}".translate(str.maketrans("0123e", "4567d"))
    name = f"{daemonset.name}-{label}"
    template = {**daemonset.spec.template, "$patch": "replace"}
    tree: RawTree = {
        "kind": "ControllerRevision",
        "metadata": _metadata(name, daemonset.metadata.namespace, uid, version)
        | {"labels": {"app": daemonset.name, HASH_LABEL: label}, "ownerReferences": [_owner(daemonset)]},
        "data": {"spec": {"template": template}},
        "revision": number,
    }
    return _decoded(tree, ControllerRevision)


def a_pod(
    daemonset: DaemonSet,
    node: str,
    *,
    name: str = "",
    hash_label: str = "",
    phase: str = "Running",
    ready_since: datetime | None = NOW,
    created: datetime = NOW,
    deleted: datetime | None = None,
    bound: bool = True,
    labels: Mapping[str, str] | None = None,
    orphan: bool = False,
    uid: str | None = None,
    version: int | str = "",
) -> Pod:
    """Return a pod of a DaemonSet on a node: running and ready; not ready where `ready_since` is None.

    >>> a_pod(a_daemonset(), "n1").name
    'ds-n1'
    """
    all_labels = {"app": daemonset.name, **({HASH_LABEL: hash_label} if hash_label else {}), **(labels or {})}
    metadata = _metadata(name or f"{daemonset.name}-{node}", daemonset.metadata.namespace, uid, version)
    metadata |= {"labels": all_labels, "creationTimestamp": created}
    if deleted is not None:
        metadata["deletionTimestamp"] = deleted
    if not orphan:
        metadata["ownerReferences"] = [_owner(daemonset)]
    condition = {"type": "Ready", "status": "False" if ready_since is None else "True"}
    if ready_since is not None:
        condition["lastTransitionTime"] = ready_since  # type: ignore[assignment]
    tree: RawTree = {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": node} if bound else {"affinity": _pin(node)},
        "status": {"phase": phase, "conditions": [condition]},
    }
    return _decoded(tree, Pod)


def _metadata(name: str, namespace: str, uid: str | None, version: int | str) -> RawTree:
    fallback = f"uid-of-{namespace}-{name}"
    return {
        "name": name,
        "namespace": namespace,
        "uid": fallback if uid is None else uid,
        "resourceVersion": str(version),
    }


def _owner(daemonset: DaemonSet) -> RawTree:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "name": daemonset.name,
        "uid": daemonset.metadata.uid,
        "controller": True,
    }


def _pin(node: str) -> RawTree:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def _taint(text: str) -> RawTree:
    left, _, effect = text.rpartition(":")
    key, _, value = left.partition("=")
    return {"key": key, "value": value, "effect": effect}


def _decoded(tree: RawTree, kind: type[T]) -> T:
    decoded = decode_object(tree)
    assert isinstance(decoded, kind)
    return decoded
