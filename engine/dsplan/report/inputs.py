"""The digest of what a plan was made from."""

from __future__ import annotations

import hashlib
from zlib import crc32

import msgspec

from ..constraints import project
from ..manifests.snapshot import abridged
from ..model.world import KINDS, World
from ..planner import Plan

__all__ = ["inputs_digest", "node_digests"]


def inputs_digest(world: World) -> str:
    """Return the SHA-256 of every object and the State as planning reads them, in hex.

    Two worlds with the same digest get the same plan for the same moment; the order of the input plays no part, nor
    does what planning does not read: a snapshot has the digest of its cluster.
    """
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder(order="deterministic")
    for field, _ in sorted(KINDS.values(), key=lambda entry: entry[0]):
        digest.update(field.encode())
        for item in getattr(world, field):
            digest.update(encoder.encode(abridged(item)))
    digest.update(encoder.encode(world.state))
    return f"sha256:{digest.hexdigest()}"


def node_digests(plan: Plan, reads: tuple[str, ...]) -> tuple[str, ...]:
    """Return eight hex digits a node, over the fields that constraints read, its health, and its daemon pods.

    Of a pod it takes what decides: which it is, and the facts of its shape. A check sum, no proof: it tells what to
    look at again.
    """
    index = plan.index
    pods: list[list[str]] = [[] for _ in index.names]
    for entry in plan.daemonsets:
        for name, group in entry.step.observed.groups.items() if entry.step.observed else ():
            position = index.ids.get(name)
            if position is not None:
                here = zip(group.pods, group.shape, strict=True)
                pods[position].append(";".join(f"{pod.metadata.uid or pod.name}:{facts}" for pod, facts in here))
    return tuple(
        f"{crc32(f'{project(node, reads)!r}|{node.ready}|{found!r}'.encode()):08x}"
        for node, found in zip(index.nodes, pods, strict=True)
    )
