"""Do the replacements that the host begins now keep every rule? One by one, since these are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...document.idsets import ids_of
from ...document.types import PlanDocument
from .counts import Cell, Tally

__all__ = ["broken_by_actions"]


def broken_by_actions(plan: PlanDocument, tally: Tally) -> Iterator[tuple[str, str]]:
    """Every replacement that the host begins now keeps every rule; sick pods are beyond the budgets."""
    assert plan.policies is not None
    begun = _begun(plan, tally)
    cells = Counter(cell for cell, _ in begun)
    if any(cell not in tally.size for cell in cells):
        yield "policy actions", "replaces a pod that is in no class"
    for place, rule in enumerate(plan.policies.per_node):
        daemons = Counter(position for cell, position in begun if cell[1] in rule.daemonsets)
        busy = {p: (plan.policies.classes[c].busy or (0,) * (place + 1))[place] for (c, _), p in begun if c >= 0}
        if any(count + busy.get(position, 0) > rule.limit for position, count in daemons.items()):
            yield "policy actions", f"takes more than {rule.limit} daemons of a node at once"
    for limit in plan.policies.limits:
        size = sum(cells[cell] for cell in tally.cells(limit))
        if size > max(0, limit.limit - limit.down - limit.stuck):
            yield "policy actions", f"{limit.name}: begins {size}, more than are allowed now"
    for rate in plan.policies.rates:
        size = tally.weight(rate, cells)
        if size > max(0, rate.limit - rate.begun):
            yield "policy actions", f"{rate.text}: begins {size}, more than are allowed now"


def _begun(plan: PlanDocument, tally: Tally) -> list[tuple[Cell, int]]:
    """Return (cell, node) of what the host begins now; class -1 where a node is in none."""
    assert plan.policies is not None
    sick = {(place, position) for place, nodes in plan.policies.sick for position in ids_of(nodes)}
    class_of = {position: place for place, nodes in enumerate(tally.nodes) for position in nodes}
    ids = {name: position for position, name in enumerate(plan.nodes)}
    found = []
    for action in plan.actions:
        position = ids.get(action.node, -1)
        if action.actor == "host" and action.stage == "rolling-update" and (action.daemonset, position) not in sick:
            found.append(((class_of.get(position, -1), action.daemonset), position))
    return found
