"""Checks the part of a plan that policies make, without the planner: counts per class, and the actions of now."""

from __future__ import annotations

from collections.abc import Iterator

from ...document.types import PlanDocument
from ..finding import Finding
from ..trees import PlannedWorld
from .actions import broken_by_actions
from .counts import Tally
from .documents import broken_by_documents
from .facts import broken_by_facts
from .waves import WaveRules

__all__ = ["policy_findings"]


def policy_findings(plan: PlanDocument, world: PlannedWorld | None) -> Iterator[Finding]:
    """Yield what is wrong with the policies of a plan, by itself and by the world's documents; nothing without any."""
    if plan.policies is None:
        return
    try:
        tally = Tally(plan.policies)
        by_documents = () if world is None else broken_by_documents(plan, tally, world)
        by_facts = broken_by_facts(plan, world)
        for check, text in (*WaveRules(plan, tally).check(), *broken_by_actions(plan, tally), *by_documents, *by_facts):
            yield Finding(check, "policies", text)
    except (ValueError, IndexError, KeyError, ArithmeticError) as error:
        yield Finding("shape", "policies", f"cannot be read: {error}")
