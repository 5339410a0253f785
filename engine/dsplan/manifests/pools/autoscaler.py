"""Node templates of the cluster autoscaler's kwok provider: Nodes, written as text into a ConfigMap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dsplan.manifests.pools.parts import FuturePool, Tree, labels_at, taints_at, text_at
from dsplan.reading.read import read_bytes

__all__ = ["CONFIG_MAP", "kwok_pools"]

CONFIG_MAP: Final = "kwok-provider-templates"
_GROUP: Final = "kwok-nodegroup"
_OF_ONE_NODE: Final = ("kubernetes.io/hostname", "beta.kubernetes.io/hostname")


def kwok_pools(tree: Tree, find: Any) -> Iterator[FuturePool]:
    """Yield a pool for each Node among the templates of the ConfigMap `CONFIG_MAP`.

    >>> node = "apiVersion: v1\\nkind: Node\\nmetadata: {name: t, labels: {kwok-nodegroup: ng}}\\n"
    >>> [pool.name for pool in kwok_pools({"data": {"templates": node}}, None)]
    ['ng']
    """
    for item in read_bytes(text_at(tree, "data", "templates").encode()).objects:
        if item.kind == "Node":
            yield _pool_of(item.tree)


def _pool_of(node: Tree) -> FuturePool:
    labels = {key: value for key, value in labels_at(node, "metadata", "labels").items() if key not in _OF_ONE_NODE}
    name = labels.get(_GROUP) or text_at(node, "metadata", "name")
    room = labels_at(node, "status", "allocatable") or labels_at(node, "status", "capacity")
    return FuturePool(
        tool="cluster autoscaler template",
        name=name,
        labels=labels,
        taints=taints_at(node, "spec", "taints"),
        capacity=room,
        own=(_GROUP, name),
        unknown=("how many nodes there will be (one stands for them)",),
    )
