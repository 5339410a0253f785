"""What-if: edits of a World as values. Applying them gives another World; nothing is touched.

A change of a DaemonSet does what the API server does with it: a new spec raises the generation, a new template raises
the template generation, too (H11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from ..errors import InputError, Problem, printable
from ..manifests.decode import decode_object
from ..manifests.overlay import raised, stored_beneath
from ..model.daemonset import DaemonSet
from ..model.meta import Identity, RawTree
from ..model.node import Node, Taint, Toleration
from ..model.pod import target_node
from ..model.world import Note, World
from ..placement.filters.requests import CPU, allocatable_of
from .fields import REMOVE, field_at, parse_path, set_field
from .fleet_edits import pods_evicted, pool_removed
from .requirement_paths import removals
from .revisions import newest_revision, revision_to_undo

__all__ = [
    "AddNodes",
    "AddTaint",
    "AddToleration",
    "AllowValue",
    "Cordon",
    "DeletePod",
    "Drain",
    "DropRequirements",
    "Edit",
    "FreeRoom",
    "RemoveNode",
    "RemoveTaint",
    "ReplacePool",
    "SetField",
    "SetLabel",
    "Undo",
    "apply_edits",
    "edited_daemonset",
    "edited_node",
]

_CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
_TOLERATIONS = ("spec", "template", "spec", "tolerations")


class _Edit(msgspec.Struct, frozen=True, tag_field="edit", rename="camel"):
    """Base of the edits."""

    @property
    def size(self) -> int:
        """How many fields it touches."""
        return 1


class SetLabel(_Edit, frozen=True):
    """A node's label gets a value; None: the label goes."""

    node: str
    key: str
    value: str | None


class AddTaint(_Edit, frozen=True):
    """A node gets a taint; one of the same key and effect is replaced."""

    node: str
    taint: Taint


class RemoveTaint(_Edit, frozen=True):
    """A node loses its taints of a key, of one effect or of all ("")."""

    node: str
    key: str
    effect: str = ""


class Cordon(_Edit, frozen=True):
    """A node becomes unschedulable, with the taint that says so (E6, T15)."""

    node: str


class RemoveNode(_Edit, frozen=True):
    """A node is gone, and with it its pods, as pod GC has it within about 40 s (M22)."""

    node: str


class AddNodes(_Edit, frozen=True):
    """Nodes join. `source` says where they come from."""

    nodes: tuple[Node, ...]
    source: str = ""

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.nodes)


class Drain(_Edit, frozen=True):
    """A node is drained as `kubectl drain --ignore-daemonsets` does it: cordoned, and its other pods evicted."""

    node: str


class ReplacePool(_Edit, frozen=True):
    """The nodes of a pool are replaced by others, at most `at_once` at a time; `source` says where those come from."""

    pool: str
    nodes: tuple[Node, ...]
    at_once: int
    source: str = ""

    @property
    def size(self) -> int:
        """Number of nodes that join."""
        return len(self.nodes)


class Undo(_Edit, frozen=True):
    """A DaemonSet goes back to the template of a revision, as `kubectl rollout undo` does it; None: the one before."""

    daemonset: Identity
    revision: int | None = None


class SetField(_Edit, frozen=True):
    """A field of a DaemonSet gets a value; REMOVE: the field goes."""

    daemonset: Identity
    path: str
    value: Any


class DeletePod(_Edit, frozen=True):
    """Somebody deletes a pod, and it is gone."""

    namespace: str
    name: str


class FreeRoom(_Edit, frozen=True):
    """So much of a resource becomes free on a node, by whatever means; `amount` is in the scheduler's units (Q11)."""

    node: str
    resource: str
    amount: int


class AddToleration(_Edit, frozen=True):
    """A DaemonSet's template tolerates one more taint."""

    daemonset: Identity
    toleration: Toleration


class AllowValue(_Edit, frozen=True):
    """An In expression gets one more value, or a NotIn expression one less: `values` are those it has then."""

    daemonset: Identity
    path: str
    value: str
    key: str
    operator: str
    values: tuple[str, ...]


