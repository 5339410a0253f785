"""What is left of the steps and of the order, in units, as the wave problem takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.meta import Identity
from .allowances import Allowances
from .assemble import Pending, StepPlan
from .plan_types import Unit
from .step_positions import StepPosition
from .steps import StepRule, targets_of
from .stops import few
from .targets import Governing
from .views import View

__all__ = ["out_of_order", "pending_of", "step_plans", "steps_of"]


def step_plans(view: View, sick: Mapping[Identity, int]) -> Iterator[StepPlan]:
    """Yield what is left of the steps of a policy: one plan for the targets that stand at the same step of a cohort.

    `sick` is how many sick pods of each target go now, which the present step counts.
    """
    for cohort in view.cohorts:
        rules = [rule for rule in view.rules if cohort and rule.concerns(cohort[0])]
        if len(rules) < 2:
            continue
        groups: dict[tuple[int, bool], list[StepPosition]] = {}
        for identity in sorted(cohort):
            stand = view.stands[identity]
            if stand.rule is not None and not stand.is_over:
                groups.setdefault((rules.index(stand.rule), stand.alone), []).append(stand)
        for (place, _), stands in sorted(groups.items()):
            yield _plan(view, rules, place, stands, sick)


def _plan(
    view: View, rules: Sequence[StepRule], place: int, stands: Sequence[StepPosition], sick: Mapping[Identity, int]
) -> StepPlan:
    sizes = [_sizes(view, rules, place, stand, sick.get(stand.daemonset, 0)) for stand in stands]
    nodes = {stand.daemonset: stand.nodes for stand in stands if stand.nodes is not None}
    return StepPlan(
        policy=view.policy.identity,
        first=rules[place].number,
        daemonsets=tuple(stand.daemonset for stand in stands),
        sizes=tuple(zip(*sizes, strict=True)),
        canary=nodes if rules[place].is_canary and nodes else None,
    )


def _sizes(view: View, rules: Sequence[StepRule], place: int, stand: StepPosition, sick: int) -> list[int]:
    """Return how many units of one target each step from the present one on has; the last takes what is left."""
    facts, identity = view.facts[stand.daemonset], stand.daemonset
    canary = view.canaries.get(identity)
    targets = targets_of(rules, facts.base, len(canary.nodes) if canary else 0)
    old = facts.units.old - view.away[identity]
    left = len(old)
    within = len(old & stand.nodes) if stand.nodes is not None else left
    first = min(within, max(0, stand.in_step - sick))
    begun = facts.new - facts.joined
    found, reached = [first], len(begun) + sick + first
    left -= first
    for target in targets[place + 1 :]:
        size = min(left, max(0, target - reached))
        found.append(size)
        left -= size
        reached += size
    found[-1] += left
    return found


def steps_of(
    views: Sequence[View], sick: Sequence[Unit], allowances: Allowances
) -> tuple[list[StepPlan], list[Pending]]:
    """Return the plans of steps, one for a DaemonSet, and what the steps of other policies leave of it now.

    Where two policies have steps for a DaemonSet, waves are those of the first; nothing begins that the steps of the
    other do not let begin.
    """
    going = Counter(unit.daemonset for unit in sick)
    plans: list[StepPlan] = []
    planned: set[Identity] = set()
    capped: list[Pending] = []
    for view in views:
        for plan in step_plans(view, going):
            capped += [cap for d in plan.daemonsets if d in planned for cap in _caps(view, d, allowances)]
            kept = [place for place, daemonset in enumerate(plan.daemonsets) if daemonset not in planned]
            mine = tuple(plan.daemonsets[place] for place in kept)
            planned |= set(mine)
            if mine:
                sizes = tuple(tuple(step[place] for place in kept) for step in plan.sizes)
                plans.append(StepPlan(plan.policy, plan.first, mine, sizes, plan.canary))
    return plans, capped


def _caps(view: View, daemonset: Identity, allowances: Allowances) -> Iterator[Pending]:
    stand = view.stands[daemonset]
    text = f"steps of policy {view.policy.identity}"
    nodes = view.facts[daemonset].units.wanted
    inside = nodes if stand.nodes is None else nodes & stand.nodes
    left = allowances.left(view.policy.identity, daemonset)
    if nodes - inside:
        yield Pending(daemonset, nodes - inside, text, for_good=False)
    if left < len(inside):
        yield Pending(daemonset, inside, text, for_good=False, room=left)


def pending_of(
    governing: Governing,
    views: Sequence[View],
    old: Mapping[Identity, BitMap],
    spent: Mapping[Identity, tuple[BitMap, BitMap]],
    index: NodeIndex,
) -> Iterator[Pending]:
    """Yield the units that come, by order, after pods that are down, or that stay old."""
    stays = {identity: _staying(views, identity) for identity in old}
    for edge in governing.order:
        after = old[edge.then]
        reasons = [(nodes, "is down", good) for nodes, good in zip(spent[edge.first], (False, True), strict=True)]
        reasons.append((stays[edge.first], "stays old", True))
        for nodes, what, for_good in reasons:
            held = after & nodes if edge.per_node else after if nodes else BitMap()
            if held:
                where = "on the same node" if edge.per_node else f"on {few(index.names[p] for p in nodes)}"
                lasting = ", and it stays down" if for_good and what == "is down" else ""
                yield Pending(edge.then, held, f"comes after {edge.first}, which {what} {where}{lasting}", for_good)


def out_of_order(governing: Governing, views: Sequence[View], everywhere: BitMap) -> dict[Identity, BitMap]:
    """Return the nodes where nothing of a DaemonSet may begin, since what comes before it is not there and available.

    As a whole what comes before has to be through, on the same node its pod has to be of its present revision.
    """
    units = {identity: facts for view in views for identity, facts in view.facts.items()}
    found: dict[Identity, BitMap] = {}
    for edge in governing.order:
        first = units[edge.first]
        if edge.per_node:
            early = first.left | first.units.rising
        else:
            early = BitMap() if first.is_through or not first.units.wanted else everywhere
        found[edge.then] = found.get(edge.then, BitMap()) | early
    return found


def _staying(views: Sequence[View], identity: Identity) -> BitMap:
    """Return the nodes where a pod of an older revision is left as it is."""
    found = BitMap()
    for view in views:
        if identity in view.targets:
            found |= view.facts[identity].left & view.away[identity]
    return found
