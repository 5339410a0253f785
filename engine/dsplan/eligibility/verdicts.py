"""RUN, KEEP, DENY: for all nodes as sets, for one pair with every reason (E1-E5)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from pyroaring import BitMap

from ..constraints.checking import check_constraint
from ..constraints.protocol import Constraint, Reason, Strength, project
from ..model.node import Node
from .index import NodeIndex
from .propagation import satisfying

__all__ = ["Evaluation", "Verdict", "Verdicts", "evaluate", "propagate"]


class Verdict(StrEnum):
    """What the DaemonSet controller thinks of a node."""

    RUN = "RUN"
    """shouldRun and shouldContinueRunning."""
    KEEP = "KEEP"
    """A pod that is there may stay, none is created (E4)."""
    DENY = "DENY"
    """Neither."""


class Verdicts(msgspec.Struct, frozen=True):
    """The verdict of one DaemonSet for every node of an index, as sets of ids.

    `run` and `keep` are disjoint; every other node is denied. `failing` has, per constraint in accounting order, the
    nodes that fail it.
    """

    run: BitMap
    keep: BitMap
    failing: tuple[tuple[Constraint, BitMap], ...]

    def of(self, position: int) -> Verdict:
        """Return the verdict for one node id."""
        if position in self.run:
            return Verdict.RUN
        return Verdict.KEEP if position in self.keep else Verdict.DENY


class Evaluation(msgspec.Struct, frozen=True):
    """The verdict of one pair, with every reason in accounting order."""

    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def should_run(self) -> bool:
        """E: whether a pod is created here."""
        return self.verdict is Verdict.RUN

    @property
    def should_continue_running(self) -> bool:
        """E: whether a pod that is here may stay."""
        return self.verdict is not Verdict.DENY


def propagate(constraints: Sequence[Constraint], index: NodeIndex) -> Verdicts:
    """Return the verdict of every node, by intersecting what each constraint allows."""
    run, may_stay = index.all, index.all
    failing: list[tuple[Constraint, BitMap]] = []
    for constraint in constraints:
        passed = satisfying(constraint, index)
        failing.append((constraint, index.all - passed))
        run = run & passed
        if constraint.strength is Strength.KEEP:
            may_stay = may_stay & passed
    return Verdicts(run, may_stay - run, tuple(failing))


def evaluate(constraints: Sequence[Constraint], node: Node) -> Evaluation:
    """Return the verdict for one node and every constraint it fails, each asked by itself.

    Raises ConstraintFault where a constraint raises.
    """
    verdict, reasons = Verdict.RUN, []
    for constraint in constraints:
        reason = check_constraint(constraint, project(node, constraint.reads))
        if reason is None:
            continue
        reasons.append(reason)
        if constraint.strength is Strength.KEEP:
            verdict = Verdict.DENY
        elif verdict is Verdict.RUN:
            verdict = Verdict.KEEP
    return Evaluation(verdict, tuple(reasons))
