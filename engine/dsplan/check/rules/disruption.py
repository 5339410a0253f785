"""Budgets: PodDisruptionBudgets over daemon pods, and updates that nodes which are down hold up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyroaring import BitMap

from ...diff.order import sick_nodes
from ...model.disruption import PodDisruptionBudget
from ...model.meta import Identity
from ...model.selectors import selector_matches, selector_text
from ...planner.account.words import Fate
from ..rule import rule
from ..scene import Scene, Subject, named
from ..types import Severity, Spot
from .nodes import counted_text

__all__ = ["RULES"]


@rule(
    "DSP107",
    "disruption-budget-over-daemons",
    Severity.WARNING,
    summary="A PodDisruptionBudget with a percentage, maxUnavailable or no room at all covers daemon pods.",
    why="For daemon pods only a whole number as minAvailable works: with anything else no eviction is ever allowed, "
    "and whoever drains nodes by evicting all pods waits for ever.",
    source="B2, B3",
)
def disruption_budget_over_daemons(scene: Scene) -> Iterator[Spot]:
    """Budgets that select daemon pods and never allow an eviction; two over one pod are an error."""
    for subject in scene.subjects:
        covering = [each for each in scene.world.disruption_budgets if _covers(each, subject)]
        if len(covering) > 1:
            names = [each.metadata.name for each in covering]
            text = f"{len(names):,} PodDisruptionBudgets cover its pods ({named(names)}): every eviction is refused"
            yield subject.spot(text, fix="leave one of them, or none")
        for budget in covering:
            why = _never_allows(budget, subject)
            if why:
                text = f"covers the pods of DaemonSet {subject.identity} on {_wanted(subject)}: {why}"
                identity = Identity("PodDisruptionBudget", budget.metadata.namespace, budget.metadata.name)
                fix = "leave daemon pods out of the selector; the controller ignores budgets anyhow"
                yield Spot(object=identity, text=text, field="spec", fix=fix)


def _wanted(subject: Subject) -> str:
    return counted_text(len(subject.wanted), "node")


def _covers(budget: PodDisruptionBudget, subject: Subject) -> bool:
    labels = subject.daemonset.pod.metadata.labels
    same = budget.metadata.namespace == subject.identity.namespace
    return same and selector_matches(budget.spec.selector, labels)


def _never_allows(budget: PodDisruptionBudget, subject: Subject) -> str:
    """Return why no eviction is allowed, empty where some may be."""
    spec = budget.spec
    if spec.max_unavailable is not None:
        return f"maxUnavailable {spec.max_unavailable} does not work for daemon pods, so no eviction is allowed"
    if isinstance(spec.min_available, str):
        return f"minAvailable {spec.min_available} does not work for daemon pods, so no eviction is allowed"
    wanted = len(subject.wanted)
    if spec.min_available is not None and wanted and spec.min_available >= wanted:
        return f"minAvailable {spec.min_available} of {wanted:,} pods ({selector_text(spec.selector)}) allows none"
    return ""


@rule(
    "DSP108",
    "budget-below-nodes-down",
    Severity.WARNING,
    summary="As many nodes are down as the roll-out may take down, or more.",
    why="Nodes that are down spend maxUnavailable: an update stands still until they recover, are deleted, or the "
    "budget is raised.",
    source="k/k#117204, k/k#63465; R6-R12",
)
def budget_below_nodes_down(scene: Scene) -> Iterator[Spot]:
    """The budget is spent by pods that do not come back by themselves."""
    down = sick_nodes(scene.index)
    for subject in scene.subjects:
        budget = subject.account.budget
        if budget is None or budget.max_surge or budget.max_unavailable < 1:
            continue
        spending = BitMap.union(BitMap(), *(row.nodes for row in subject.account.rows if row.spends))
        failing = BitMap.union(BitMap(), *(row.nodes for row in subject.rows(Fate.FAILING) if row.spends))
        lost = (spending & down) | failing
        if len(lost) < budget.max_unavailable:
            continue
        text = f"{counted_text(len(lost), 'node')} down ({named(subject.names(lost))}), and {budget.arithmetic}"
        yield subject.spot(
            f"{text}: {_next(subject)}",
            "spec.updateStrategy.rollingUpdate.maxUnavailable",
            nodes=lost,
            severity=Severity.ERROR if subject.account.stalls else None,
            fix=f"repair or delete these nodes, or allow at least {len(lost) + 1:,}",
            **subject.patched(_allowing(len(lost) + 1)),
        )


def _next(subject: Subject) -> str:
    return "the roll-out stalls" if subject.account.stalls else "the next update stalls"


def _allowing(count: int) -> dict[str, Any]:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": count}}
    return {"spec": {"updateStrategy": strategy}}


RULES = (disruption_budget_over_daemons, budget_below_nodes_down)
