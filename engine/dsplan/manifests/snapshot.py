"""A cluster as planning sees it: small enough to keep, and without what nobody should find in a file.

Environment values, arguments, probes, volumes' contents and annotations are left out, because the typed views do not
have them; templates are abridged, and of revisions nothing but the digest of their template is kept. Plans made from a
snapshot are those of the cluster, since two templates have the same digest exactly if they are the same (H3, H4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dsplan.apiserver.defaulting import abridged_template, default_pod_template, revision_template
from dsplan.manifests.decode import DEFAULT_NAMESPACE
from dsplan.model.arguments import check_world
from dsplan.model.daemonset import (
    IGNORE_ANNOTATION,
    TEMPLATE_GENERATION_ANNOTATION,
    ControllerRevision,
    DaemonSet,
    Deployment,
)
from dsplan.model.images import full_name
from dsplan.model.meta import RawTree
from dsplan.model.namespaces import NODE_SELECTOR_ANNOTATIONS
from dsplan.model.pod import Pod, PodSpec, PodTemplate
from dsplan.model.policy import POLICY_API_VERSION
from dsplan.model.world import CLUSTER_WIDE, FIELDS, World

if TYPE_CHECKING:
    from dsplan.reading.read import Found

__all__ = ["abridged", "reported_images", "snapshot", "snapshot_json", "whole_json", "without_annotations"]

T = TypeVar("T")

_API_VERSIONS = {
    "DaemonSet": "apps/v1",
    "ControllerRevision": "apps/v1",
    "Deployment": "apps/v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "RuntimeClass": "node.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1",
    "CSINode": "storage.k8s.io/v1",
    "RolloutPolicy": POLICY_API_VERSION,
    "PlacementPolicy": POLICY_API_VERSION,
}
"""Kinds that are not of the core group."""
_KEPT_ANNOTATIONS = (TEMPLATE_GENERATION_ANNOTATION, IGNORE_ANNOTATION, *NODE_SELECTOR_ANNOTATIONS)


def snapshot(world: World) -> Iterator[RawTree]:
    """Yield the objects of a world as planning reads them, kind by kind, in the order of the World."""
    for kind, field in FIELDS.items():
        head = {"apiVersion": _API_VERSIONS.get(kind, "v1"), "kind": kind}
        images = reported_images(world) if kind == "Node" else []
        for item in getattr(world, field):
            tree = {**head, **msgspec.to_builtins(abridged(item))}
            if images and "status" in tree:
                tree["status"]["images"], images = images, []
            yield tree


def reported_images(world: World) -> list[RawTree]:
    """Return the sizes of images that are to be rolled out, as a node reports them; a snapshot has them on one node."""
    wanted = {
        container.image
        for daemonset in world.daemonsets
        for container in (*daemonset.pod.spec.init_containers, *daemonset.pod.spec.containers)
    }
    known = {full_name(image): world.image_sizes.get(full_name(image)) for image in wanted if image}
    return [{"names": [name], "sizeBytes": size} for name, size in sorted(known.items()) if size is not None]


def snapshot_json(world: World) -> bytes:
    """Return a snapshot as one JSON List, an object to a line; the same world gives the same bytes.

    >>> from dsplan.manifests.decode import decode
    >>> world = decode([{"kind": "Node", "metadata": {"name": "n1", "annotations": {"token": "s3cret"}}}])
    >>> print(snapshot_json(world).decode(), end="")
    {"apiVersion":"v1","kind":"List","items":[
    {"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}
    ]}
    """
    check_world(world)
    return _list(msgspec.json.encode(tree, order="sorted") for tree in snapshot(world))


def whole_json(found: Iterable[Found], world: World) -> bytes:
    """Return what was read, whole, as one JSON List: the objects of `world`, and those that stand for some of it."""
    from dsplan.reading.objects import RawObject

    kept = {
        (kind, item.metadata.namespace, item.metadata.name)
        for kind, field in FIELDS.items()
        for item in getattr(world, field)
    }
    lines = []
    for item in found:
        if not isinstance(item, RawObject):
            continue
        namespace = "" if item.kind in CLUSTER_WIDE else item.namespace or DEFAULT_NAMESPACE
        if (item.kind, namespace, item.name) in kept or item.kind == "NodePool":
            lines.append(msgspec.json.encode(item.tree))
    return _list(lines)


def _list(lines: Iterable[bytes]) -> bytes:
    return b'{"apiVersion":"v1","kind":"List","items":[\n' + b",\n".join(lines) + b"\n]}\n"


def abridged(item: T) -> T:
    """Return an object with nothing but what planning reads; once abridged, it stays as it is."""
    if isinstance(item, DaemonSet | Deployment):
        spec: Any = msgspec.structs.replace(item.spec, template=_abridged_template(item))
        item = msgspec.structs.replace(item, spec=spec)
    elif isinstance(item, ControllerRevision):
        item = msgspec.structs.replace(item, data=_abridged_data(item.data))
    return without_annotations(item)


def without_annotations(item: T) -> T:
    """Return an object without annotations, but for those that planning reads; also without those of its claims."""
    if isinstance(item, Pod) and any(volume.ephemeral for volume in item.spec.volumes):
        item = msgspec.structs.replace(item, spec=_without_claim_annotations(item.spec))
    metadata: Any = getattr(item, "metadata", None)
    annotations = getattr(metadata, "annotations", None)
    if annotations:
        kept = {key: annotations[key] for key in _KEPT_ANNOTATIONS if key in annotations}
        item = msgspec.structs.replace(item, metadata=msgspec.structs.replace(metadata, annotations=kept))  # type: ignore[type-var]
    return item


def _abridged_template(item: DaemonSet | Deployment) -> RawTree:
    from dsplan.apiserver.pruning import pruned

    template = item.spec.template
    kept = pruned(default_pod_template(template), PodTemplate)
    for volume in kept["spec"].get("volumes") or ():
        if volume.get("ephemeral"):
            volume["ephemeral"] = _claim_spec(volume["ephemeral"])
    return abridged_template(template, kept)


def _abridged_data(data: RawTree) -> RawTree:
    template = revision_template(data)
    return data if template is None else {"spec": {"template": abridged_template(template, {"$patch": "replace"})}}


def _without_claim_annotations(spec: PodSpec) -> PodSpec:
    volumes = (
        msgspec.structs.replace(volume, ephemeral=_claim_spec(volume.ephemeral)) if volume.ephemeral else volume
        for volume in spec.volumes
    )
    return msgspec.structs.replace(spec, volumes=tuple(volumes))


def _claim_spec(ephemeral: RawTree) -> RawTree:
    """Return the claim of a volume that lives with its pod, without the claim's metadata."""
    claim = ephemeral.get("volumeClaimTemplate")
    return {"volumeClaimTemplate": {"spec": claim.get("spec")}} if isinstance(claim, dict) else ephemeral
