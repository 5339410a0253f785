"""The DaemonSets of a world: templates of the kinds that real clusters run, with their revisions.

How they are gated follows what public manifests do: half of them have a nodeSelector, a fifth required node affinity,
more than half tolerate everything, 19 % update one node at a time and 11 % at 10 %.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..manifests.decode import decode
from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import RawTree

__all__ = ["KINDS", "NEW", "OLD", "Kind", "daemonset_of", "make_daemonsets", "revision_of"]

NEW, OLD = "6b4f9c7d58", "5d8c6f4b97"
"""The hashes of the current template and of the one before it."""

_EVERYTHING: tuple[RawTree, ...] = ({"operator": "Exists"},)
_NO_SCHEDULE: tuple[RawTree, ...] = ({"operator": "Exists", "effect": "NoSchedule"},)


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One sort of node agent: whom it wants to run on, how it is updated, what it asks for."""

    name: str
    selector: dict[str, str] = {}
    expressions: tuple[RawTree, ...] = ()
    tolerations: tuple[RawTree, ...] = ()
    max_unavailable: int | str = 1
    max_surge: int | str = 0
    host_network: bool = False
    cpu: str = "20m"
    memory: str = "40Mi"
    host_port: int = 0


def _expression(key: str, operator: str, *values: str) -> RawTree:
    return {"key": key, "operator": operator, "values": list(values)}


KINDS = (
    Kind(
        name="node-exporter",
        expressions=(
            _expression("kubernetes.io/os", "In", "linux", "windows"),
            _expression("kubernetes.io/arch", "In", "amd64", "arm64"),
            _expression("type", "NotIn", "virtual-kubelet"),
        ),
        tolerations=_EVERYTHING,
        max_unavailable="10%",
        host_network=True,
        host_port=9100,
    ),
    Kind(name="kube-proxy", selector={"kubernetes.io/os": "linux"}, tolerations=_EVERYTHING, max_unavailable="10%"),
    Kind(
        name="cni",
        expressions=(
            _expression("kubernetes.io/os", "In", "linux"),
            _expression("eks.amazonaws.com/compute-type", "NotIn", "fargate", "hybrid", "auto"),
        ),
        tolerations=_EVERYTHING,
        host_network=True,
    ),
    Kind(name="csi-node", selector={"kubernetes.io/os": "linux"}, tolerations=_EVERYTHING, max_unavailable="10%"),
    Kind(name="log-collector", memory="200Mi"),
    Kind(name="node-local-dns", tolerations=_NO_SCHEDULE, max_unavailable="10%"),
    Kind(name="device-plugin", selector={"nvidia.com/gpu.present": "true"}, tolerations=_EVERYTHING),
    Kind(name="proxy-windows", selector={"kubernetes.io/os": "windows"}, tolerations=_EVERYTHING),
    Kind(
        name="zonal-cache",
        expressions=(_expression("topology.kubernetes.io/zone", "Exists"),),
        max_unavailable="34%",
        memory="256Mi",
    ),
    Kind(name="security-agent", tolerations=_EVERYTHING, max_unavailable=0, max_surge="10%", memory="300Mi"),
)
"""The sorts of agents, in the order in which a world takes them."""

_EVERYWHERE = ("node-exporter", "security-agent")
_HOSTILE = (
    Kind(
        name="picky",
        expressions=(
            _expression("kubernetes.io/hostname", "NotIn", "host-a", "host-b", "host-c"),
            _expression("example.com/serial", "Gt", "10"),
        ),
        tolerations=({"key": "example.com/owner", "operator": "Exists"}, {"key": "x", "operator": "Exists"}),
        max_unavailable="10%",
    ),
    Kind(
        name="half",
        expressions=(_expression("example.com/serial", "Lt", "5000"), _expression("example.com/machine-id", "Exists")),
        tolerations=(
            *({"key": "example.com/owner", "value": f"host-{number}"} for number in range(20)),
            {"key": "example.com/owner", "operator": "Exists"},
        ),
    ),
)


def make_daemonsets(
    count: int, *, hostile: bool = False, everywhere: bool = False
) -> tuple[tuple[DaemonSet, ...], tuple[ControllerRevision, ...]]:
    """Return `count` DaemonSets, each with its current and its former revision; kinds take turns.

    `everywhere` takes only those that want every node that is well, `hostile` adds those that hostile worlds have.

    >>> daemonsets, revisions = make_daemonsets(12)
    >>> daemonsets[0].name, daemonsets[11].name, len(revisions)
    ('node-exporter-0', 'kube-proxy-1', 24)
    """
    kinds: tuple[Kind, ...] = _HOSTILE + KINDS if hostile else KINDS
    if everywhere:
        kinds = tuple(kind for kind in KINDS if kind.name in _EVERYWHERE)
    daemonsets = [daemonset_of(kinds[number % len(kinds)], number // len(kinds)) for number in range(count)]
    revisions = [revision_of(daemonset, number) for daemonset in daemonsets for number in (1, 2)]
    return tuple(daemonsets), tuple(revisions)


def daemonset_of(kind: Kind, number: int, *, image: str = "2") -> DaemonSet:
    """Return the DaemonSet of a kind; the same template with another `image` tag is another revision."""
    name = f"{kind.name}-{number}"
    strategy = {"maxUnavailable": kind.max_unavailable, "maxSurge": kind.max_surge}
    tree = {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system", "uid": f"uid-{name}", "generation": 2},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": strategy},
            "revisionHistoryLimit": 10,
            "template": {"metadata": {"labels": {"app": name}}, "spec": _pod_spec(kind, number, image)},
        },
    }
    return decode([tree]).daemonsets[0]


def _pod_spec(kind: Kind, number: int, image: str) -> RawTree:
    container: dict[str, Any] = {
        "name": "agent",
        "image": f"registry.example.com/{kind.name}-{number}:{image}",
        "resources": {"requests": {"cpu": kind.cpu, "memory": kind.memory}},
    }
    if kind.host_port:
        port = kind.host_port + number
        container["ports"] = [{"containerPort": port, "hostPort": port}]
    spec: dict[str, Any] = {"containers": [container], "priorityClassName": "system-node-critical"}
    if kind.selector:
        spec["nodeSelector"] = dict(kind.selector)
    if kind.expressions:
        required = {"nodeSelectorTerms": [{"matchExpressions": list(kind.expressions)}]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    if kind.tolerations:
        spec["tolerations"] = list(kind.tolerations)
    if kind.host_network:
        spec["hostNetwork"] = True
    return spec


def revision_of(daemonset: DaemonSet, number: int) -> ControllerRevision:
    """Return revision 1 (the template with an older image) or 2 (the template as it is)."""
    template: RawTree = daemonset.spec.template
    if number == 1:
        first, *rest = template["spec"]["containers"]
        older = {**first, "image": first["image"] + "-old"}
        template = {**template, "spec": {**template["spec"], "containers": [older, *rest]}}
    hash_label = OLD if number == 1 else NEW
    tree = {
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{daemonset.name}-{hash_label}",
            "namespace": daemonset.metadata.namespace,
            "uid": f"uid-{daemonset.name}-{hash_label}",
            "labels": {"app": daemonset.name, "controller-revision-hash": hash_label},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "DaemonSet",
                    "name": daemonset.name,
                    "uid": daemonset.metadata.uid,
                    "controller": True,
                }
            ],
        },
        "revision": number,
        "data": {"spec": {"template": {**template, "$patch": "replace"}}},
    }
    return decode([tree]).revisions[0]
