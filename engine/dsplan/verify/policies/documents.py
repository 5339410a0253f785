"""Do the waves of a plan keep what the policies' own documents say, whatever the plan says of them?

Whole numbers only: what a percentage came to when the roll-out began is in no document. A class counts where it lies
wholly inside of a domain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...document.types import PlanDocument
from ...model.policy import Budget, RolloutPolicy
from ...model.selectors import selector_matches
from ...model.world import World
from .counts import Tally

__all__ = ["broken_by_documents"]

_Check = Iterator[tuple[str, str]]


def broken_by_documents(plan: PlanDocument, tally: Tally, world: World) -> _Check:
    """Yield what waves break of budgets, domains, rates and order, as the documents in the world write them."""
    assert plan.policies is not None
    targets = {(entry.namespace, entry.name): entry.targets for entry in plan.policies.policies}
    for policy in world.rollout_policies:
        mine = targets.get((policy.identity.namespace, policy.identity.name))
        if mine is not None:
            rules = _Documents(plan, tally, world, policy, mine)
            yield from dict.fromkeys((check, f"{policy.identity}: {text}") for check, text in rules.broken())


class _Documents:
    """One policy over the waves."""

    def __init__(
        self, plan: PlanDocument, tally: Tally, world: World, policy: RolloutPolicy, targets: Sequence[int]
    ) -> None:
        self.tally, self.spec, self.targets = tally, policy.spec, targets
        self.namespace = policy.identity.namespace
        self.places = {f"{entry.namespace}/{entry.name}": place for place, entry in enumerate(plan.daemonsets)}
        position = {name: place for place, name in enumerate(plan.nodes)}
        self.nodes = {position[node.name]: node for node in world.nodes if node.name in position}

    def broken(self) -> _Check:
        for budget in self.spec.budgets:
            if isinstance(budget.max_unavailable, int):
                yield from self._budget(budget, budget.max_unavailable)
        for rule in self.spec.domains:
            values = self._classes_by(rule.topology_key)
            for number, takes in self.tally.waves():
                touched = [
                    v for v, classes in values.items() if any(takes[c, d] for c in classes for d in self.targets)
                ]
                if len(touched) > rule.max_at_once:
                    yield "policy domains", f"wave {number + 1} touches {len(touched)} values of {rule.topology_key}"
        yield from self._pace()
        yield from self._order()

    def _classes_by(self, key: str, budget: Budget | None = None) -> dict[str, list[int]]:
        """Return the classes that lie wholly in each value of a label (no key: in all nodes), and in a selector."""
        selector = budget.node_selector if budget is not None else None
        inside: dict[str, set[int]] = defaultdict(set)
        for place, node in self.nodes.items():
            value = node.labels.get(key) if key else ""
            if value is not None and (selector is None or selector_matches(selector, node.labels)):
                inside[value].add(place)
        return {
            value: [place for place, nodes in enumerate(self.tally.nodes) if nodes <= own]
            for value, own in sorted(inside.items())
        }

    def _budget(self, budget: Budget, limit: int) -> _Check:
        groups = [self.targets] if budget.scope in ("All", "Node") else [(target,) for target in self.targets]
        if budget.scope == "Node":
            domains = {str(place): [place] for place in range(len(self.tally.nodes))}
        else:
            domains = self._classes_by(budget.topology_key, budget)
        for number, takes in self.tally.waves():
            for classes in domains.values():
                most = limit * (len(self.tally.nodes[classes[0]]) if budget.scope == "Node" else 1)
                for group in groups:
                    size = sum(takes[place, target] for place in classes for target in group)
                    if size > most:
                        yield "policy budget", f"wave {number + 1} takes {size} where its document allows {most}"

    def _pace(self) -> _Check:
        limit = self.spec.rates.pods_per_minute if self.spec.rates else None
        if limit is None:
            return
        for number, takes in self.tally.waves():
            size = sum(count for cell, count in takes.items() if cell[1] in self.targets)
            if size > limit:
                yield "policy rate", f"wave {number + 1} takes {size} where its document allows {limit} a minute"

    def _order(self) -> _Check:
        order = self.spec.order
        for chain in order.chains if order else ():
            named = [self.places.get(name if "/" in name else f"{self.namespace}/{name}", -1) for name in chain]
            for first, then in pairwise(named):
                for start, repeat, takes in self.tally.runs:
                    for number in (start, start + repeat - 1):
                        done = self.tally.done_before(number)
                        for cell, count in takes.items():
                            before = (cell[0], first)
                            early = before in self.tally.size and done[cell] + count > done[before]
                            if cell[1] == then and count and early:
                                yield "policy order", f"wave {number + 1} takes what its document has wait"
