"""Do the waves of policies keep every rule they state? Counted per class and wave, without the planner.

A class lies wholly inside or outside of a rule's nodes, so counts decide; which nodes a wave takes is named only for
the wave that begins now, and those actions are checked one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..document.idsets import ids_of
from ..document.policies import PoliciesEntry, PolicyLimit, PolicyOrder, PolicySteps
from ..document.types import PlanDocument
from .finding import Finding

__all__ = ["policy_findings", "policy_updates"]

Cell = tuple[int, int]
_Check = Iterator[tuple[str, str]]


def policy_findings(plan: PlanDocument) -> Iterator[Finding]:
    """Yield what is wrong with the policies of a plan; nothing where there are none."""
    if plan.policies is not None:
        yield from (Finding(check, "policies", text) for check, text in _Policies(plan, plan.policies).check())


def policy_updates(plan: PlanDocument, place: int) -> tuple[int, int] | None:
    """Return how many pods of a DaemonSet the policies replace and by which wave; None where none holds it."""
    policies = plan.policies
    if policies is None:
        return None
    governed = {target for entry in policies.policies for target in entry.targets}
    unenforced = {switch.daemonset for entry in policies.policies for switch in entry.unenforced}
    if place not in governed - unenforced:
        return None
    units = sum(len(ids_of(nodes)) for daemonset, nodes in policies.sick if daemonset == place)
    last, wave = int(units > 0), 0
    for run in policies.runs:
        wave += run.repeat
        here = sum(count for _, daemonset, count in run.takes if daemonset == place)
        units += here * run.repeat
        last = max(last, wave) if here else last
    return units, last


class _Policies:
    def __init__(self, plan: PlanDocument, entry: PoliciesEntry) -> None:
        self.plan, self.entry = plan, entry
        self.nodes = [frozenset(ids_of(part.nodes)) for part in entry.classes]
        self.size = {
            (place, daemonset): len(self.nodes[place])
            for place, part in enumerate(entry.classes)
            for daemonset in part.daemonsets
        }
        self.runs: list[tuple[int, int, Counter[Cell]]] = []
        start = 0
        for run in entry.runs:
            takes: Counter[Cell] = Counter()
            for place, daemonset, count in run.takes:
                takes[place, daemonset] += count
            self.runs.append((start, run.repeat, takes))
            start += run.repeat
        self.count = start

    def _waves(self) -> Iterator[tuple[int, Counter[Cell]]]:
        """Yield (number, takes) of every wave that differs from the one before it; the second one always."""
        for start, repeat, takes in self.runs:
            yield start, takes
            if start == 0 and repeat > 1:
                yield 1, takes

    def _done_before(self, wave: int) -> Counter[Cell]:
        """Return what all waves before one have replaced."""
        done: Counter[Cell] = Counter()
        for start, repeat, takes in self.runs:
            times = min(repeat, wave - start)
            if times > 0:
                done.update({cell: count * times for cell, count in takes.items()})
        return done

    def check(self) -> _Check:
        yield from self._classes()
        yield from self._completeness()
        for limit in self.entry.limits:
            yield from self._limit(limit)
        yield from self._per_node()
        yield from self._order()
        for steps in self.entry.steps:
            yield from self._steps(steps)
        yield from self._domains()
        yield from self._claims()
        yield from self._actions()

    def _classes(self) -> _Check:
        members = Counter(position for nodes in self.nodes for position in nodes)
        if any(count > 1 for count in members.values()):
            yield "policy classes", "a node is in two classes"
        if any(position >= len(self.plan.nodes) for position in members):
            yield "policy classes", "a class has a node that the plan does not have"
        for limit in self.entry.limits:
            inside = frozenset(ids_of(limit.nodes))
            if any(nodes & inside and not nodes <= inside for nodes in self.nodes):
                yield "policy classes", f"a class lies half inside of {limit.name}"

    def _completeness(self) -> _Check:
        taken = self._done_before(self.count)
        for entry in self.entry.stalled:
            taken[entry.place, entry.daemonset] += entry.count
        odd = any(repeat < 1 or min(takes.values(), default=1) < 1 for _, repeat, takes in self.runs)
        if taken != Counter(self.size) or odd:
            yield "policy waves", "do not replace every pod of every class exactly once"

    def _limit(self, limit: PolicyLimit) -> _Check:
        if isinstance(limit.written, str):
            whole = int(limit.written.removesuffix("%")) * limit.base
            if not limit.fixed and limit.limit != -(-whole // 100):
                yield "policy budget", f"{limit.name}: {limit.written} of {limit.base} is not {limit.limit}"
        elif limit.limit != limit.written:
            yield "policy budget", f"{limit.name}: says {limit.written} and uses {limit.limit}"
        cells = self._cells(limit)
        for number, takes in self._waves():
            most = max(0, limit.limit - limit.stuck - (limit.down if number == 0 else 0))
            size = sum(takes[cell] for cell in cells)
            if size > most:
                yield "policy budget", f"{limit.name}: wave {number + 1} takes {size}, {most} are allowed"
                return

    def _per_node(self) -> _Check:
        for place, rule in enumerate(self.entry.per_node):
            for number, takes in self._waves():
                for position, part in enumerate(self.entry.classes):
                    spent = (part.stuck if number else part.busy) or (0,) * (place + 1)
                    most = len(self.nodes[position]) * max(0, rule.limit - spent[place])
                    if sum(takes[position, daemonset] for daemonset in rule.daemonsets) > most:
                        yield "policy per node", f"wave {number + 1} takes more than {rule.limit} daemons of a node"
                        return

    def _order(self) -> _Check:
        """On a class, no more of the later DaemonSet than of the earlier one in waves before; as a whole, all of it.

        Within a run both grow evenly, so its first and its last wave decide.
        """
        for edge in self.entry.order:
            total = sum(size for cell, size in self.size.items() if cell[1] == edge.first)
            for start, repeat, takes in self.runs:
                for number in {start, start + repeat - 1}:
                    done = self._done_before(number)
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
        return first in self.size and done[cell] + count > done[first]

    def _steps(self, steps: PolicySteps) -> _Check:
        if len(steps.ends) != len(steps.sizes) and not self.entry.stalled:
            yield "policy steps", "not every step ends"
        for number, end in enumerate(steps.ends):
            done = self._done_before(end)
            mine = [sum(count for cell, count in done.items() if cell[1] == own) for own in steps.daemonsets]
            if mine != [sum(sizes[place] for sizes in steps.sizes[: number + 1]) for place in range(len(mine))]:
                yield "policy steps", f"step {number + 1} does not end with what it says"
        if steps.canary and steps.ends:
            begun = self._done_before(steps.ends[0])
            if any(cell[1] in steps.daemonsets and cell[0] not in steps.canary for cell in begun):
                yield "policy steps", "the canary takes a node that is not its own"

    def _domains(self) -> _Check:
        for rule in self.entry.domains:
            for number, takes in self._waves():
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
        if self.count != entry.waves:
            yield "policy bound", f"says {entry.waves} waves and has {self.count}"
        if entry.minimal != (entry.waves == entry.bound):
            yield "policy bound", "minimal is said exactly where the bound is reached"
        if entry.bound > entry.waves:
            yield "policy bound", f"at least {entry.bound} waves, and there are {entry.waves}"
        for limit in entry.limits:
            cells = self._cells(limit)
            stalled = sum(s.count for s in entry.stalled if (s.place, s.daemonset) in cells)
            units = sum(self.size[cell] for cell in cells) - stalled
            room = limit.limit - limit.stuck
            if room > 0 and entry.bound < -(-units // room):
                yield "policy bound", f"{limit.name} alone needs {-(-units // room)} waves"

    def _cells(self, limit: PolicyLimit) -> set[Cell]:
        inside = frozenset(ids_of(limit.nodes))
        return {cell for cell in self.size if cell[1] in limit.daemonsets and self.nodes[cell[0]] <= inside}

    def _actions(self) -> _Check:
        """Every replacement that the host begins now keeps every rule; sick pods are beyond the budgets."""
        begun = self._begun()
        cells = Counter(cell for cell, _ in begun)
        if any(cell not in self.size for cell in cells):
            yield "policy actions", "replaces a pod that is in no class"
        for place, rule in enumerate(self.entry.per_node):
            daemons = Counter(position for cell, position in begun if cell[1] in rule.daemonsets)
            busy = {p: (self.entry.classes[c].busy or (0,) * (place + 1))[place] for (c, _), p in begun if c >= 0}
            if any(count + busy.get(position, 0) > rule.limit for position, count in daemons.items()):
                yield "policy actions", f"takes more than {rule.limit} daemons of a node at once"
        for limit in self.entry.limits:
            size = sum(cells[cell] for cell in self._cells(limit))
            if size > max(0, limit.limit - limit.down - limit.stuck):
                yield "policy actions", f"{limit.name}: begins {size}, more than are allowed now"

    def _begun(self) -> list[tuple[Cell, int]]:
        """Return (cell, node) of what the host begins now; class -1 where a node is in none."""
        sick = {(place, position) for place, nodes in self.entry.sick for position in ids_of(nodes)}
        class_of = {position: place for place, nodes in enumerate(self.nodes) for position in nodes}
        ids = {name: position for position, name in enumerate(self.plan.nodes)}
        found = []
        for action in self.plan.actions:
            position = ids.get(action.node, -1)
            if action.actor == "host" and action.stage == "rolling-update" and (action.daemonset, position) not in sick:
                found.append(((class_of.get(position, -1), action.daemonset), position))
        return found

    def _name(self, place: int) -> str:
        entry = self.plan.daemonsets[place]
        return f"{entry.namespace}/{entry.name}"
