"""The digest of what a plan was made from."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from ..manifests.snapshot import reported_images, without_annotations
from ..model.daemonset import ControllerRevision, DaemonSet, Deployment
from ..model.world import FIELDS, World
from ..observe import Group
from ..observe.digests import node_digest
from ..observe.templates import digest_of, revision_template
from ..planner import Plan

__all__ = ["inputs_digest", "node_digests"]


def inputs_digest(world: World) -> str:
    """Return the SHA-256 of every object and the State as planning reads them, in hex.

    Two worlds with the same digest get the same plan for the same moment; the order of the input plays no part, nor
    does what planning does not read: a snapshot has the digest of its cluster.
    """
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder(order="deterministic")
    for field in sorted(FIELDS.values()):
        digest.update(field.encode())
        for item in getattr(world, field):
            digest.update(encoder.encode(_as_read(item)))
    for daemonset in world.stored:
        digest.update(encoder.encode(["stored", _as_read(daemonset)]))
    digest.update(encoder.encode(world.state))
    if images := reported_images(world):
        digest.update(encoder.encode(images))
    return f"sha256:{digest.hexdigest()}"


def _as_read(item: Any) -> Any:
    """Return an object as planning reads it: templates count by their digest, annotations hardly at all."""
    if isinstance(item, DaemonSet | Deployment):
        spec: Any = msgspec.structs.replace(item.spec, template={"digest": digest_of(item.spec.template)})
        item = msgspec.structs.replace(item, spec=spec)
    elif isinstance(item, ControllerRevision):
        item = msgspec.structs.replace(item, data={"digest": digest_of(revision_template(item))})
    return without_annotations(item)


def node_digests(plan: Plan, reads: tuple[str, ...]) -> tuple[str, ...]:
    """Return the check sum of every node: what constraints read of it, its health, and its daemon pods."""
    index = plan.index
    groups: list[list[Group]] = [[] for _ in index.names]
    for entry in plan.daemonsets:
        for name, group in entry.step.observed.groups.items() if entry.step.observed else ():
            position = index.ids.get(name)
            if position is not None:
                groups[position].append(group)
    return tuple(node_digest(node, reads, found) for node, found in zip(index.nodes, groups, strict=True))
