"""The deterministic greedy, for what no flow decides: order, several step rules, crossing families, domains at once.

The most urgent cells first: those whose sets need most waves from here on, with what has to follow them. Nodes are
kept as groups of the same class on which the same DaemonSets are done, so the work does not grow with their number;
a wave that decides as the one before did is repeated while its groups last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from .bound import tails_of
from .ceilings import Ceiling
from .problem import Cell, Problem, Steps, Touch
from .schedule_types import Move, WaveRun

__all__ = ["Greedy"]

Group = tuple[int, int]
"""(node class, bits of the DaemonSets that are done on its nodes)."""


class _StepClock:
    """Where one `Steps` rule stands: how many units of each DaemonSet the current step may still take."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.left = dict.fromkeys(steps.daemonsets, 0)
        self.ends: list[int] = []
        self._current = -1
        self._begin()

    def _begin(self) -> None:
        self._current += 1
        for daemonset, units in zip(self.steps.daemonsets, self.steps.sizes[self._current], strict=True):
            self.left[daemonset] += units

    def allows(self, cell: Cell) -> bool:
        """Return whether the current step may take the cell at all."""
        return bool(self._current or not self.steps.canary or cell in self.steps.canary)

    def advance(self, waves: int) -> None:
        """End every step that has nothing left to take after so many waves, and begin the next."""
        while len(self.ends) < len(self.steps.sizes) and not any(self.left.values()):
            self.ends.append(waves)
            if len(self.ends) < len(self.steps.sizes):
                self._begin()


