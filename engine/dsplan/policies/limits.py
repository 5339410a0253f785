"""Budgets of policies in numbers: for each DaemonSet, each value of a node label, each node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..eligibility.index import as_bitmap
from ..model.meta import Identity
from ..model.policy import Budget, RolloutPolicy
from ..model.selectors import LabelSelector, selector_matches
from .amounts import resolve
from .subjects import Units

__all__ = ["NodeRule", "RolloutLimit", "limits_of", "node_rules", "selected"]


class RolloutLimit(msgspec.Struct, frozen=True):
    """At most `limit` of the pods of `daemonsets` on `nodes` are down at once; `key` finds it again in State.

    Of the pods that are down already, `down` come back by themselves and `stuck` do not (their node is not ready);
    neither counts pods that the policy forgives. `base` is the number of wanted pods that a percentage is of; `fixed`
    says that it was resolved when the roll-out began.
    """

    policy: Identity
    key: str
    name: str
    daemonsets: tuple[Identity, ...]
    nodes: BitMap
    limit: int
    base: int
    arithmetic: str
    written: int | str
    fixed: bool
    down: int
    stuck: int

    @property
    def rule(self) -> str:
        """The limit as the reason why something waits."""
        return f"{self.name}: {self.arithmetic}" + (f", {self.stuck:,} stay down" if self.stuck else "")


class NodeRule(msgspec.Struct, frozen=True):
    """At most `limit` of `daemonsets` are down on any one node."""

    policies: tuple[Identity, ...]
    daemonsets: frozenset[Identity]
    limit: int


def selected(selector: LabelSelector | None, index: NodeIndex) -> BitMap:
    """Return the nodes whose labels a selector matches; None selects all."""
    if selector is None:
        return index.all
    return BitMap(position for position, node in index.items() if selector_matches(selector, node.labels))


def limits_of(
    policy: RolloutPolicy,
    units: Mapping[Identity, Units],
    spending: Mapping[Identity, tuple[BitMap, BitMap]],
    index: NodeIndex,
    fixed: Mapping[str, int],
) -> Iterator[RolloutLimit]:
    """Yield the limits of one policy over its targets `units`; scope Node is left to `node_rules`.

    `spending` has, per DaemonSet, the nodes that spend budget and come back, and those that do not. `fixed` has what
    percentages were resolved to when the roll-out began, by key.
    """
    for place, budget in enumerate(policy.spec.budgets):
        if budget.scope == "Node" or _is_one_a_node(budget, index):
            continue
        chosen = selected(budget.node_selector, index)
        for daemonsets in _groups(budget, units):
            for value, nodes in _domains(budget, chosen, index):
                yield from _limit(policy, place, daemonsets, value, nodes, units, spending, fixed)


def _groups(budget: Budget, units: Mapping[Identity, Units]) -> Iterator[tuple[Identity, ...]]:
    if budget.scope == "All":
        yield tuple(sorted(units))
    else:
        yield from ((identity,) for identity in sorted(units))


def _domains(budget: Budget, chosen: BitMap, index: NodeIndex) -> Iterator[tuple[str, BitMap]]:
    """Yield label values with their nodes; nodes without the label are in no domain."""
    if not budget.topology_key:
        yield "", chosen
        return
    for value, ids in sorted(index.column(budget.topology_key).items()):
        nodes = as_bitmap(ids) & chosen
        if nodes:
            yield value, nodes


def _limit(
    policy: RolloutPolicy,
    place: int,
    daemonsets: tuple[Identity, ...],
    value: str,
    nodes: BitMap,
    units: Mapping[Identity, Units],
    spending: Mapping[Identity, tuple[BitMap, BitMap]],
    fixed: Mapping[str, int],
) -> Iterator[RolloutLimit]:
    budget = policy.spec.budgets[place]
    base = sum(len(units[identity].wanted & nodes) for identity in daemonsets)
    if base <= 1:  # one pod at most: no limit can bind
        return
    key = f"budgets[{place}]|{'' if budget.scope == 'All' else daemonsets[0]}|{value}"
    amount = resolve(budget.max_unavailable, base, fixed=fixed.get(key))
    back = sum(len(spending[identity][0] & nodes) for identity in daemonsets)
    stuck = sum(len(spending[identity][1] & nodes) for identity in daemonsets)
    yield RolloutLimit(
        policy=policy.identity,
        key=key,
        name=_name(budget, daemonsets, value),
        daemonsets=daemonsets,
        nodes=nodes,
        limit=amount.number,
        base=base,
        arithmetic=f"maxUnavailable {amount.text}",
        written=budget.max_unavailable,
        fixed=key in fixed,
        down=back,
        stuck=stuck,
    )


def _name(budget: Budget, daemonsets: Sequence[Identity], value: str) -> str:
    who = str(daemonsets[0]) if budget.scope == "DaemonSet" else "all targets"
    where = f" in {budget.topology_key}={value}" if budget.topology_key else ""
    return who + where + (" on selected nodes" if budget.node_selector is not None else "")


def node_rules(policies: Iterable[tuple[RolloutPolicy, Sequence[Identity]]], index: NodeIndex) -> list[NodeRule]:
    """Return the rules per node, for disjoint sets of DaemonSets.

    Rules that overlap become one of the union with the smaller limit: stricter than asked, never looser.
    """
    merged: list[NodeRule] = []
    for policy, targets in policies:
        for budget in policy.spec.budgets:
            if budget.scope != "Node" and not _is_one_a_node(budget, index):
                continue
            rule = NodeRule((policy.identity,), frozenset(targets), int(budget.max_unavailable))
            for other in [other for other in merged if other.daemonsets & rule.daemonsets]:
                merged.remove(other)
                rule = NodeRule(
                    tuple(sorted({*other.policies, *rule.policies})),
                    other.daemonsets | rule.daemonsets,
                    min(other.limit, rule.limit),
                )
            merged.append(rule)
    return merged


def _is_one_a_node(budget: Budget, index: NodeIndex) -> bool:
    """Return whether a budget across DaemonSets is per value of a label that every node has to itself (hostname)."""
    if budget.scope != "All" or not budget.topology_key or budget.node_selector is not None:
        return False
    column = index.column(budget.topology_key)
    alone = all(isinstance(ids, int) for ids in column.values())
    return isinstance(budget.max_unavailable, int) and alone and len(column) == len(index)
