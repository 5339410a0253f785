"""Do the waves of a plan keep what the policies' own documents say, whatever the plan says of them?

Whole numbers only: what a percentage came to when the roll-out began is in no document. A class counts where it lies
wholly inside of a domain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from ...document.types import PlanDocument
from ..finding import Check
from ..labels import matches
from ..trees import PlannedWorld, Tree
from .counts import Tally

__all__ = ["broken_by_documents"]


def broken_by_documents(plan: PlanDocument, tally: Tally, world: PlannedWorld) -> Check:
    """Yield what waves break of budgets, domains, rates and order, as the documents in the world write them."""
    assert plan.policies is not None
    targets = {(entry.namespace, entry.name): entry.targets for entry in plan.policies.policies}
    for policy in world.others.get("RolloutPolicy", ()):
        namespace, name = policy["metadata"].get("namespace", "default"), policy["metadata"]["name"]
        mine = targets.get((namespace, name))
        if mine is not None:
            rules = _Documents(plan, tally, world, policy["spec"], mine, namespace)
            yield from dict.fromkeys((check, f"{namespace}/{name}: {text}") for check, text in rules.broken())


class _Documents:
    """One policy over the waves."""

    def __init__(
        self, plan: PlanDocument, tally: Tally, world: PlannedWorld, spec: Tree, targets: Sequence[int], namespace: str
    ) -> None:
        self.tally, self.spec, self.targets, self.namespace = tally, spec, targets, namespace
        self.places = {f"{entry.namespace}/{entry.name}": place for place, entry in enumerate(plan.daemonsets)}
        position = {name: place for place, name in enumerate(plan.nodes)}
        named = ((node["metadata"].get("name", ""), node) for node in world.nodes)
        self.labels = {position[name]: node["metadata"].get("labels") or {} for name, node in named if name in position}

    def broken(self) -> Check:
        for budget in self.spec.get("budgets") or ():
            if isinstance(budget["maxUnavailable"], int):
                yield from self._budget(budget, budget["maxUnavailable"])
        for rule in self.spec.get("domains") or ():
            key, most = rule["topologyKey"], rule.get("maxAtOnce", 1)
            values = self._classes_by(key)
            for number, takes in self.tally.waves():
                touched = [
                    v for v, classes in values.items() if any(takes[c, d] for c in classes for d in self.targets)
                ]
                if len(touched) > most:
                    yield "policy domains", f"wave {number + 1} touches {len(touched)} values of {key}"
        yield from self._pace()
        yield from self._order()

    def _classes_by(self, key: str, budget: Tree | None = None) -> dict[str, list[int]]:
        """Return the classes that lie wholly in each value of a label (no key: in all nodes), and in a selector."""
        selector = (budget or {}).get("nodeSelector")
        inside: dict[str, set[int]] = defaultdict(set)
        for place, labels in self.labels.items():
            value = labels.get(key) if key else ""
            if value is not None and (selector is None or matches(selector, labels)):
                inside[value].add(place)
        return {
            value: [place for place, nodes in enumerate(self.tally.nodes) if nodes <= own]
            for value, own in sorted(inside.items())
        }

    def _budget(self, budget: Tree, limit: int) -> Check:
        scope = budget.get("scope", "DaemonSet")
        groups = [self.targets] if scope in ("All", "Node") else [(target,) for target in self.targets]
        if scope == "Node":
            domains = {str(place): [place] for place in range(len(self.tally.nodes))}
        else:
            domains = self._classes_by(budget.get("topologyKey", ""), budget)
        for number, takes in self.tally.waves():
            for classes in domains.values():
                most = limit * (len(self.tally.nodes[classes[0]]) if scope == "Node" else 1)
                for group in groups:
                    size = sum(takes[place, target] for place in classes for target in group)
                    if size > most:
                        yield "policy budget", f"wave {number + 1} takes {size} where its document allows {most}"

    def _pace(self) -> Check:
        limit = (self.spec.get("rates") or {}).get("podsPerMinute")
        if limit is None:
            return
        for number, takes in self.tally.waves():
            size = sum(count for cell, count in takes.items() if cell[1] in self.targets)
            if size > limit:
                yield "policy rate", f"wave {number + 1} takes {size} where its document allows {limit} a minute"

    def _order(self) -> Check:
        for chain in (self.spec.get("order") or {}).get("chains") or ():
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
