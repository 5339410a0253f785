"""Budgets of policies in numbers: for each DaemonSet, each value of a node label, each node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..eligibility.index import as_bitmap
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.policy import Budget, RolloutPolicy
from ..model.selectors import LabelSelector, selector_matches
from .amounts import resolve
from .subjects import Units

__all__ = ["NodeRule", "RolloutLimit", "limits_of", "node_rules", "own_limits", "selected"]


class RolloutLimit(msgspec.Struct, frozen=True):
    """At most `limit` of the pods of `daemonsets` on `nodes` are down at once; `key` finds it again in State.

    Of the pods that are down already, `down` come back by themselves and `stuck` do not (their node is not ready);
    neither counts pods that the policy forgives. `base` is the number of wanted pods that a percentage is of,
    `resolved` what it comes to now; `fixed` says that what it came to when the roll-out began is less, and holds.
    `owned` is the DaemonSet's own maxUnavailable, where no budget says anything.
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
    resolved: int
    fixed: bool
    down: int
    stuck: int
    owned: bool = False

    @property
    def budget(self) -> str:
        """Which budget it is of: all that its key says but the value of the label."""
        return self.key.rpartition("|")[0] if not self.owned else self.key

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
    budget_use: Mapping[Identity, tuple[BitMap, BitMap]],
    index: NodeIndex,
    fixed: Mapping[str, int],
) -> Iterator[RolloutLimit]:
    """Yield the limits of one policy over its targets `units`; scope Node is left to `node_rules`.

    `budget_use` has, per DaemonSet, the nodes that spend budget and come back, and those that do not. `fixed` has what
    percentages were resolved to when the roll-out began, by key: no more than that holds.
    """
    for budget in policy.spec.budgets:
        if budget.scope == "Node" or _is_one_a_node(budget, index):
            continue
        for daemonsets in _groups(budget, units):
            for value, nodes in _domains(budget, index):
                base = sum(len(units[identity].wanted & nodes) for identity in daemonsets)
                if base > 1:  # of one pod no limit can bind
                    name, key = _name(budget, daemonsets, value), _key(budget, daemonsets, value)
                    amount = resolve(budget.max_unavailable, base, fixed=fixed.get(key))
                    limit = RolloutLimit(
                        policy=policy.identity,
                        key=key,
                        name=name,
                        daemonsets=daemonsets,
                        nodes=nodes,
                        limit=amount.number,
                        base=base,
                        arithmetic=f"maxUnavailable {amount.text}",
                        written=budget.max_unavailable,
                        resolved=resolve(budget.max_unavailable, base).number,
                        fixed=amount.fixed,
                        down=0,
                        stuck=0,
                    )
                    yield _spent(limit, budget_use)


def own_limits(
    policies: Sequence[RolloutPolicy],
    daemonset: DaemonSet,
    units: Units,
    budget_use: Mapping[Identity, tuple[BitMap, BitMap]],
    index: NodeIndex,
) -> Iterator[RolloutLimit]:
    """Yield the DaemonSet's own maxUnavailable over its pods that no budget of its policies counts."""
    covered = BitMap.union(BitMap(), *(_covered(budget, index) for p in policies for budget in p.spec.budgets))
    nodes = units.wanted - covered
    if not policies or len(nodes) <= 1:
        return
    written = _own(daemonset)
    amount = resolve(written, len(nodes))
    number = max(1, amount.number)
    every = "" if not covered else ", in no budget"
    limit = RolloutLimit(
        policy=policies[0].identity,
        key=f"own|{daemonset.identity}",
        name=f"{daemonset.identity}{every}",
        daemonsets=(daemonset.identity,),
        nodes=nodes,
        limit=number,
        base=len(nodes),
        arithmetic=f"its own maxUnavailable {amount.text}",
        written=written if amount.number else number,
        resolved=number,
        fixed=False,
        down=0,
        stuck=0,
        owned=True,
    )
    yield _spent(limit, budget_use)


def _own(daemonset: DaemonSet) -> int | str:
    """Return the DaemonSet's maxUnavailable, under surge its maxSurge; 1 where it says nothing, as upstream."""
    rolling = daemonset.spec.update_strategy.rolling_update
    said = (rolling.max_unavailable, rolling.max_surge) if rolling is not None else ()
    return next((amount for amount in said if amount not in (None, 0, "0%") and _is_amount(amount)), 1)


def _is_amount(amount: int | str | None) -> bool:
    return isinstance(amount, int) or (isinstance(amount, str) and amount.endswith("%") and amount[:-1].isdigit())


def _spent(limit: RolloutLimit, budget_use: Mapping[Identity, tuple[BitMap, BitMap]]) -> RolloutLimit:
    down = sum(len(budget_use[identity][0] & limit.nodes) for identity in limit.daemonsets)
    stuck = sum(len(budget_use[identity][1] & limit.nodes) for identity in limit.daemonsets)
    return msgspec.structs.replace(limit, down=down, stuck=stuck)


def _covered(budget: Budget, index: NodeIndex) -> BitMap:
    """Return the nodes of which a budget counts the pods."""
    return selected(budget.node_selector, index)


def _groups(budget: Budget, units: Mapping[Identity, Units]) -> Iterator[tuple[Identity, ...]]:
    if budget.scope == "All":
        yield tuple(sorted(units))
    else:
        yield from ((identity,) for identity in sorted(units))


def _domains(budget: Budget, index: NodeIndex) -> Iterator[tuple[str | None, BitMap]]:
    """Yield label values with their nodes; nodes without the label are a domain of their own (None), so that no pod is
    without a budget for lack of a label."""
    chosen = selected(budget.node_selector, index)
    if not budget.topology_key:
        yield "", chosen
        return
    left = chosen
    for value, ids in sorted(index.column(budget.topology_key).items()):
        nodes = as_bitmap(ids) & chosen
        left = left - nodes
        if nodes:
            yield value, nodes
    if left:
        yield None, left


def _key(budget: Budget, daemonsets: Sequence[Identity], value: str | None) -> str:
    """Return how a limit is known in State: by what the budget says, whose pods it counts, and where.

    The selector is written as JSON, so that equal selectors are equal texts.
    """
    selector = (
        "" if budget.node_selector is None else msgspec.json.encode(budget.node_selector, order="sorted").decode()
    )
    who = "" if budget.scope == "All" else str(daemonsets[0])
    where = "!" if value is None else value
    return f"{budget.max_unavailable}|{budget.scope}|{budget.topology_key}|{selector}|{who}|{where}"


def _name(budget: Budget, daemonsets: Sequence[Identity], value: str | None) -> str:
    who = str(daemonsets[0]) if budget.scope == "DaemonSet" else "all targets"
    where = f" in {budget.topology_key}={value}" if budget.topology_key else ""
    if value is None:
        where = f" on nodes without {budget.topology_key}"
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
