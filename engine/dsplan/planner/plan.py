"""What solve comes to: for every DaemonSet the pass, the account of DESIRED, and the roll-out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from ..diff import Action
from ..document.types import SEMANTICS
from ..eligibility import Exclusion, NodeIndex
from ..model.meta import Identity
from ..model.pod import Pod
from ..model.state import State
from ..model.world import Note
from ..passes.forecast import Rollout
from ..passes.step_types import DaemonSetStep
from ..placement.impossible import Evictions, Impossible

if TYPE_CHECKING:
    from ..placement.fit_types import Fit
    from ..placement.scheduler.prediction import DaemonSetPrediction
    from ..policies.plan_types import PolicyPlan

__all__ = ["SEMANTICS_VERSION", "DaemonSetPlan", "DeploymentContrast", "Held", "HeldReason", "Plan", "Summary"]

SEMANTICS_VERSION = SEMANTICS


def load_types() -> None:
    """Import the types that annotations here only name, so that `help` and `inspect.signature` can read them."""
    from ..placement.fit_types import Fit
    from ..placement.scheduler.prediction import DaemonSetPrediction
    from ..policies.plan_types import PolicyPlan

    globals().update(Fit=Fit, DaemonSetPrediction=DaemonSetPrediction, PolicyPlan=PolicyPlan)


class HeldReason(StrEnum):
    """Why something wanted does not happen now; never a matter of design."""

    BACK_OFF = "BackOff"  # M10
    TERMINATING = "Terminating"  # M13: the old pod must be gone first
    ON_DELETE = "OnDelete"  # C10: out of date until somebody deletes the pod
    STALLED = "Stalled"  # R7-R12: the whole budget is spent on nodes that stay down
    IN_FLIGHT = "InFlight"  # C6: issued and not yet seen
    POLICY = "Policy"  # a RolloutPolicy lets it wait


class Held(msgspec.Struct, frozen=True, order=True):
    """One node that waits."""

    node: str
    reason: HeldReason
    text: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of (DaemonSet, node) pairs; `waves` is the longest roll-out of any DaemonSet."""

    create: int = 0
    delete: int = 0
    update: int = 0
    waves: int = 0
    blocked: int = 0
    excluded: int = 0

    def __str__(self) -> str:
        """Return the last line of every output.

        >>> str(Summary(create=3))
        'Plan: 3 to create, 0 to delete, 0 to update; 0 blocked, 0 excluded by design.'
        """
        waves = f" in {self.waves:,} wave{'s' * (self.waves != 1)}" if self.update else ""
        return (
            f"Plan: {self.create:,} to create, {self.delete:,} to delete, {self.update:,} to update{waves}; "
            f"{self.blocked:,} blocked, {self.excluded:,} excluded by design."
        )


class DaemonSetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet: the next pass, why each node that is not desired is not, what waits, and the roll-out.

    `garbage` are pods bound to nodes that do not exist: the garbage collector of pods removes them, not the controller
    (M22). They count as deletions all the same. `impossible` nodes get their pod, and it never runs there; `evictions`
    tell whom it drives away where it does (K20, P3); `prediction` has both node by node, with every shortage.
    """

    step: DaemonSetStep
    nodes: int
    exclusions: tuple[Exclusion, ...] = ()
    held: tuple[Held, ...] = ()
    garbage: tuple[tuple[str, Pod], ...] = ()
    impossible: tuple[Impossible, ...] = ()
    evictions: tuple[Evictions, ...] = ()
    prediction: DaemonSetPrediction | None = None
    rollout: Rollout | None = None
    summary: Summary = Summary()

    @property
    def identity(self) -> Identity:
        """(DaemonSet, namespace, name)."""
        return self.step.identity

    @property
    def desired(self) -> int:
        """Nodes that shall run a pod: `nodes` less every exclusion (S4)."""
        return self.nodes - sum(len(exclusion.nodes) for exclusion in self.exclusions)


class DeploymentContrast(msgspec.Struct, frozen=True, kw_only=True):
    """A Deployment seen as coverage: it promises a number of pods, and no node in particular.

    Of `eligible` nodes at least `without_at_least` and at most `without_at_most` are left without a pod.
    """

    identity: Identity
    replicas: int
    nodes: int
    eligible: int

    @property
    def without_at_least(self) -> int:
        """Nodes left without a pod even if every replica lands on a node of its own."""
        return max(0, self.eligible - self.replicas)

    @property
    def without_at_most(self) -> int:
        """Nodes left without a pod if all replicas land on one node."""
        return max(0, self.eligible - min(1, self.replicas))


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the controller will do, from now to the end of every roll-out.

    Three separate facts: `complete`, everything could be decided; `applyable`, there is something to do; `errored`, the
    pass over some DaemonSet fails. `state` is for the next call. `placement` is the best placement without eviction,
    where something wanted is impossible or a PlacementPolicy holds.
    """

    now: datetime
    daemonsets: tuple[DaemonSetPlan, ...]
    deployments: tuple[DeploymentContrast, ...]
    index: NodeIndex
    state: State
    notes: tuple[Note, ...]
    requeue_after: float | None
    policies: PolicyPlan | None = None
    placement: Fit | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the next pass issues, over all DaemonSets."""
        return tuple(action for entry in self.daemonsets for action in entry.step.actions)

    @property
    def summary(self) -> Summary:
        """The counts over all DaemonSets."""
        parts = [entry.summary for entry in self.daemonsets]
        return Summary(
            create=sum(part.create for part in parts),
            delete=sum(part.delete for part in parts),
            update=sum(part.update for part in parts),
            waves=max((part.waves for part in parts), default=0),
            blocked=sum(part.blocked for part in parts),
            excluded=sum(part.excluded for part in parts),
        )

    @property
    def conflicts(self) -> bool:
        """Whether something that is wanted is impossible, or a policy is violated or stopped."""
        stopped = self.policies is not None and self.policies.is_violated
        violated = self.placement is not None and bool(self.placement.violations)
        return stopped or violated or any(entry.impossible for entry in self.daemonsets)

    @property
    def errored(self) -> bool:
        """Whether the pass over some DaemonSet fails."""
        return any(entry.step.error is not None for entry in self.daemonsets)

    @property
    def applyable(self) -> bool:
        """Whether there is anything to do."""
        summary = self.summary
        return bool(summary.create or summary.delete or summary.update)

    @property
    def complete(self) -> bool:
        """Whether every DaemonSet could be decided, and all of it fits in the next passes."""
        return not self.errored
