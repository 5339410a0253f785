"""Cluster API: MachineDeployments and MachinePools with their bootstrap and infrastructure templates.

Labels of machines reach nodes only in three domains, or by the kubelet's `node-labels`. Sizes for scaling from zero are
annotations of the cluster autoscaler.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dsplan.manifests.pools.parts import FuturePool, Tree, labels_at, list_at, number_at, part, taints_at, text_at

__all__ = ["pool_of"]

_SYNCED: Final = ("node-role.kubernetes.io", "node-restriction.kubernetes.io", "node.cluster.x-k8s.io")
_CAPACITY: Final = "capacity.cluster-autoscaler.kubernetes.io/"
_SIZES: Final = {"cpu": "cpu", "memory": "memory", "ephemeral-disk": "ephemeral-storage", "maxPods": "pods"}
_MACHINES: Final = (
    ("spec", "template", "spec", "instanceType"),
    ("spec", "template", "spec", "vmSize"),
    ("spec", "template", "spec", "flavor"),
    ("spec", "template", "spec", "machineType"),
    ("spec", "instanceType"),
    ("spec", "awsLaunchTemplate", "instanceType"),
    ("spec", "template", "vmSize"),
    ("spec", "sku"),
)
_SYNCED_POOL: Final = {"MachineDeployment": "cluster.x-k8s.io/deployment-name", "MachinePool": ""}


def pool_of(tree: Tree, find: Any) -> FuturePool:
    """Return what a MachineDeployment or MachinePool tells; `find((kind, name))` returns a document that came with it.

    >>> tree = {"kind": "MachineDeployment", "metadata": {"name": "md-0"}, "spec": {"replicas": 3}}
    >>> pool_of(tree, dict().get).count
    3
    """
    kind, name = text_at(tree, "kind"), text_at(tree, "metadata", "name")
    annotations = labels_at(tree, "metadata", "annotations")
    spec = part(tree, "spec", "template", "spec")
    bootstrap = _template(spec, ("bootstrap", "configRef"), find)
    joins = part(bootstrap, "spec", "template", "spec", "joinConfiguration") or part(
        bootstrap, "spec", "joinConfiguration"
    )
    registration = part(joins, "nodeRegistration")
    infrastructure = _template(spec, ("infrastructureRef",), find)
    machine = next((text for path in _MACHINES if (text := text_at(infrastructure, *path))), "")
    labels = {
        **_synced(labels_at(tree, "spec", "template", "metadata", "labels")),
        **_pairs(_kubelet_argument(registration, "node-labels")),
        **_pairs(annotations.get(f"{_CAPACITY}labels", "")),
    }
    zones = _zones(tree, spec)
    count = number_at(tree, "spec", "replicas")
    taints = (
        *taints_at(registration, "taints"),
        *taints_at(spec, "taints"),
        *taints_at(list(filter(None, annotations.get(f"{_CAPACITY}taints", "").split(",")))),
    )
    return FuturePool(
        tool=f"Cluster API {kind}",
        name=name,
        count=count,
        labels={**labels, **({"topology.kubernetes.io/zone": zones[0]} if len(zones) == 1 else {})},
        choices={"topology.kubernetes.io/zone": zones} if len(zones) > 1 else {},
        taints=taints,
        machines=(machine,) if machine else (),
        capacity=_annotated(annotations),
        unknown=tuple(_unknown(count, bootstrap)),
    )


def _unknown(count: int | None, bootstrap: Any) -> Iterator[str]:
    if count is None:
        yield "how many nodes there will be (an autoscaler decides; one stands for them)"
    if bootstrap is None:
        yield "labels and taints of its bootstrap template, which is not in the input"


def _template(spec: Any, path: tuple[str, ...], find: Any) -> Any:
    reference = part(spec, *path)
    return find((text_at(reference, "kind"), text_at(reference, "name")))


def _synced(labels: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key.partition("/")[0].endswith(_SYNCED) and "/" in key}


def _pairs(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (entry.partition("=") for entry in text.split(",")) if key.strip()}


def _kubelet_argument(registration: Any, name: str) -> str:
    """Return an argument of the kubelet: a map before v1beta2, a list of {name, value} since."""
    arguments = part(registration, "kubeletExtraArgs")
    if isinstance(arguments, list):
        return next((text_at(entry, "value") for entry in arguments if text_at(entry, "name") == name), "")
    return text_at(arguments, name)


def _zones(tree: Tree, spec: Any) -> tuple[str, ...]:
    single = text_at(spec, "failureDomain")
    several = tuple(zone for zone in list_at(tree, "spec", "failureDomains") if isinstance(zone, str))
    return (single,) if single else several


def _annotated(annotations: dict[str, str]) -> dict[str, str]:
    found = {}
    for suffix, resource in _SIZES.items():
        if size := annotations.get(_CAPACITY + suffix):
            found[resource] = size
    gpu = annotations.get(f"{_CAPACITY}gpu-count")
    return {**found, annotations.get(f"{_CAPACITY}gpu-type", "nvidia.com/gpu"): gpu} if gpu else found
