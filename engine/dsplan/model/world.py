"""The one argument of everything: objects, policies and State."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import msgspec

from .brief import Brief
from .meta import Identity, ObjectMeta
from .state import State

if TYPE_CHECKING:
    from .daemonset import ControllerRevision, DaemonSet, Deployment
    from .disruption import PodDisruptionBudget
    from .namespaces import LimitRange, Namespace, ResourceQuota, ServiceAccount
    from .node import Node
    from .placement_policy import PlacementPolicy
    from .pod import Pod
    from .policy import RolloutPolicy
    from .priority import PriorityClass, RuntimeClass
    from .storage import CSINode, PersistentVolume, PersistentVolumeClaim

    KubernetesObject: TypeAlias = (
        Node
        | Pod
        | DaemonSet
        | ControllerRevision
        | Deployment
        | PriorityClass
        | RuntimeClass
        | LimitRange
        | Namespace
        | ResourceQuota
        | ServiceAccount
        | PodDisruptionBudget
        | PersistentVolumeClaim
        | PersistentVolume
        | CSINode
        | RolloutPolicy
        | PlacementPolicy
    )

__all__ = ["CLUSTER_WIDE", "FIELDS", "InOrder", "KubernetesObject", "Note", "Origins", "World", "type_of"]

FIELDS = {
    "Node": "nodes",
    "DaemonSet": "daemonsets",
    "Pod": "pods",
    "ControllerRevision": "revisions",
    "Deployment": "deployments",
    "PriorityClass": "priority_classes",
    "RuntimeClass": "runtime_classes",
    "LimitRange": "limit_ranges",
    "Namespace": "namespaces",
    "ResourceQuota": "resource_quotas",
    "ServiceAccount": "service_accounts",
    "PodDisruptionBudget": "disruption_budgets",
    "PersistentVolumeClaim": "volume_claims",
    "PersistentVolume": "volumes",
    "CSINode": "csi_nodes",
    "RolloutPolicy": "rollout_policies",
    "PlacementPolicy": "placement_policies",
}
"""Kind -> field of World."""

_MODULES = {
    "Node": "node",
    "Pod": "pod",
    "PriorityClass": "priority",
    "RuntimeClass": "priority",
    "LimitRange": "namespaces",
    "Namespace": "namespaces",
    "ResourceQuota": "namespaces",
    "ServiceAccount": "namespaces",
    "PodDisruptionBudget": "disruption",
    "PersistentVolumeClaim": "storage",
    "PersistentVolume": "storage",
    "CSINode": "storage",
    "RolloutPolicy": "policy",
    "PlacementPolicy": "placement_policy",
}


def type_of(kind: str) -> type[KubernetesObject]:
    """Return the type of a kind in `FIELDS`. Its module is imported now: few worlds have objects of all kinds.

    >>> type_of("CSINode").__name__
    'CSINode'
    """
    found: type[KubernetesObject] = getattr(import_module(f".{_MODULES.get(kind, 'daemonset')}", __package__), kind)
    return found


def load_types() -> None:
    """Import the types that annotations of World only name: `help` and `inspect.signature` read them."""
    globals().update({kind: type_of(kind) for kind in FIELDS})


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


def _not_objects(field: str, objects: Iterable[Any]) -> str:
    kind = next(kind for kind, name in FIELDS.items() if name == field)
    place, wrong = next((n, item) for n, item in enumerate(objects) if not hasattr(item, "metadata"))
    return f"World.{field}[{place}] must be a {kind}, not {type(wrong).__name__}; dsplan.decode(trees) makes a World"


class World(Brief, msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Objects, policies and State, sorted by namespace and name whatever order they came in.

    `image_sizes` has bytes by full name, as nodes report them; only where a policy limits bytes. `stored` has the
    DaemonSets as the cluster stores them, where a manifest or an edit has put another template over theirs. Worlds are
    equal where all of it is; `origins`, a side table, plays no part in that.

    >>> from dsplan.model.node import Node
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
    resource_quotas: tuple[ResourceQuota, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    disruption_budgets: tuple[PodDisruptionBudget, ...] = ()
    volume_claims: tuple[PersistentVolumeClaim, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    csi_nodes: tuple[CSINode, ...] = ()
    rollout_policies: tuple[RolloutPolicy, ...] = ()
    placement_policies: tuple[PlacementPolicy, ...] = ()
    state: State = State()
    image_sizes: dict[str, int] = {}
    stored: tuple[DaemonSet, ...] = ()
    notes: tuple[Note, ...] = ()
    origins: Origins | None = None

    def __eq__(self, other: object) -> bool:
        """Return whether the other is a World of the same objects, State and notes, wherever they were read."""
        if not isinstance(other, World):
            return NotImplemented
        fields = (field for field in self.__struct_fields__ if field != "origins")
        return all(getattr(self, field) == getattr(other, field) for field in fields)

    def __ne__(self, other: object) -> bool:
        """Return the opposite of `==`, which a Struct does not do by itself."""
        return not self == other

    def __post_init__(self) -> None:
        """Bring every list into the one written order."""
        for field in FIELDS.values():
            objects: tuple[Any, ...] = getattr(self, field)
            try:
                msgspec.structs.force_setattr(self, field, _sorted(objects))
            except AttributeError:
                raise TypeError(_not_objects(field, objects)) from None
