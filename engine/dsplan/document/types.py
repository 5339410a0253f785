"""The plan document: everything a plan says, in a form that stays small and that any output is made from.

Nodes are named once, in name order; a node's place there is its id, and sets of nodes are text such as `0-99,105`.
Verdicts are coded per node class: one letter (R run, K keep, D deny) per class. A minor version adds fields, a major
one breaks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ..model.daemonset import DaemonSetStatus
from ..model.meta import wire_name
from ..model.state import State
from .policies import PoliciesEntry

__all__ = [
    "API_VERSION",
    "PLAN_KIND",
    "PLAN_VERSION",
    "ActionEntry",
    "BudgetEntry",
    "ComponentEntry",
    "DaemonSetEntry",
    "DeletionEntry",
    "DeploymentEntry",
    "EvictionEntry",
    "ExclusionEntry",
    "HeldEntry",
    "ImpossibleEntry",
    "NodeClass",
    "NodeSet",
    "NoteEntry",
    "PlacementConflict",
    "PlacementEntry",
    "PlanDocument",
    "RolloutEntry",
    "SEMANTICS",
    "SummaryEntry",
]

PLAN_KIND = "Plan"
API_VERSION = "dsplan.dev/v1alpha1"
SEMANTICS = "kubernetes/v1.36"
PLAN_VERSION = "1.0"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=wire_name):
    """Base of the document's parts: camelCase names, absent means default."""


class NodeClass(Entry, frozen=True, kw_only=True):
    """Nodes that look alike in every field that some constraint reads; `fields` has those values."""

    nodes: str
    fields: dict[str, Any] = {}


class SummaryEntry(Entry, frozen=True, kw_only=True):
    """Counts of (DaemonSet, node) pairs, and the waves of the longest roll-out."""

    create: int = 0
    delete: int = 0
    update: int = 0
    waves: int = 0
    blocked: int = 0
    excluded: int = 0


class ExclusionEntry(Entry, frozen=True, kw_only=True):
    """Nodes that are excluded first of all for one reason; `also` of them fail a later rule, too."""

    code: str
    summary: str
    nodes: str
    also: int = 0


class NodeSet(Entry, frozen=True, kw_only=True):
    """Nodes where something is created, and why."""

    reason: str
    nodes: str


class DeletionEntry(Entry, frozen=True, kw_only=True):
    """Pods that are deleted for one reason: (node name, pod name)."""

    reason: str
    pods: tuple[tuple[str, str], ...]


class HeldEntry(Entry, frozen=True, kw_only=True):
    """Nodes that wait for the same reason; `text` says it for people."""

    reason: str
    text: str
    nodes: tuple[str, ...]


class ImpossibleEntry(Entry, frozen=True, kw_only=True):
    """Nodes where a pod is wanted and cannot run; `example` tells what the first of them lacks, and who has it."""

    kind: str
    reason: str
    nodes: str
    example: str = ""


class EvictionEntry(Entry, frozen=True, kw_only=True):
    """Nodes where the pod finds room by evicting pods of these owners."""

    evicts: str
    nodes: str


class BudgetEntry(Entry, frozen=True, kw_only=True):
    """maxUnavailable and maxSurge resolved to nodes."""

    max_unavailable: int = 0
    max_surge: int = 0
    desired: int = 0
    arithmetic: str = ""


class RolloutEntry(Entry, frozen=True, kw_only=True):
    """How out-of-date pods are replaced. `order` is a place in the document's `orders`; `waves` are [size, repeat].

    `beyond_budget` pods of the first wave are sick and replaced whatever the budget (R12, R20).
    """

    strategy: str
    order: int | None = None
    waves: tuple[tuple[int, int], ...] = ()
    beyond_budget: int = 0
    lower_bound: int = 0
    stalled: str = ""
    blockers: str = ""
    leaving: tuple[str, ...] = ()
    budget: BudgetEntry | None = None


