"""The plan document: everything a plan says, in a form that stays small and that any output is made from.

Nodes are named once, in name order; a node's place there is its id, and sets of nodes are text such as `0-99,105`.
Verdicts are coded per node class: one letter (R run, K keep, D deny) per class. What becomes of nodes and pods is coded
per row: nodes of one DaemonSet with the same verdict, pods, fate and reason. A minor version adds fields, a major one
breaks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from .account import CourseEntry, EvictionEntry, RowEntry, StallEntry
from .base import Entry
from .edit import ChangedObject
from .origin import MadeFrom
from .policies import PoliciesEntry

__all__ = [
    "API_VERSION",
    "PLAN_KIND",
    "PLAN_VERSION",
    "ActionEntry",
    "ComponentEntry",
    "DaemonSetEntry",
    "DeploymentEntry",
    "ExclusionEntry",
    "NodeClass",
    "NoteEntry",
    "PlacementConflict",
    "PlacementEntry",
    "PlanDocument",
    "SEMANTICS",
    "StatusEntry",
    "SummaryEntry",
]

PLAN_KIND = "Plan"
API_VERSION = "dsplan.dev/v1alpha1"
SEMANTICS = "kubernetes/v1.36"
PLAN_VERSION = "2.0"


class NodeClass(Entry, frozen=True, kw_only=True):
    """Nodes that look alike in every field that some constraint reads; `fields` has those values."""

    nodes: str
    fields: dict[str, Any] = {}


class SummaryEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the account adds up to; every number is there, also where it is 0.

    `yes`, `blocked`, `impossible` and `excluded` are pairs of a DaemonSet and a node, each once, and make up all of
    them; `vanished` are pairs of nodes that do not exist. `update` are pairs that are replaced, `create` and `delete`
    pods besides those, `waves` those of the longest roll-out. `removed` pairs lose their pod, `stalled` and `parked`
    ones keep an outdated one; `evictions` are pods of other owners, `stalls` roll-outs that do not get to their end.
    """

    create: int = 0
    delete: int = 0
    update: int = 0
    waves: int = 0
    yes: int = 0
    blocked: int = 0
    impossible: int = 0
    excluded: int = 0
    vanished: int = 0
    removed: int = 0
    stalled: int = 0
    parked: int = 0
    evictions: int = 0
    stalls: int = 0


class StatusEntry(Entry, frozen=True, kw_only=True):
    """The status of a DaemonSet as its controller writes it (S3-S11); absent numbers are 0."""

    current_number_scheduled: int = 0
    desired_number_scheduled: int = 0
    number_available: int = 0
    number_misscheduled: int = 0
    number_ready: int = 0
    number_unavailable: int = 0
    updated_number_scheduled: int = 0
    observed_generation: int = 0
    collision_count: int | None = None


class ExclusionEntry(Entry, frozen=True, kw_only=True):
    """Nodes that are excluded first of all for one reason; `also` of them fail a later rule, too."""

    code: str
    summary: str
    nodes: str
    also: int = 0


class DaemonSetEntry(Entry, frozen=True, kw_only=True):
    """One DaemonSet.

    `rows` are disjoint and make up all nodes. `course` is how its out-of-date pods are replaced; `otherwise` the course
    where starting pods do not become ready, absent where that is the same. `adrift` pods have no target node (A15),
    `gone` ones are terminal and terminating (M6); `adopted` and `released` change hands in the next pass.
    """

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
    status: StatusEntry = StatusEntry()
    status_written: bool = False
    excluded: tuple[ExclusionEntry, ...] = ()
    rows: tuple[RowEntry, ...] = ()
    course: CourseEntry | None = None
    otherwise: CourseEntry | None = None
    evictions: tuple[EvictionEntry, ...] = ()
    stall: StallEntry | None = None
    spends: int = 0
    adrift: int = 0
    gone: int = 0
    adopted: int = 0
    released: int = 0
    deferred: tuple[int, int] = (0, 0)
    in_flight: bool = False
    untouched: str = ""
    error: str = ""
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

    `seal` is the SHA-256 of all the rest: a change by hand, or of a disk, breaks it. `made_from` says what it was made
    from, `edit` what its manifests change in the cluster; `foreseen` whether roll-outs that may stall were played to
    their end, but for `unplayed` DaemonSets (places in the list). `state` is that of the next call. `digests` has one
    entry a node, over the fields and pods that were read and nothing else: a heartbeat changes none. `zones` and `sick`
    are what the written order looks at.
    """

    api_version: str
    version: str
    dsplan_version: str
    semantics: str
    now: datetime
    inputs: str = ""
    made_from: MadeFrom = MadeFrom()
    edit: tuple[ChangedObject, ...] = ()
    seal: str = ""
    foreseen: bool = False
    unplayed: tuple[int, ...] = ()
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
    state: dict[str, Any] = {}

    def __repr__(self) -> str:
        counts = f"nodes=<{len(self.nodes)}>, daemonsets=<{len(self.daemonsets)}>, actions=<{len(self.actions)}>"
        return f"PlanDocument(version={self.version!r}, now={self.now.isoformat()}, {counts})"
