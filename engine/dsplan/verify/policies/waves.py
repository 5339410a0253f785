"""Do the waves of policies keep every rule they state?

A class lies wholly inside or outside of a rule's nodes, so counts decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...document.policies import PolicyLimit, PolicyOrder, PolicyRate, PolicySteps
from ...document.types import PlanDocument
from .counts import Cell, Tally

__all__ = ["WaveRules"]

_Check = Iterator[tuple[str, str]]


class WaveRules:
    """The rules of a plan's policies over all of its waves."""

    def __init__(self, plan: PlanDocument, tally: Tally) -> None:
        assert plan.policies is not None
        self.plan, self.entry, self.tally = plan, plan.policies, tally

    def check(self) -> _Check:
        """Yield what is wrong."""
        yield from self._classes()
        yield from self._completeness()
        for limit in self.entry.limits:
            yield from self._limit(limit)
        for rate in self.entry.rates:
            yield from self._rate(rate)
        yield from self._per_node()
        yield from self._order()
        for steps in self.entry.steps:
            yield from self._steps(steps)
        yield from self._domains()
        yield from self._claims()

    def _classes(self) -> _Check:
        members = Counter(position for nodes in self.tally.nodes for position in nodes)
        if any(count > 1 for count in members.values()):
            yield "policy classes", "a node is in two classes"
        if any(position >= len(self.plan.nodes) for position in members):
            yield "policy classes", "a class has a node that the plan does not have"
        for limit in self.entry.limits:
            inside = self.tally.sets[limit.nodes]
            if any(nodes & inside and not nodes <= inside for nodes in self.tally.nodes):
                yield "policy classes", f"a class lies half inside of {limit.name}"

    def _completeness(self) -> _Check:
        taken = self.tally.done_before(self.tally.count)
        for entry in self.entry.stalled:
            taken[entry.place, entry.daemonset] += entry.count
        odd = any(repeat < 1 or min(takes.values(), default=1) < 1 for _, repeat, takes in self.tally.runs)
        if taken != Counter(self.tally.size) or odd:
            yield "policy waves", "do not replace every pod of every class exactly once"

    def _limit(self, limit: PolicyLimit) -> _Check:
        if isinstance(limit.written, str):
            whole = int(limit.written.removesuffix("%")) * limit.base
            if not limit.fixed and limit.limit != -(-whole // 100):
                yield "policy budget", f"{limit.name}: {limit.written} of {limit.base} is not {limit.limit}"
        elif limit.limit != limit.written:
            yield "policy budget", f"{limit.name}: says {limit.written} and uses {limit.limit}"
        cells = self.tally.cells(limit)
        for number, takes in self.tally.waves():
            most = max(0, limit.limit - limit.stuck - (limit.down if number == 0 else 0))
            size = sum(takes[cell] for cell in cells)
            if size > most:
                yield "policy budget", f"{limit.name}: wave {number + 1} takes {size}, {most} are allowed"
                return

    def _rate(self, rate: PolicyRate) -> _Check:
        for number, takes in self.tally.waves():
            most = max(0, rate.limit - (rate.begun if number == 0 else 0))
            size = self.tally.weight(rate, takes)
            if size > most:
                yield "policy rate", f"{rate.text}: wave {number + 1} takes {size}, {most} are allowed"
                return

    def _per_node(self) -> _Check:
        for place, rule in enumerate(self.entry.per_node):
            for number, takes in self.tally.waves():
                for position, part in enumerate(self.entry.classes):
                    spent = (part.stuck if number else part.busy) or (0,) * (place + 1)
                    most = len(self.tally.nodes[position]) * max(0, rule.limit - spent[place])
                    if sum(takes[position, daemonset] for daemonset in rule.daemonsets) > most:
                        yield "policy per node", f"wave {number + 1} takes more than {rule.limit} daemons of a node"
                        return

    def _order(self) -> _Check:
        """On a class, no more of the later DaemonSet than of the earlier one in waves before; as a whole, all of it.

        Within a run both grow evenly, so its first and its last wave decide.
        """
        for edge in self.entry.order:
            total = sum(size for cell, size in self.tally.size.items() if cell[1] == edge.first)
            for start, repeat, takes in self.tally.runs:
                for number in {start, start + repeat - 1}:
                    done = self.tally.done_before(number)
                    left = total - sum(count for cell, count in done.items() if cell[1] == edge.first)
                    late = [cell for cell in takes if cell[1] == edge.then]
                    if (
                        any(self._is_early(cell, edge, takes[cell], done) for cell in late)
                        if edge.per_node
                        else late and left
                    ):
                        yield "policy order", f"wave {number + 1} takes what comes after {self._name(edge.first)}"
                        return

    def _is_early(self, cell: Cell, edge: PolicyOrder, count: int, done: Counter[Cell]) -> bool:
        first = (cell[0], edge.first)
        return first in self.tally.size and done[cell] + count > done[first]

    def _steps(self, steps: PolicySteps) -> _Check:
        if len(steps.ends) != len(steps.sizes) and not self.entry.stalled:
            yield "policy steps", "not every step ends"
        for number, end in enumerate(steps.ends):
            done = self.tally.done_before(end)
            mine = [sum(count for cell, count in done.items() if cell[1] == own) for own in steps.daemonsets]
            if mine != [sum(sizes[place] for sizes in steps.sizes[: number + 1]) for place in range(len(mine))]:
                yield "policy steps", f"step {number + 1} does not end with what it says"
        if steps.canary and steps.ends:
            begun = self.tally.done_before(steps.ends[0])
            if any(cell[1] in steps.daemonsets and cell[0] not in steps.canary for cell in begun):
                yield "policy steps", "the canary takes a node that is not its own"

    def _domains(self) -> _Check:
        for rule in self.entry.domains:
            for number, takes in self.tally.waves():
                touched = {
                    value
                    for value, classes in rule.domains.items()
                    for position in classes
                    if any(takes[position, daemonset] for daemonset in rule.daemonsets)
                }
                if touched and len(touched | (set(rule.open) if number == 0 else set())) > rule.limit:
                    yield "policy domains", f"wave {number + 1} touches more than {rule.limit} values of {rule.key}"
                    return

    def _claims(self) -> _Check:
        entry = self.entry
        if self.tally.count != entry.waves:
            yield "policy bound", f"says {entry.waves} waves and has {self.tally.count}"
        if entry.minimal != (entry.waves == entry.bound):
            yield "policy bound", "minimal is said exactly where the bound is reached"
        if entry.bound > entry.waves:
            yield "policy bound", f"at least {entry.bound} waves, and there are {entry.waves}"
        for limit in entry.limits:
            cells = self.tally.cells(limit)
            stalled = sum(s.count for s in entry.stalled if (s.place, s.daemonset) in cells)
            units = sum(self.tally.size[cell] for cell in cells) - stalled
            room = limit.limit - limit.stuck
            if room > 0 and entry.bound < -(-units // room):
                yield "policy bound", f"{limit.name} alone needs {-(-units // room)} waves"
        going = Counter(self.tally.size)
        going.subtract({(entry.place, entry.daemonset): entry.count for entry in self.entry.stalled})
        for rate in entry.rates:
            least = -(-self.tally.weight(rate, going) // rate.limit)
            if entry.bound < least:
                yield "policy bound", f"{rate.text} alone needs {least} waves"

    def _name(self, place: int) -> str:
        entry = self.plan.daemonsets[place]
        return f"{entry.namespace}/{entry.name}"