class DropRequirements(_Edit, frozen=True):
    """Requirements of a template go: nodeName, nodeSelector keys, expressions, fields, empty terms.

    A term that loses its last requirement goes, too, and so does an affinity that loses its last term; both would
    match nothing if they stayed empty (A3, A4). `texts` say what each of them asks.
    """

    daemonset: Identity
    paths: tuple[str, ...]
    texts: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of requirements."""
        return len(self.paths)


NodeEdit = SetLabel | AddTaint | RemoveTaint | Cordon | FreeRoom
FleetEdit = RemoveNode | AddNodes | Drain | ReplacePool
DaemonSetEdit = Undo | SetField | AddToleration | AllowValue | DropRequirements
Edit = NodeEdit | FleetEdit | DeletePod | DaemonSetEdit


def apply_edits(world: World, edits: Iterable[Edit]) -> World:
    """Return the world after the edits, one after the other.

    Raises InputError for an edit of something that is not there, and for a value of the wrong shape.

    >>> from dsplan.model.meta import ObjectMeta
    >>> world = World(nodes=(Node(metadata=ObjectMeta(name="n1")),))
    >>> apply_edits(world, [SetLabel("n1", "disktype", "ssd")]).nodes[0].labels
    {'disktype': 'ssd'}
    """
    for edit in edits:
        if isinstance(edit, RemoveNode):
            world = _without_node(world, edit.node)
        elif isinstance(edit, Drain):
            world = _drained(world, edit.node)
        elif isinstance(edit, ReplacePool):
            world = _with_nodes(pool_removed(world, edit.pool, len(edit.nodes), edit.at_once), edit.nodes)
        elif isinstance(edit, AddNodes):
            world = _with_nodes(world, edit.nodes)
        elif isinstance(edit, DeletePod):
            world = _without_pod(world, edit)
        elif isinstance(edit, SetLabel | AddTaint | RemoveTaint | Cordon | FreeRoom):
            world = _with_node(world, edit)
        else:
            world = _with_daemonset(world, edit)
    return world


def _with_node(world: World, edit: NodeEdit) -> World:
    before = next((node for node in world.nodes if node.name == edit.node), None)
    if before is None:
        raise _missing("node", edit.node)
    after = edited_node(before, edit)
    return msgspec.structs.replace(world, nodes=tuple(after if node is before else node for node in world.nodes))


def edited_node(node: Node, edit: NodeEdit) -> Node:
    """Return the node after one edit of it; raises InputError where there is nothing to take away."""
    replace = msgspec.structs.replace
    if isinstance(edit, SetLabel):
        return replace(node, metadata=replace(node.metadata, labels=_labels(node, edit)))
    if isinstance(edit, RemoveTaint):
        kept = tuple(
            taint for taint in node.taints if not (taint.key == edit.key and edit.effect in ("", taint.effect))
        )
        if len(kept) == len(node.taints):
            raise _missing(f"taint on node {node.name}", ":".join(filter(None, (edit.key, edit.effect))))
        return replace(node, spec=replace(node.spec, taints=kept))
    if isinstance(edit, FreeRoom):
        return replace(node, status=replace(node.status, allocatable=_roomier(node, edit)))
    taint = _CORDON if isinstance(edit, Cordon) else edit.taint
    others = tuple(other for other in node.taints if (other.key, other.effect) != (taint.key, taint.effect))
    unschedulable = node.spec.unschedulable or isinstance(edit, Cordon)
    return replace(node, spec=replace(node.spec, taints=(*others, taint), unschedulable=unschedulable))


def _labels(node: Node, edit: SetLabel) -> dict[str, str]:
    labels = dict(node.labels)
    if edit.value is not None:
        labels[edit.key] = edit.value
    elif labels.pop(edit.key, None) is None:
        raise _missing(f"label on node {node.name}", edit.key)
    return labels


def _roomier(node: Node, edit: FreeRoom) -> dict[str, str | int | float]:
    amount = allocatable_of(node).get(edit.resource, 0) + edit.amount
    known = node.status.capacity if node.status.allocatable is None else node.status.allocatable
    return {**(known or {}), edit.resource: f"{amount}m" if edit.resource == CPU else str(amount)}


def _without_node(world: World, name: str) -> World:
    if all(node.name != name for node in world.nodes):
        raise _missing("node", name)
    return msgspec.structs.replace(
        world,
        nodes=tuple(node for node in world.nodes if node.name != name),
        pods=tuple(pod for pod in world.pods if target_node(pod) != name),
        notes=(*world.notes, Note(f"node {name}", "removed, and its pods with it, as pod GC does within about 40 s")),
    )


def _without_pod(world: World, edit: DeletePod) -> World:
    kept = tuple(pod for pod in world.pods if (pod.metadata.namespace, pod.name) != (edit.namespace, edit.name))
    if len(kept) == len(world.pods):
        raise _missing("pod", f"{edit.namespace}/{edit.name}")
    return msgspec.structs.replace(world, pods=kept)


def _drained(world: World, name: str) -> World:
    cordoned = _with_node(world, Cordon(name))
    return pods_evicted(cordoned, name)


def _with_nodes(world: World, nodes: tuple[Node, ...]) -> World:
    known = {node.name for node in world.nodes}
    doubles = [node.name for node in nodes if node.name in known]
    if doubles:
        raise InputError.of(
            Problem(reason="DuplicateObject", message="there is a node of this name already", value=name)
            for name in doubles
        )
    return msgspec.structs.replace(world, nodes=(*world.nodes, *nodes))


def _with_daemonset(world: World, edit: DaemonSetEdit) -> World:
    before = next((entry for entry in world.daemonsets if entry.identity == edit.daemonset), None)
    if before is None:
        raise _missing("DaemonSet", str(edit.daemonset))
    after = _undone(world, before, edit) if isinstance(edit, Undo) else edited_daemonset(before, edit)
    daemonsets = tuple(after if entry is before else entry for entry in world.daemonsets)
    state = world.state
    if after.spec.template != before.spec.template:
        hashes = tuple(entry for entry in state.hashes if entry.daemonset != edit.daemonset)
        state = msgspec.structs.replace(state, hashes=hashes)
    stored = stored_beneath(world, (after,))
    notes = (*world.notes, _undo_note(world, before, edit)) if isinstance(edit, Undo) else world.notes
    return msgspec.structs.replace(world, daemonsets=daemonsets, stored=stored, state=state, notes=notes)


def _undo_note(world: World, daemonset: DaemonSet, edit: Undo) -> Note:
    number, _ = revision_to_undo(world, daemonset, edit.revision)
    anew = newest_revision(world, daemonset) + 1
    return Note(str(daemonset.identity), f"goes back to revision {number}, which the controller renumbers to {anew}")


def _undone(world: World, daemonset: DaemonSet, edit: Undo) -> DaemonSet:
    _, template = revision_to_undo(world, daemonset, edit.revision)
    return raised(
        daemonset, msgspec.structs.replace(daemonset, spec=msgspec.structs.replace(daemonset.spec, template=template))
    )


def edited_daemonset(daemonset: DaemonSet, edit: SetField | AddToleration | AllowValue | DropRequirements) -> DaemonSet:
    """Return the DaemonSet after one edit, generations raised as the API server does (H11).

    Raises InputError for a field that is not there and for a value of the wrong shape.
    """
    tree = {"kind": "DaemonSet", **msgspec.to_builtins(daemonset)}
    after = decode_object(_CHANGES[type(edit)](tree, edit))
    assert isinstance(after, DaemonSet)
    return raised(daemonset, after)


def _set(tree: RawTree, edit: SetField) -> RawTree:
    path, _ = parse_path(edit.path)
    return set_field(tree, path, edit.value)


def _tolerate(tree: RawTree, edit: AddToleration) -> RawTree:
    return set_field(tree, (*_TOLERATIONS, "+"), msgspec.to_builtins(edit.toleration))


def _allow(tree: RawTree, edit: AllowValue) -> RawTree:
    path, _ = parse_path(edit.path)
    field_at(tree, path)
    return set_field(tree, (*path, "values"), list(edit.values))


def _drop(tree: RawTree, edit: DropRequirements) -> RawTree:
    for path in removals(tree, edit.paths):
        tree = set_field(tree, path, REMOVE)
    return tree


_CHANGES: dict[type[Any], Callable[[RawTree, Any], RawTree]] = {
    SetField: _set,
    AddToleration: _tolerate,
    AllowValue: _allow,
    DropRequirements: _drop,
}


def _missing(what: str, name: str) -> InputError:
    return InputError.of([Problem(reason="NotFound", message=f'no {what} named "{printable(name)}"', value=name)])
