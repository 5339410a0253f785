"""What kind of node it is, as people speak of nodes: for counting what an edit also touches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..model.node import Node

__all__ = ["count_roles", "role_of"]

_ROLE = "node-role.kubernetes.io/"
_VIRTUAL = {
    "type": "virtual-kubelet",
    "kubernetes.io/role": "agent-virtual",
    "eks.amazonaws.com/compute-type": "fargate",
    "node.kubernetes.io/instance-type": "virtual-kubelet",
}
_VIRTUAL_TAINTS = ("virtual-kubelet.io/provider", "eks.amazonaws.com/compute-type")


def role_of(node: Node) -> str:
    """Return `virtual`, `control-plane`, `windows`, the node's own role label, or `worker`; the first that holds.

    >>> from dsplan.model.meta import ObjectMeta
    >>> role_of(Node(metadata=ObjectMeta(name="n", labels={"node-role.kubernetes.io/control-plane": ""})))
    'control-plane'
    """
    labels = node.labels
    if any(labels.get(key) == value for key, value in _VIRTUAL.items()):
        return "virtual"
    if any(taint.key in _VIRTUAL_TAINTS for taint in node.taints):
        return "virtual"
    roles = sorted(key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE))
    if "control-plane" in roles or "master" in roles:
        return "control-plane"
    if labels.get("kubernetes.io/os") == "windows":
        return "windows"
    return next((role for role in roles if role), "worker")


def count_roles(nodes: Iterable[Node]) -> tuple[tuple[str, int], ...]:
    """Return how many nodes there are of each role, the most frequent first."""
    counts = Counter(map(role_of, nodes))
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
