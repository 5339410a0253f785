"""The check sum of what a plan looked at on one node."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from ..constraints.protocol import TAINTS, project
from ..model.node import Node
from .groups import Group

__all__ = ["node_digest"]


_encode = msgspec.json.Encoder().encode


def node_digest(node: Node, reads: tuple[str, ...], groups: Iterable[Group]) -> str:
    """Return 32 hex digits over the fields that constraints read, the node's health, and its daemon pods.

    Of a pod it takes what decides: which it is, and the facts of its shape; a heartbeat is in neither.

    >>> node_digest(Node(), ("name",), ()) == node_digest(Node(), ("name",), ())
    True
    """
    seen = zip(reads, project(node, reads), strict=True)
    fields = [[str(taint) for taint in value] if name == TAINTS else value for name, value in seen]
    found = [_members(group) for group in groups]
    return blake2b(_encode([fields, node.ready, found]), digest_size=16).hexdigest()


def _members(group: Group) -> list[tuple[str, int]]:
    return [(pod.metadata.uid or pod.name, facts) for pod, facts in zip(group.pods, group.shape, strict=True)]