class Greedy:
    """One run over a problem; `plan` may be called once."""

    def __init__(self, problem: Problem, ceilings: Sequence[Ceiling]) -> None:
        self.problem = problem
        self.ceilings = ceilings
        self.around: dict[Cell, list[int]] = defaultdict(list)
        for place, ceiling in enumerate(ceilings):
            for cell in ceiling.cells:
                self.around[cell].append(place)
        self.tails = tails_of(problem, ceilings)
        self.groups: list[dict[int, int]] = [{0: members.size} for members in problem.classes]
        self.loads = [load.by_cell() for load in problem.loads]
        self._in_set = [sum(problem.count(cell) for cell in ceiling.cells) for ceiling in ceilings]
        self._of_daemonset: dict[int, int] = defaultdict(int)
        self.of_cell = {cell: problem.count(cell) for cell in problem.cells()}
        for (_, daemonset), units in self.of_cell.items():
            self._of_daemonset[daemonset] += units
        self.clocks = [_StepClock(steps) for steps in problem.steps]
        self._clock_of = {daemonset: clock for clock in self.clocks for daemonset in clock.steps.daemonsets}
        self._before = _Predecessors(problem)
        self.touches = [_Domains(touch, self) for touch in problem.touches]
        self._waves = 0

    @property
    def step_ends(self) -> tuple[tuple[int, ...], ...]:
        """After how many waves each step of each `Steps` rule was done."""
        return tuple(tuple(clock.ends) for clock in self.clocks)

    @property
    def left_over(self) -> dict[Cell, int]:
        """Units that could go in no wave, because order and steps contradict each other."""
        return {cell: units for cell, units in self.of_cell.items() if units}

    def plan(self, *, all_waves: bool = True) -> list[WaveRun]:
        """Return the waves until nothing more can go; unless `all_waves`, only the first."""
        runs: list[WaveRun] = []
        self._advance_clocks()
        if not all_waves:
            moves = self._wave()
            return [WaveRun(1, _takes(moves), moves)] if moves or self._is_cut() else []
        while any(self._of_daemonset.values()):
            moves = self._wave()
            if not moves and (self._waves or not self._is_cut()):
                break
            repeat = self._repeats(moves) if runs and moves == runs[-1].moves and self._waves > 1 else 1
            self._apply(moves, repeat)
            if runs and moves == runs[-1].moves:
                repeat += runs.pop().repeat
            runs.append(WaveRun(repeat, _takes(moves), moves))
        return runs

    def _is_cut(self) -> bool:
        """Return whether the first wave is held up by what is down already."""
        return (
            any(ceiling.first < ceiling.limit for ceiling in self.ceilings)
            or any(touch.open for touch in self.problem.touches)
            or any(load.down for load in self.problem.loads)
        )

    def _wave(self) -> tuple[Move, ...]:
        wave = _Wave(self, first=self._waves == 0)
        for cell, group in self._candidates():
            wave.take(cell, group)
        return wave.moves()

    def _candidates(self) -> Iterator[tuple[Cell, Group]]:
        """Yield what may go now, the most urgent first, by class and DaemonSet among equals.

        Nodes on which what follows cannot go in the same step come last. Where domains are limited, those that need
        most waves come first: whoever comes first opens its domain. Of equally urgent ones the heaviest come first,
        the light ones fill what is left.
        """
        found: list[tuple[int, int, int, int, Cell, Group]] = []
        needs = [domains.needs() for domains in self.touches]
        for position, groups in enumerate(self.groups):
            for daemonset in self.problem.classes[position].daemonsets:
                cell = (position, daemonset)
                if self.of_cell[cell]:
                    urgency = self._urgency(cell)
                    need = max((by_cell.get(cell, urgency) for by_cell in needs), default=0)
                    weight = max((weights.get(cell, 0) for weights in self.loads), default=0)
                    key = -need, -urgency, -weight, cell
                    found += (
                        (self._cut_off(cell, done), *key, (position, done))
                        for done in groups
                        if self._may_go(cell, done)
                    )
        return ((cell, group) for *_, cell, group in sorted(found))

    def _may_go(self, cell: Cell, done: int) -> bool:
        if done >> cell[1] & 1:
            return False
        clock = self._clock_of.get(cell[1])
        if clock is not None and (not clock.left[cell[1]] or not clock.allows(cell)):
            return False
        return self._before.are_done(cell, done, self._of_daemonset)

    def _cut_off(self, cell: Cell, done: int) -> int:
        """Return how many DaemonSets that follow on such a node the current step takes nowhere any more."""
        clock = self._clock_of.get(cell[1])
        if clock is None:
            return 0
        left = self._before.after_on(cell, done)
        return sum(clock.left.get(daemonset, 1) == 0 for daemonset in _bits(left))

    def _urgency(self, cell: Cell) -> int:
        waves = (-(-self._in_set[place] // self.ceilings[place].limit) for place in self.around[cell])
        return max(waves, default=1) + self.tails[cell]

    def _repeats(self, moves: Sequence[Move]) -> int:
        """Return how often the moves of the wave before can be made again: as long as their groups and steps last."""
        change: dict[Group, int] = defaultdict(int)
        needed: dict[Group, int] = defaultdict(int)
        taken: dict[int, int] = defaultdict(int)
        for move in moves:
            change[move.node_class, move.done] -= move.count
            change[move.node_class, move.done | move.chosen] += move.count
            needed[move.node_class, move.done] += move.count
            for daemonset in _bits(move.chosen):
                taken[daemonset] += move.count
        repeat = min((self._last(daemonset) - 1) // units for daemonset, units in taken.items())
        for group, units in needed.items():
            if change[group] < 0:
                repeat = min(repeat, (self.groups[group[0]].get(group[1], 0) - units) // -change[group])
        return max(1, repeat)

    def _last(self, daemonset: int) -> int:
        clock = self._clock_of.get(daemonset)
        return self._of_daemonset[daemonset] if clock is None else clock.left[daemonset]

    def _apply(self, moves: Sequence[Move], repeat: int) -> None:
        for move in moves:
            units = move.count * repeat
            self._shift((move.node_class, move.done), -units)
            self._shift((move.node_class, move.done | move.chosen), units)
            for daemonset in _bits(move.chosen):
                self._count((move.node_class, daemonset), units)
        self._waves += repeat
        self._advance_clocks()

    def _shift(self, group: Group, units: int) -> None:
        groups, done = self.groups[group[0]], group[1]
        groups[done] = groups.get(done, 0) + units
        if not groups[done]:
            del groups[done]

    def _count(self, cell: Cell, units: int) -> None:
        self._of_daemonset[cell[1]] -= units
        self.of_cell[cell] -= units
        for place in self.around[cell]:
            self._in_set[place] -= units
        clock = self._clock_of.get(cell[1])
        if clock is not None:
            clock.left[cell[1]] -= units

    def _advance_clocks(self) -> None:
        for clock in self.clocks:
            clock.advance(self._waves)


class _Domains:
    """One `Touch` rule: the domain of a cell, and how long each still takes."""

    def __init__(self, touch: Touch, plan: Greedy) -> None:
        self._plan = plan
        present = [sorted(cell for cell in domain if cell in plan.of_cell) for domain in touch.domains]
        self._cells = present
        self._domain = {cell: place for place, cells in enumerate(present) for cell in cells}
        self.limit, self.open = touch.limit, frozenset(touch.open)
        self._sets = [
            [
                (ceiling.limit, shared)
                for ceiling in plan.ceilings
                if (shared := sorted(ceiling.cells.intersection(cells)))
            ]
            for cells in present
        ]

    def needs(self) -> dict[Cell, int]:
        """Return, for every cell of a domain, how many waves the rest of its domain takes."""
        return {cell: need for place, cells in enumerate(self._cells) if (need := self._need(place)) for cell in cells}

    def domain_of(self, cell: Cell) -> int | None:
        """Return the domain of a cell, None where it is in none."""
        return self._domain.get(cell)

    def _need(self, place: int) -> int:
        """Return how many waves the rest of a domain takes by itself."""
        left = self._plan.of_cell
        waves = (-(-sum(left[cell] for cell in shared) // limit) for limit, shared in self._sets[place])
        tails = (self._plan.tails[cell] for cell in self._cells[place] if left[cell])
        return max(waves, default=1) + max(tails, default=0)


class _Predecessors:
    """The order, as bits per DaemonSet."""

    def __init__(self, problem: Problem) -> None:
        self._on_node: dict[int, int] = defaultdict(int)
        self._whole: dict[int, list[int]] = defaultdict(list)
        for edge in problem.order:
            if edge.per_node:
                self._on_node[edge.then] |= 1 << edge.first
            else:
                self._whole[edge.then].append(edge.first)
        self._of_class = [sum(1 << daemonset for daemonset in members.daemonsets) for members in problem.classes]

    def after_on(self, cell: Cell, done: int) -> int:
        """Return what is left on nodes where `done` is and has to wait there for a cell, directly or not."""
        left = self._of_class[cell[0]] & ~done
        found = 1 << cell[1]
        while more := sum(1 << d for d in _bits(left & ~found) if self._on_node[d] & found):
            found |= more
        return found & ~(1 << cell[1])

    def are_done(self, cell: Cell, done: int, left: dict[int, int]) -> bool:
        """Return whether everything before a cell is up again on nodes where `done` is."""
        missing = self._on_node[cell[1]] & self._of_class[cell[0]] & ~done
        return not missing and not any(left[daemonset] for daemonset in self._whole[cell[1]])


class _Wave:
    """One wave while it is filled."""

    def __init__(self, plan: Greedy, *, first: bool) -> None:
        self._plan = plan
        self._first = first
        self._room = [ceiling.first if first else ceiling.limit for ceiling in plan.ceilings]
        self._load_room = [max(0, load.limit - load.down * first) for load in plan.problem.loads]
        self._segments: dict[Group, list[tuple[int, int]]] = {}
        self._allowed = {daemonset: left for clock in plan.clocks for daemonset, left in clock.left.items()}
        self._opened = [set(domains.open) if first else set() for domains in plan.touches]
        self._masks = [sum(1 << daemonset for daemonset in rule.daemonsets) for rule in plan.problem.per_node]

    def take(self, cell: Cell, group: Group) -> None:
        """Take as many nodes of a group as every limit leaves; a node that has room left for it."""
        available = min(
            (self._room[place] for place in self._plan.around[cell]), default=self._plan.groups[group[0]][group[1]]
        )
        available = min(available, self._allowed.get(cell[1], available))
        for weights, room in zip(self._plan.loads, self._load_room, strict=True):
            if cell in weights:
                available = min(available, room // weights[cell])
        if available <= 0 or not self._opens(cell):
            return
        taken = 0
        kept: list[tuple[int, int]] = []
        for count, chosen in self._segments.get(group) or [(self._plan.groups[group[0]][group[1]], 0)]:
            units = min(count, available - taken) if self._fits(cell, chosen) else 0
            if units:
                kept.append((units, chosen | 1 << cell[1]))
                taken += units
            if count > units:
                kept.append((count - units, chosen))
        self._segments[group] = kept
        if taken:
            self._open(cell)
        for place in self._plan.around[cell]:
            self._room[place] -= taken
        self._load_room = [
            room - taken * weights.get(cell, 0) for weights, room in zip(self._plan.loads, self._load_room, strict=True)
        ]
        if cell[1] in self._allowed:
            self._allowed[cell[1]] -= taken

    def _opens(self, cell: Cell) -> bool:
        """Return whether the cell's domains are open in this wave, or may still be opened."""
        for domains, opened in zip(self._plan.touches, self._opened, strict=True):
            domain = domains.domain_of(cell)
            if domain is not None and len(opened | {domain}) > domains.limit:
                return False
        return True

    def _open(self, cell: Cell) -> None:
        for domains, opened in zip(self._plan.touches, self._opened, strict=True):
            domain = domains.domain_of(cell)
            if domain is not None:
                opened.add(domain)

    def _fits(self, cell: Cell, chosen: int) -> bool:
        members = self._plan.problem.classes[cell[0]]
        for place, rule in enumerate(self._plan.problem.per_node):
            spent = (chosen & self._masks[place]).bit_count()
            if cell[1] in rule.daemonsets and spent >= members.room(place, rule, first=self._first):
                return False
        return True

    def moves(self) -> tuple[Move, ...]:
        """Return what was taken, by group."""
        found: dict[tuple[int, int, int], int] = defaultdict(int)
        for (position, done), segments in self._segments.items():
            for count, chosen in segments:
                if chosen:
                    found[position, done, chosen] += count
        return tuple(Move(*key, count) for key, count in sorted(found.items()))


def _takes(moves: Sequence[Move]) -> tuple[tuple[Cell, int], ...]:
    takes: dict[Cell, int] = defaultdict(int)
    for move in moves:
        for daemonset in _bits(move.chosen):
            takes[move.node_class, daemonset] += move.count
    return tuple(sorted(takes.items()))


def _bits(mask: int) -> Iterator[int]:
    place = 0
    while mask:
        if mask & 1:
            yield place
        mask >>= 1
        place += 1
