"""Checks a plan without the solver: from its document alone, and against a world with single-case evaluators.

Nothing of the planner, the waves or the search is imported, so that a mistake there cannot hide here.
"""

from collections.abc import Iterable

from ..constraints import BUILTIN_RULES, Rule
from ..document.types import PlanDocument
from ..model.world import World
from .against_world import against_world
from .finding import Finding
from .inside import inside
from .policies import policy_findings

__all__ = ["Finding", "verify"]


def verify(
    plan: PlanDocument, world: World | None = None, *, rules: Iterable[Rule] = BUILTIN_RULES
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a plan, nothing if it holds; with a world, also what does not fit it.

    `rules` are those the plan was made with. One that used constraints which are not among them, or another version of
    them, cannot be verified, and that is a finding.
    Raises nothing for a corrupt plan: what cannot be checked is a finding. Raises ConstraintFault where a constraint
    does not keep to its protocol.
    """
    found = (*inside(plan), *policy_findings(plan, world))
    return found if found or world is None else tuple(against_world(plan, world, tuple(rules)))
