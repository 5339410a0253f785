"""The one argument of everything: objects, policies and State."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from .daemonset import ControllerRevision, DaemonSet, Deployment
from .disruption import PodDisruptionBudget
from .meta import Identity, ObjectMeta
from .node import Node
from .placement_policy import PlacementPolicy
from .pod import Pod
from .policy import RolloutPolicy
from .priority import LimitRange, Namespace, PriorityClass, RuntimeClass
from .state import State
from .storage import CSINode, PersistentVolume, PersistentVolumeClaim

__all__ = ["CLUSTER_WIDE", "KINDS", "InOrder", "KubernetesObject", "Note", "Origins", "World"]

KubernetesObject = (
    Node
    | Pod
    | DaemonSet
    | ControllerRevision
    | Deployment
    | PriorityClass
    | RuntimeClass
    | LimitRange
    | Namespace
    | PodDisruptionBudget
    | PersistentVolumeClaim
    | PersistentVolume
    | CSINode
    | RolloutPolicy
    | PlacementPolicy
)

KINDS: dict[str, tuple[str, type[KubernetesObject]]] = {
    "Node": ("nodes", Node),
    "DaemonSet": ("daemonsets", DaemonSet),
    "Pod": ("pods", Pod),
    "ControllerRevision": ("revisions", ControllerRevision),
    "Deployment": ("deployments", Deployment),
    "PriorityClass": ("priority_classes", PriorityClass),
    "RuntimeClass": ("runtime_classes", RuntimeClass),
    "LimitRange": ("limit_ranges", LimitRange),
    "Namespace": ("namespaces", Namespace),
    "PodDisruptionBudget": ("disruption_budgets", PodDisruptionBudget),
    "PersistentVolumeClaim": ("volume_claims", PersistentVolumeClaim),
    "PersistentVolume": ("volumes", PersistentVolume),
    "CSINode": ("csi_nodes", CSINode),
    "RolloutPolicy": ("rollout_policies", RolloutPolicy),
    "PlacementPolicy": ("placement_policies", PlacementPolicy),
}
"""Kind -> (field of World, type)."""

CLUSTER_WIDE = frozenset({"Node", "PriorityClass", "RuntimeClass", "Namespace", "PersistentVolume", "CSINode"})
"""Kinds whose objects are in no namespace."""


class Origins(Protocol):
    """Where objects came from; a side table kept by the reader."""

    def locate(self, identity: Identity, field: str = "") -> str:
        """Return `file:line:column` of an object or of one of its fields; empty where it is not known."""


class Note(msgspec.Struct, frozen=True, order=True):
    """Something the user should know: what was assumed, converted or passed over."""

    subject: str
    text: str


class _Named(Protocol):
    @property
    def metadata(self) -> ObjectMeta: ...


N = TypeVar("N", bound=_Named)


class InOrder(tuple[N, ...]):
    """A tuple known to be in the written order: a World made from another one does not look at every name again."""

    __slots__ = ()

    @property
    def is_by_name(self) -> bool:
        """Whether the order is that of the names alone: the namespace, which comes first, is one for all."""
        return not self or self[0].metadata.namespace == self[-1].metadata.namespace


def _sorted(objects: Iterable[N]) -> InOrder[N]:
    """Return the objects in the written order."""
    return objects if isinstance(objects, InOrder) else InOrder(_in_order(tuple(objects)))


def _in_order(found: tuple[N, ...]) -> Sequence[N]:
    namespaces = [item.metadata.namespace for item in found]
    names = [item.metadata.name for item in found]
    if sorted(names) == names and sorted(namespaces) == namespaces:
        return found
    keys = list(zip(namespaces, names, strict=True))
    if sorted(keys) == keys:
        return found
    return [found[place] for place in sorted(range(len(found)), key=keys.__getitem__)]


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Objects, policies and State, sorted by namespace and name whatever order they came in.

    `image_sizes` has bytes by full name, as nodes report them; only where a policy limits bytes.

    >>> World(nodes=(Node(metadata=ObjectMeta(name="b")), Node(metadata=ObjectMeta(name="a")))).nodes[0].name
    'a'
    """

    nodes: tuple[Node, ...] = ()
    daemonsets: tuple[DaemonSet, ...] = ()
    pods: tuple[Pod, ...] = ()
    revisions: tuple[ControllerRevision, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    priority_classes: tuple[PriorityClass, ...] = ()
    runtime_classes: tuple[RuntimeClass, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    disruption_budgets: tuple[PodDisruptionBudget, ...] = ()
    volume_claims: tuple[PersistentVolumeClaim, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    csi_nodes: tuple[CSINode, ...] = ()
    rollout_policies: tuple[RolloutPolicy, ...] = ()
    placement_policies: tuple[PlacementPolicy, ...] = ()
    state: State = State()
    image_sizes: dict[str, int] = {}
    notes: tuple[Note, ...] = ()
    origins: Origins | None = None

    def __post_init__(self) -> None:
        """Bring every list into the one written order."""
        for field, _ in KINDS.values():
            objects: tuple[Any, ...] = getattr(self, field)
            msgspec.structs.force_setattr(self, field, _sorted(objects))
