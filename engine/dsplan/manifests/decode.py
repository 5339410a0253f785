"""Raw trees to a World. Shape only; `validate` is a separate step, and unvalidated objects may be planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import InputError, Problem
from ..model.arguments import check_tree, check_trees
from ..model.convert import convert
from ..model.daemonset import DaemonSet, Deployment
from ..model.meta import RawTree
from ..model.state import State
from ..model.world import CLUSTER_WIDE, FIELDS, World, type_of
from .own_kinds import API_VERSION, POLICIES, decode_policy_object

if TYPE_CHECKING:
    from ..model.world import KubernetesObject

__all__ = ["DEFAULT_NAMESPACE", "decode", "decode_object", "flatten", "in_namespace"]

DEFAULT_NAMESPACE = "default"

_OUR_GROUP = API_VERSION.partition("/")[0]


def decode(
    trees: Iterable[RawTree], *, state: State | None = None, image_sizes: Mapping[str, int] | None = None
) -> World:
    """Return a World of the given raw objects (lists are flattened, kinds that planning does not read are skipped).

    `state` is what the passes before remember, `image_sizes` has bytes by full name of an image.
    Raises InputError with one problem for every object whose shape is wrong, TypeError where `trees` are no objects.

    >>> decode([{"kind": "Node", "metadata": {"name": "n1"}}]).nodes[0].name
    'n1'
    """
    check_trees(trees)
    collected: dict[str, list[Any]] = {field: [] for field in FIELDS.values()}
    problems: list[Problem] = []
    nodes: list[RawTree] = []
    for tree in trees:
        check_tree(tree)
        for item in flatten(tree):
            if item.get("kind") == "Node":
                nodes.append(item)
            try:
                decoded = decode_object(item)
            except InputError as error:
                problems.extend(error.problems)
                continue
            if decoded is not None:
                collected[FIELDS[item["kind"]]].append(decoded)
    if problems:
        raise InputError.of(problems)
    fields: dict[str, Any] = {field: tuple(objects) for field, objects in collected.items()}
    world = World(**fields, state=state or State(), image_sizes=dict(image_sizes or {}))
    if world.image_sizes or not world.rollout_policies:
        return world
    from .image_sizes import needs_image_sizes, sizes_in

    if not needs_image_sizes(world):
        return world
    return msgspec.structs.replace(world, image_sizes=sizes_in(nodes))


def flatten(tree: RawTree) -> Iterator[RawTree]:
    """Yield the objects of a List or typed list (whose items may lack kind and apiVersion), or the object itself."""
    kind = tree.get("kind")
    items = tree.get("items")
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(items, list)):
        yield tree
        return
    inherited = {"apiVersion": tree.get("apiVersion"), "kind": kind.removesuffix("List")}
    for item in items:
        if isinstance(item, dict):
            yield from flatten({**inherited, **item} if inherited["kind"] else item)


def decode_object(tree: RawTree) -> KubernetesObject | None:
    """Return the typed view of one raw object, None for a kind that planning does not read.

    Raises InputError where a field has another type than Kubernetes gives it.
    """
    kind = tree.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS:
        return None
    if kind in POLICIES:
        ours = str(tree.get("apiVersion") or API_VERSION).partition("/")[0] == _OUR_GROUP
        return decode_policy_object(kind, tree) if ours else None
    try:
        decoded = convert(tree, type_of(kind))
        if isinstance(decoded, DaemonSet | Deployment):
            _ = decoded.pod
    except msgspec.ValidationError as error:
        raise InputError.of([_shape_problem(tree, str(error))]) from None
    return _outside_namespaces(decoded) if kind in CLUSTER_WIDE else decoded


def _shape_problem(tree: RawTree, text: str) -> Problem:
    message, _, path = text.partition(" - at `$.")
    metadata = tree.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    return Problem(
        reason="DecodeError",
        message=message,
        field=path.rstrip("`").replace("...", "*"),
        object=f"{tree['kind']} {name}",
    )


def in_namespace(decoded: KubernetesObject, namespace: str = DEFAULT_NAMESPACE) -> KubernetesObject:
    """Return the object in the namespace that kubectl puts it into: its own, or the given one where it names none.

    Objects of kinds that are in no namespace have none, whatever they say.

    >>> from dsplan.model.daemonset import DaemonSet
    >>> in_namespace(DaemonSet()).metadata.namespace
    'default'
    """
    if type(decoded).__name__ in CLUSTER_WIDE:
        return _outside_namespaces(decoded)
    if decoded.metadata.namespace:
        return decoded
    metadata = msgspec.structs.replace(decoded.metadata, namespace=namespace)
    return msgspec.structs.replace(decoded, metadata=metadata)


def _outside_namespaces(decoded: KubernetesObject) -> KubernetesObject:
    if not decoded.metadata.namespace:
        return decoded
    return msgspec.structs.replace(decoded, metadata=msgspec.structs.replace(decoded.metadata, namespace=""))
