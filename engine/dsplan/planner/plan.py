"""What solve comes to: for every DaemonSet the pass, the account of DESIRED, and the roll-out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ..diff import Action
from ..document.types import SEMANTICS
from ..eligibility import Exclusion, NodeIndex
from ..model.brief import Brief
from ..model.meta import Identity
from ..model.state import State
from ..model.world import Note
from ..passes.forecast import Rollout
from ..passes.step_types import DaemonSetStep
from .account.types import Account, DaemonSetAccount, Sums

if TYPE_CHECKING:
    from ..placement.fit_types import Fit
    from ..placement.scheduler.prediction import DaemonSetPrediction
    from ..policies.plan_types import PolicyPlan
    from ..rollouts.stall_types import Stall

__all__ = ["SEMANTICS_VERSION", "DaemonSetPlan", "DeploymentContrast", "Plan"]

SEMANTICS_VERSION = SEMANTICS


def load_types() -> None:
    """Import the types that annotations here only name, so that `help` and `inspect.signature` can read them."""
    from ..placement.fit_types import Fit
    from ..placement.scheduler.prediction import DaemonSetPrediction
    from ..policies.plan_types import PolicyPlan
    from ..rollouts.stall_types import Stall

    globals().update(Fit=Fit, DaemonSetPrediction=DaemonSetPrediction, PolicyPlan=PolicyPlan, Stall=Stall)


class DaemonSetPlan(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet: the next pass, why each node that is not desired is not, and what becomes of each node and pod.

    `prediction` is what the scheduler makes of the pods of the next pass, node by node, with every shortage; `later` of
    those of the whole roll-out, None where that is no other.
    """

    step: DaemonSetStep
    nodes: int
    account: DaemonSetAccount
    exclusions: tuple[Exclusion, ...] = ()
    prediction: DaemonSetPrediction | None = None
    later: DaemonSetPrediction | None = None

    @property
    def identity(self) -> Identity:
        """(DaemonSet, namespace, name)."""
        return self.step.identity

    @property
    def rollout(self) -> Rollout:
        """How its out-of-date pods will be replaced."""
        return self.account.course

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


class Plan(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """What the controller will do, from now to the end of every roll-out.

    Three separate facts: `complete`, everything could be decided; `applyable`, there is something to do; `errored`, the
    pass over some DaemonSet fails. `state` is for the next call. `placement` is the best placement without eviction,
    where something wanted is impossible or a PlacementPolicy holds. Where it is `foreseen`, roll-outs that may stall
    were played to their end: `stalls` do not get there, `unplayed` are too long to be played. One that
    `is_light` has neither pods nor check sums; a pickled one is (planner.light).
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
    stalls: tuple[Stall, ...] = ()
    unplayed: tuple[Identity, ...] = ()
    foreseen: bool = False
    is_light: bool = False

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the next pass issues, over all DaemonSets."""
        return tuple(action for entry in self.daemonsets for action in entry.step.actions)

    @property
    def account(self) -> Account:
        """What becomes of every DaemonSet on every node: the one source of every answer."""
        return Account(daemonsets=tuple(entry.account for entry in self.daemonsets), foreseen=self.foreseen)

    @property
    def summary(self) -> Sums:
        """What the account adds up to."""
        return self.account.sums

    @property
    def conflicts(self) -> bool:
        """Whether a roll-out stalls, something wanted is impossible, a policy is violated or stopped, or a pass fails.

        A pass that fails until the pods of vanished nodes are collected heals by itself (R27).
        """
        stopped = self.policies is not None and self.policies.is_violated
        violated = self.placement is not None and bool(self.placement.violations)
        sums = self.summary
        fails = any(entry.step.error is not None and not entry.rollout.collection for entry in self.daemonsets)
        return fails or stopped or violated or bool(sums.impossible or sums.stalls)

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
