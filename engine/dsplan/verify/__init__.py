"""Is a plan right? Checked by itself and against the world it was made from, by rules of its own.

In: a plan document, and the planned world as canonical trees. Out: findings; none for a plan that is right.
Promises: it imports errors and the document's types alone, so that a mistake elsewhere cannot hide here, and follows
specs/semantics.md, one DaemonSet and one node at a time. What it takes on trust is in `TAKEN_ON_TRUST`; what a plan
claims and nobody can prove by counting, in `unproved`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..document.encoding import seal_of
from ..document.types import PlanDocument
from .against_world import against_world
from .eligibility import Rule
from .finding import Finding
from .inside import inside
from .policies import policy_findings
from .trees import PlannedWorld, Tree

__all__ = ["TAKEN_ON_TRUST", "Finding", "PlannedWorld", "Rule", "unproved", "verify"]

TAKEN_ON_TRUST = (
    "reading of files",
    "manifests laid over the cluster",
    "defaulting and admission of templates",
    "texts for people",
    "how long a search took",
)
"""What the checker does not check; recorded answers of a real API server hold it instead."""


def verify(
    plan: PlanDocument,
    trees: Iterable[Tree] | None = None,
    *,
    outside: Mapping[tuple[str, str], Sequence[Rule]] | None = None,
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a plan, nothing if it holds; with its world's trees, all that is not so.

    `outside` has the rules of each DaemonSet (namespace, name) that are not built in. A plan that used rules which are
    not loaded, or another version of them, cannot be verified, and that is a finding.
    Raises nothing for a corrupt plan: what cannot be checked is a finding.
    """
    world = None
    try:
        world = None if trees is None else PlannedWorld(trees)
    except _UNREADABLE as error:
        return (Finding("world", "", f"cannot be read: {type(error).__name__} {error}"),)
    found = _guarded(inside(plan)) + _guarded(policy_findings(plan, world))
    if world is not None and not found:
        found = _guarded(against_world(plan, world, outside or {}))
    if plan.seal != seal_of(plan):
        found = (Finding("seal", "", "the plan is not as it was written: something in it was changed"), *found)
    return found


def unproved(plan: PlanDocument) -> Iterator[str]:
    """Yield what a plan claims and counting does not prove."""
    best, policies = plan.placement, plan.policies
    if best is not None and not best.gap and best.search_nodes:
        yield f"that no placement has more than {best.placed:,} of {best.wanted:,} pods"
    if policies is not None and not policies.minimal:
        yield f"that no fewer than {policies.bound:,} waves are enough"
    for entry in plan.daemonsets:
        if entry.stall is not None and entry.stall.needs is not None:
            yield f"{entry.namespace}/{entry.name}: that maxUnavailable {entry.stall.needs} is enough was played"


_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError)
"""What reading a corrupt plan, or a corrupt world, ends with."""


def _guarded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    found: list[Finding] = []
    try:
        found.extend(findings)
    except _UNREADABLE as error:
        found.append(Finding("shape", "", f"cannot be checked: {type(error).__name__} {error}"))
    return tuple(found)
