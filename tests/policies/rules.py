"""The rules of policies, read from the documents' own words: what the host's actions break, if anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from dsplan.model.policy import Budget, Order, RolloutPolicy, Steps, Windows
from dsplan.policies.plan_types import PolicyPlan
from tests.policies.fleet import OLD, Fleet

Place = tuple[str, str]


def broken_rules(fleet: Fleet, plan: PolicyPlan) -> list[str]:
    """What `plan.actions` break, given what is down already; sick pods are beyond the budgets."""
    sick = {(unit.daemonset.name, unit.node) for unit in plan.sick}
    begun = {(action.daemonset.name, action.node) for action in plan.actions} - sick
    down = {place for place, pod in fleet.pods.items() if pod.status.conditions[0].status != "True"}
    found = []
    for policy in fleet.policies:
        found += [f"{policy.name}: {text}" for text in _broken(policy, fleet, begun, down)]
    return found


def _broken(policy: RolloutPolicy, fleet: Fleet, begun: set[Place], down: set[Place]) -> Iterator[str]:
    targets = sorted({target.name for target in policy.spec.targets})
    for budget in policy.spec.budgets:
        if budget.scope == "Node":
            yield from _on_nodes(budget, targets, begun, down)
            continue
        for group in [targets] if budget.scope == "All" else [[name] for name in targets]:
            yield from _in_domains(budget, group, fleet, begun, down)
    for rule in policy.spec.domains:
        own = {node.name: node.labels.get(rule.topology_key) for node in fleet.nodes.values()}
        touched = {own[node] for name, node in begun if name in targets} - {None}
        already = {own[node] for name, node in down if name in targets} - {None}
        if touched and len(touched | already) > rule.max_at_once:
            yield f"domains {sorted(map(str, touched | already))}"
    if policy.spec.order:
        yield from _out_of_order(policy.spec.order, fleet, begun, down)
    if policy.spec.steps and policy.spec.canary is None:
        in_turn = policy.spec.order is not None and policy.spec.order.per == "DaemonSet"
        new = Counter(name for name, node in fleet.pods if not _is_old(fleet, name, node))
        for name in targets:
            reached = 0 if in_turn else max(new[other] for other in targets)
            yield from _over_steps(policy.spec.steps, name, fleet, begun, down, reached)
    if policy.spec.windows and any(name in targets for name, _ in begun) and not _is_open(policy.spec.windows, fleet):
        yield f"begins at {fleet.now}, outside of its windows"


def _is_old(fleet: Fleet, name: str, node: str) -> bool:
    return OLD in fleet.pods[name, node].metadata.labels.values()


def _out_of_order(order: Order, fleet: Fleet, begun: set[Place], down: set[Place]) -> Iterator[str]:
    for chain in order.chains:
        for name, node in begun:
            for first in chain[: chain.index(name)] if name in chain else ():
                before = [node] if order.per == "Node" else list(fleet.nodes)
                if any((first, other) in down or _is_old(fleet, first, other) for other in before):
                    yield f"{name} on {node} before {first}"


def _over_steps(
    steps: Steps, name: str, fleet: Fleet, begun: set[Place], down: set[Place], reached: int
) -> Iterator[str]:
    """Nothing goes beyond a step in one go, nor from one that is reached while some of its pods are not available.

    A step that another DaemonSet of the same turn is beyond is over.
    """
    new = [node for node in fleet.nodes if not _is_old(fleet, name, node)]
    going = sum(own == name for own, _ in begun)
    for target in _targets(steps, len(fleet.nodes)):
        if target < reached:
            continue
        if len(new) < target < len(new) + going:
            yield f"{name} goes from {len(new)} by {going} beyond a step of {target}"
        if len(new) == target and going and any((name, node) in down for node in new):
            yield f"{name} leaves a step of {target} that is not available"


def _targets(steps: Steps, total: int) -> list[int]:
    """How many are new after each step: percentages rounded up, slow starts 1, 1 + 2, 1 + 2 + 4 ..."""
    if steps.list:
        found = [int(str(amount).rstrip("%")) for amount in steps.list]
        return [
            -(-number * total // 100) if isinstance(amount, str) else number
            for number, amount in zip(found, steps.list, strict=True)
        ]
    if steps.linear:
        share = int(str(steps.linear.by).rstrip("%"))
        return [-(-percent * total // 100) for percent in range(share, 100, share)]
    return [2**power - 1 for power in range(1, 10) if 2**power - 1 < total]


def _is_open(windows: Windows, fleet: Fleet) -> bool:
    clock = fleet.now.astimezone(ZoneInfo(windows.time_zone)).strftime("%H:%M")
    inside = [window.start <= clock < window.end for window in windows.allow]
    return (not inside or any(inside)) and not any(window.start <= clock < window.end for window in windows.block)


def _in_domains(budget: Budget, group: list[str], fleet: Fleet, begun: set[Place], down: set[Place]) -> Iterator[str]:
    key = budget.topology_key
    for value in {node.labels.get(key) for node in fleet.nodes.values()} - ({None} if key else set()):
        nodes = [node.name for node in fleet.nodes.values() if not key or node.labels.get(key) == value]
        inside = {(name, node) for name in group for node in nodes}
        most = budget.max_unavailable
        limit = most if isinstance(most, int) else -(-int(most[:-1]) * len(inside) // 100)
        spent = (begun | down) & inside
        if begun & inside and len(spent) > limit:
            yield f"{len(spent)} of {most} down in {key}={value}"


def _on_nodes(budget: Budget, targets: list[str], begun: set[Place], down: set[Place]) -> Iterator[str]:
    spent = Counter(node for name, node in begun | down if name in targets)
    for node in {node for name, node in begun if name in targets}:
        if spent[node] > int(budget.max_unavailable):
            yield f"{spent[node]} down on {node}"
