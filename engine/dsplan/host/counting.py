"""Budgets by plain counting: which nodes a budget is about, and how many of them may be down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..constraints import Rule, constraints_of
from ..diff.budget import scaled
from ..eligibility import NodeIndex, propagate
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.node import Node
from ..model.policy import Budget, RolloutPolicy
from ..model.selectors import selector_matches

__all__ = ["Budgeted", "budgets_over", "governs", "wanted_nodes"]

Wanted = Mapping[Identity, frozenset[str]]
"""By DaemonSet the names of the nodes on which it is wanted."""


class Budgeted(msgspec.Struct, frozen=True):
    """At most `limit` of the pods of `daemonsets` on `nodes` may be down."""

    text: str
    daemonsets: tuple[Identity, ...]
    nodes: frozenset[str]
    limit: int


def wanted_nodes(
    daemonsets: Sequence[DaemonSet], nodes: Sequence[Node], rules: tuple[Rule, ...]
) -> dict[Identity, frozenset[str]]:
    """Return on which nodes each DaemonSet is wanted (E1-E5)."""
    index = NodeIndex(nodes)
    return {
        item.identity: frozenset(index.names[place] for place in propagate(constraints_of(item, rules), index).run)
        for item in daemonsets
    }


def governs(policy: RolloutPolicy, daemonset: DaemonSet) -> bool:
    """Return whether a policy names a DaemonSet."""
    metadata = daemonset.metadata
    for target in policy.spec.targets:
        if target.name:
            if (target.namespace or policy.metadata.namespace, target.name) == (metadata.namespace, metadata.name):
                return True
        elif target.namespace in ("", metadata.namespace) and selector_matches(target.selector, metadata.labels):
            return True
    return False


def budgets_over(
    daemonset: DaemonSet,
    daemonsets: Sequence[DaemonSet],
    policies: Sequence[RolloutPolicy],
    nodes: Mapping[str, Node],
    wanted: Wanted,
) -> Iterator[Budgeted]:
    """Yield the budgets in which a DaemonSet's pods are; its own maxUnavailable where no policy has any."""
    ruling = [policy for policy in policies if governs(policy, daemonset)]
    none = True
    for policy in ruling:
        for budget in policy.spec.budgets:
            none = False
            members = (
                (daemonset.identity,)
                if budget.scope == "DaemonSet"
                else tuple(item.identity for item in daemonsets if governs(policy, item))
            )
            yield from _of_policy(policy, budget, members, nodes, wanted)
    if none:
        yield _own(daemonset, wanted)


def _own(daemonset: DaemonSet, wanted: Wanted) -> Budgeted:
    rolling = daemonset.spec.update_strategy.rolling_update
    written = 1 if rolling is None or rolling.max_unavailable is None else rolling.max_unavailable
    places = wanted[daemonset.identity]
    # OnDelete leaves 0 behind where there was a limit once (X1): it means none, and the upstream default is 1.
    limit = max(1, scaled(written, len(places)))
    return Budgeted(f"maxUnavailable {written}", (daemonset.identity,), places, limit)


def _of_policy(
    policy: RolloutPolicy,
    budget: Budget,
    members: tuple[Identity, ...],
    nodes: Mapping[str, Node],
    wanted: Wanted,
) -> Iterator[Budgeted]:
    rule = policy.spec.broken_nodes
    causal = rule is not None and rule.mode == "Causal"
    chosen = [
        node
        for node in nodes.values()
        if budget.node_selector is None or selector_matches(budget.node_selector, node.metadata.labels)
    ]
    for value, names in _domains(budget, chosen).items():
        # What a percentage is of is what is wanted there; nodes that are broken are left out only of what is counted.
        total = sum(len(wanted[identity] & names) for identity in members)
        if total <= 1:
            continue
        counted = frozenset(name for name in names if not causal or nodes[name].ready)
        forgiven = rule.forgive_unschedulable if rule is not None else 0
        limit = scaled(budget.max_unavailable, total) + forgiven
        where = f" in {budget.topology_key}={value}" if budget.topology_key else ""
        yield Budgeted(
            f"policy {policy.identity}: maxUnavailable {budget.max_unavailable}{where}", members, counted, limit
        )


def _domains(budget: Budget, nodes: Sequence[Node]) -> dict[str, frozenset[str]]:
    if budget.scope == "Node":
        return {node.name: frozenset({node.name}) for node in nodes}
    if not budget.topology_key:
        return {"": frozenset(node.name for node in nodes)}
    found: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        value = node.metadata.labels.get(budget.topology_key)
        if value is not None:
            found[value].add(node.name)
    return {value: frozenset(names) for value, names in found.items()}
