"""The rules of policies, read from the documents' own words: what the host's actions break, if anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dsplan.model.policy import Budget, RolloutPolicy
from dsplan.waves.rollout.plan_types import PolicyPlan
from tests.waves.rollout.fleet import OLD, Fleet

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
    for chain in policy.spec.order.chains if policy.spec.order else ():
        for name, node in begun:
            for first in chain[: chain.index(name)] if name in chain else ():
                if (first, node) in down or OLD in fleet.pods[first, node].metadata.labels.values():
                    yield f"{name} on {node} before {first}"


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
