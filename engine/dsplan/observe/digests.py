"""The check sum of what a plan looked at on one node."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from ..constraints import project
from ..model.node import Node
from ..model.pod import Pod
from .groups import Group

__all__ = ["node_digest"]


def node_digest(node: Node, reads: tuple[str, ...], groups: Iterable[Group]) -> str:
    """Return eight hex digits over the fields that constraints read, the node's health, and its daemon pods.

    Of a pod it takes what decides: which it is, and the facts of its shape; a heartbeat is in neither. A check sum, no
    proof: it tells what to look at again.

    >>> node_digest(Node(), ("name",), ()) == node_digest(Node(), ("name",), ())
    True
    """
    found = [";".join(f"{pod.metadata.uid or pod.name}:{facts}" for pod, facts in _members(group)) for group in groups]
    return f"{crc32(f'{project(node, reads)!r}|{node.ready}|{found!r}'.encode()):08x}"


def _members(group: Group) -> Iterable[tuple[Pod, int]]:
    return zip(group.pods, group.shape, strict=True)