class DaemonSetEntry(Entry, frozen=True, kw_only=True):
    """One DaemonSet."""

    namespace: str
    name: str
    uid: str = ""
    generation: int = 0
    node_selector: str = "<none>"
    verdicts: str = ""
    constraints: tuple[str, ...] = ()
    hash: str = ""
    hash_learned: bool = True
    desired: int = 0
    status: DaemonSetStatus = DaemonSetStatus()
    status_written: bool = False
    excluded: tuple[ExclusionEntry, ...] = ()
    create: tuple[NodeSet, ...] = ()
    delete: tuple[DeletionEntry, ...] = ()
    garbage: tuple[tuple[str, str], ...] = ()
    rollout: RolloutEntry | None = None
    held: tuple[HeldEntry, ...] = ()
    impossible: tuple[ImpossibleEntry, ...] = ()
    evictions: tuple[EvictionEntry, ...] = ()
    deferred: tuple[int, int] = (0, 0)
    in_flight: bool = False
    untouched: str = ""
    error: str = ""
    stall: str = ""
    requeue_after_seconds: float | None = None
    summary: SummaryEntry = SummaryEntry()


class DeploymentEntry(Entry, frozen=True, kw_only=True):
    """A Deployment seen as coverage."""

    namespace: str
    name: str
    replicas: int
    nodes: int
    eligible: int
    without_at_least: int
    without_at_most: int


class ActionEntry(Entry, frozen=True, kw_only=True):
    """One write of the next pass. `daemonset` is a place in the document's list."""

    verb: str
    api_version: str
    kind: str
    namespace: str = ""
    name: str = ""
    node: str = ""
    daemonset: int
    reason: str
    stage: str
    actor: str
    uid: str = ""
    resource_version: str = ""
    change: dict[str, Any] = {}
    body: dict[str, Any] | None = None


class NoteEntry(Entry, frozen=True, kw_only=True):
    """What was assumed, converted or passed over."""

    subject: str
    text: str


class ComponentEntry(Entry, frozen=True, kw_only=True):
    """Pods that had to be chosen among together, on so many nodes: what the search placed, and what it might miss."""

    size: int
    nodes: int
    placed: int
    bound: int
    search_nodes: int
    gap: int


class PlacementConflict(Entry, frozen=True, kw_only=True):
    """Causes none of which could be left out, and where they hold. `violated` ones are claims of a policy."""

    subject: str
    nodes: str
    causes: tuple[str, ...]
    violated: bool = False


class PlacementEntry(Entry, frozen=True, kw_only=True):
    """The best placement of the wanted pods without eviction; `gap` 0 says that it is proved to be the best."""

    wanted: int
    placed: int
    bound: int
    gap: int
    search_nodes: int
    deletions: int = 0
    components: tuple[ComponentEntry, ...] = ()
    conflicts: tuple[PlacementConflict, ...] = ()


class PlanDocument(Entry, frozen=True, kw_only=True, tag_field="kind", tag=PLAN_KIND):
    """A whole plan. `complete`, `applyable` and `errored` are three separate facts.

    `digests` has one entry a node, over the fields and pods that were read and nothing else: a heartbeat changes none.
    `zones` and `sick` are what the written order looks at.
    """

    api_version: str
    version: str
    dsplan_version: str
    semantics: str
    now: datetime
    inputs: str = ""
    actor: str = "controller"
    order: str = ""
    complete: bool
    applyable: bool
    errored: bool
    conflicts: bool = False
    requeue_after_seconds: float | None = None
    summary: SummaryEntry
    reads: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    zones: dict[str, str] = {}
    sick: str = ""
    classes: tuple[NodeClass, ...] = ()
    orders: tuple[tuple[int, ...], ...] = ()
    daemonsets: tuple[DaemonSetEntry, ...] = ()
    deployments: tuple[DeploymentEntry, ...] = ()
    actions: tuple[ActionEntry, ...] = ()
    notes: tuple[NoteEntry, ...] = ()
    policies: PoliciesEntry | None = None
    placement: PlacementEntry | None = None
    state: State = State()
