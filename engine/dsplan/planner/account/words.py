"""The closed vocabulary of the account: what becomes of a node, of a pod, and when."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Awaited", "By", "End", "Fate", "Kind", "LotKind", "Spent", "When"]


class Kind(StrEnum):
    """The yes and the three kinds of no, never mixed; every pair is of exactly one kind."""

    YES = "yes"
    BLOCKED = "wanted and blocked for now"
    IMPOSSIBLE = "wanted but impossible"
    BY_DESIGN = "excluded by design"


class Fate(StrEnum):
    """What becomes of a DaemonSet on a node by the end of the expected course; exactly one for every pair."""

    UNTOUCHED = "untouched"
    """No pass decides (C3, C4, a selector that cannot be used)."""
    EXCLUDED = "excluded"
    """Not wanted, and no live pod is there."""
    REMOVED = "removed"
    """Not wanted; live pods are there and none is at the end (M20, M22, R15, R21, R25)."""
    KEPT = "kept"
    """Not wanted; a live pod stays all the same (E4)."""
    RUNS = "runs"
    """One current, available pod stays."""
    STARTING = "starting"
    """One current pod that is not available yet, and no evidence against it."""
    CREATED = "created"
    """No live pod; one comes and runs (M7)."""
    REPAIRED = "repaired"
    """A useless, surplus or evicted pod goes; one current pod runs at the end (M9-M17, P2)."""
    REPLACED = "replaced"
    """An outdated pod goes; a current one comes and runs (R9-R24)."""
    UNPLACED = "unplaced"
    """At the end the wanted pod is Pending, refused or rejected (K20, P1, K1)."""
    FAILING = "failing"
    """The pod is there, or comes, and evidence says that it will not become available."""
    DOWN = "down"
    """The node is not ready, and no pod there is available at the end."""
    STALLED = "stalled"
    """An outdated pod is there at the end: others hold the budget, or the pass fails (R2, R6-R13, R27)."""
    PARKED = "parked"
    """An outdated pod is there at the end by somebody's decision: OnDelete, partition, paused, frozen (C10)."""


class LotKind(StrEnum):
    """What becomes of one pod; every claimed pod, and every pod to come, has exactly one lot."""

    STAYS = "stays"
    GOING = "going"
    """It is terminating already."""
    DELETED = "deleted"
    COLLECTED = "collected"
    """Pod garbage collection removes it: its node does not exist (M22)."""
    EVICTED = "evicted"
    RELEASED = "released"
    """It does not match the selector any more and is left to itself (M2)."""
    COMES = "comes"


class End(StrEnum):
    """How a pod that comes ends up."""

    RUNS = "runs"
    UNPLACED = "unplaced"
    REFUSED = "refused"
    """The API server does not create it (P1, X13)."""
    REJECTED = "rejected"
    """The kubelet does not admit it (K1, K21)."""
    FAILS = "fails"
    UNKNOWN = "unknown"
    """The node tells nothing of its room, or is not ready."""


class By(StrEnum):
    """Who brings a lot about."""

    NOBODY = ""
    CONTROLLER = "controller"
    SCHEDULER = "scheduler"
    POD_GC = "pod GC"
    KUBELET = "kubelet"
    HOST = "host"


class When(StrEnum):
    """The kinds of moments."""

    UNDER_WAY = "under way"
    NOW = "now"
    """In the next pass."""
    LATER_PASS = "pass"  # noqa: S105
    """In a later pass, because one pass writes 250 pods of a kind at the most (C12)."""
    AFTER = "after"
    WAVE = "wave"
    NEVER = "never"


class Awaited(StrEnum):
    """What a moment of the kind *after* waits for."""

    NOTHING = ""
    POD_GONE = "a pod that is terminating is gone"
    BACK_OFF = "the back-off of a failed pod ends"
    READINESS = "its pod becomes available"
    WRITE = "writes that were issued are seen"
    COLLECTION = "pod garbage collection removes the pods of nodes that are gone"
    ROOM = "pods that are terminating have left room"
    POLICY = "a rollout policy lets it go"
    CREATION = "this pass has created and deleted what is missing or too much"


class Spent(StrEnum):
    """How a deletion stands to the budget of the roll-out."""

    NOTHING = ""
    OUTSIDE = "outside any budget"
    """What manage deletes is bound by none (M20, M23)."""
    WITHIN = "within the budget"
    BEYOND = "beyond the budget"
    """Outdated pods that are not available go whatever the budget (R9, R12, R20)."""
