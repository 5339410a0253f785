"""Karpenter: NodePool with its node class, and the Provisioner of former versions.

Karpenter makes nodes of whatever instance types its requirements allow, as many as pods need; a node pool therefore
tells neither count nor size. (karpenter.sh/v1; v1beta1 has the kubelet's settings in the pool, v1 in the node class.)
"""

from __future__ import annotations

from typing import Any, Final

from dsplan.manifests.pools.parts import FuturePool, Tree, labels_at, list_at, number_at, part, taints_at, text_at

__all__ = ["INSTANCE_TYPE", "pool_of"]

INSTANCE_TYPE: Final = "node.kubernetes.io/instance-type"
_POOL: Final = {"NodePool": "karpenter.sh/nodepool", "Provisioner": "karpenter.sh/provisioner-name"}


def pool_of(tree: Tree, find: Any) -> FuturePool:
    """Return what a NodePool or Provisioner tells; `find(kind, name)` returns a document that came with it.

    >>> template = {"spec": {"requirements": [{"key": "team", "operator": "In", "values": ["a"]}]}}
    >>> pool_of({"kind": "NodePool", "metadata": {"name": "p"}, "spec": {"template": template}}, dict().get).labels
    {'karpenter.sh/nodepool': 'p', 'team': 'a'}
    """
    kind, name = text_at(tree, "kind"), text_at(tree, "metadata", "name")
    spec = part(tree, "spec") if kind == "Provisioner" else part(tree, "spec", "template", "spec")
    labels = labels_at(tree, "spec", "labels" if kind == "Provisioner" else "template", "metadata", "labels")
    if kind == "Provisioner":
        labels = labels_at(spec, "labels")
    labels = {_POOL.get(kind, ""): name, **labels}
    choices, machines, demands = _required(list_at(spec, "requirements"), labels)
    node_class = _node_class(spec, find)
    kubelet = part(spec, "kubeletConfiguration") or part(spec, "kubelet") or part(node_class, "spec", "kubelet")
    count = number_at(tree, "spec", "replicas")
    return FuturePool(
        tool=f"Karpenter {kind}",
        name=name,
        count=count,
        labels=labels,
        choices=choices,
        taints=taints_at(spec, "taints"),
        machines=machines,
        demands=tuple(demands),
        capacity=_told_sizes(kubelet, node_class),
        reserved=tuple(labels_at(kubelet, field) for field in ("kubeReserved", "systemReserved")),
        own=(_POOL.get(kind, ""), name),
        unknown=tuple(_unknown(spec, count, demands)),
    )


def _required(
    requirements: list[Any], labels: dict[str, str]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...], list[Tree]]:
    """Return (labels with several values, instance types, what else is asked), and put single values into `labels`."""
    choices: dict[str, tuple[str, ...]] = {}
    machines: tuple[str, ...] = ()
    demands: list[Tree] = []
    for requirement in requirements:
        key, operator = text_at(requirement, "key"), text_at(requirement, "operator")
        values = tuple(value for value in list_at(requirement, "values") if isinstance(value, str))
        if key == INSTANCE_TYPE and operator == "In":
            machines = values
        elif "/instance-" in key or operator != "In" or not values:
            demands.append(requirement)
        elif len(values) == 1:
            labels[key] = values[0]
        else:
            choices[key] = values
    return choices, machines, demands


def _node_class(spec: Any, find: Any) -> Any:
    for field in ("nodeClassRef", "providerRef"):
        if kind := text_at(spec, field, "kind") or ("AWSNodeTemplate" if part(spec, field) else ""):
            return find((kind, text_at(spec, field, "name")))
    return None


def _told_sizes(kubelet: Any, node_class: Any) -> dict[str, str]:
    found = {}
    if (pods := number_at(kubelet, "maxPods") or number_at(node_class, "spec", "maxPods")) is not None:
        found["pods"] = str(pods)
    disk = text_at(node_class, "spec", "blockDeviceMappings", 0, "ebs", "volumeSize")
    if disk:
        found["ephemeral-storage"] = disk
    return found


def _unknown(spec: Any, count: int | None, demands: list[Tree]) -> list[str]:
    found = [] if count is not None else ["how many nodes there will be (one stands for each instance type)"]
    for demand in demands:
        values = " ".join(value for value in list_at(demand, "values") if isinstance(value, str))
        found.append(f"what {text_at(demand, 'key')} {text_at(demand, 'operator')} {values}".rstrip() + " comes to")
    if list_at(spec, "startupTaints"):
        found.append("how long its startupTaints stay (left out here)")
    return found
