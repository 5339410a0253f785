"""Kinds of nodes that a DaemonSet often selects without meaning to."""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

from ...eligibility import NodeIndex
from ...explain.roles import role_of
from ...model.node import Node

__all__ = ["ARCH_LABELS", "OS_LABELS", "counted_text", "gpu_nodes", "is_gpu_key", "label_of", "nodes_of_role"]

OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")
ARCH_LABELS = ("kubernetes.io/arch", "beta.kubernetes.io/arch")
_GPU = ("nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915", "gpu.intel.com/xe")


def label_of(node: Node, keys: Sequence[str]) -> str:
    """Return the first of some labels that a node has, empty where it has none.

    >>> label_of(Node(), OS_LABELS)
    ''
    """
    return next((node.labels[key] for key in keys if key in node.labels), "")


def nodes_of_role(index: NodeIndex, role: str) -> BitMap:
    """Return the nodes of a role: `virtual`, `control-plane`, `windows`, ..."""
    groups = index.partition("role", role_of)
    return BitMap.union(BitMap(), *(group for group in groups if group and role_of(index.nodes[group[0]]) == role))


def is_gpu_key(key: str) -> bool:
    """Return whether a resource or a taint of this name stands for GPUs.

    >>> is_gpu_key("nvidia.com/gpu"), is_gpu_key("dedicated")
    (True, False)
    """
    return key in _GPU


def _is_reserved_for_gpus(node: Node) -> bool:
    return any(is_gpu_key(taint.key) for taint in node.taints)


def gpu_nodes(index: NodeIndex) -> BitMap:
    """Return the nodes that a taint keeps for workloads with GPUs."""
    groups = index.partition("reserved for GPUs", _is_reserved_for_gpus)
    return BitMap.union(
        BitMap(), *(group for group in groups if group and _is_reserved_for_gpus(index.nodes[group[0]]))
    )


def counted_text(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted_text(1, "node"), counted_text(1200, "node"), counted_text(2, "DaemonSet is", "DaemonSets are")
    ('1 node', '1,200 nodes', '2 DaemonSets are')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
