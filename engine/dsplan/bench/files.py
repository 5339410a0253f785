"""Worlds as files, of the size that kubectl prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..model.meta import RawTree
from ..model.world import FIELDS, World
from .nodes import node as node_of_real_size

__all__ = ["write_cluster"]


def write_cluster(world: World, path: Path) -> int:
    """Write nodes, DaemonSets, revisions and pods as one List in JSON; return the number of bytes.

    Nodes have everything that real ones have (images, addresses, conditions, annotations), about 5 KB each; pods and
    DaemonSets have what planning reads.
    """
    with path.open("wb") as file:
        file.write(b'{"apiVersion":"v1","kind":"List","items":[')
        for number, tree in enumerate(_trees(world)):
            file.write(b",\n" if number else b"\n")
            file.write(msgspec.json.encode(tree))
        file.write(b"\n]}\n")
        return file.tell()


def _trees(world: World) -> Iterator[RawTree]:
    for number, node in enumerate(world.nodes):
        yield _padded(msgspec.to_builtins(node), node_of_real_size(number))
    for kind, version in (("DaemonSet", "apps/v1"), ("ControllerRevision", "apps/v1"), ("Pod", "v1")):
        for item in getattr(world, FIELDS[kind]):
            yield {"apiVersion": version, "kind": kind, **msgspec.to_builtins(item)}


def _padded(tree: Any, model: RawTree) -> RawTree:
    """Return `model` with everything that `tree` says in its place."""
    metadata = {**model["metadata"], **tree["metadata"]}
    status = {**model["status"], **tree.get("status", {})}
    return {**model, "metadata": metadata, "spec": tree.get("spec", {}), "status": status}
