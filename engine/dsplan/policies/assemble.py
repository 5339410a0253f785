"""Policies, units and limits to a wave `Problem`, and its classes back to nodes.

Nodes that no rule tells apart form a class. A budget whose limit can never be reached tells nobody apart, so a label
with a value a node costs nothing where each DaemonSet has but one pod there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..eligibility.index import as_bitmap
from ..model.meta import Identity
from ..waves.problem import Cell, Limit, Load, NodeClass, PerNode, Precedence, Problem, Steps, Touch
from .limits import NodeRule, RolloutLimit
from .rates import RolloutRate
from .targets import Edge

__all__ = ["Assembled", "DomainRule", "Pending", "StepPlan", "assemble"]


class StepPlan(msgspec.Struct, frozen=True):
    """What the steps of one cohort of a policy still come to: per step, how many units of each DaemonSet.

    `first` is the number of the first of these steps; where `canary` is given, it is these nodes of each DaemonSet.
    """

    policy: Identity
    first: int
    daemonsets: tuple[Identity, ...]
    sizes: tuple[tuple[int, ...], ...]
    canary: dict[Identity, BitMap] | None


class DomainRule(msgspec.Struct, frozen=True):
    """Pods of `daemonsets` are down in at most `limit` values of a label at once; `open` values have some down
    already."""

    policy: Identity
    key: str
    daemonsets: frozenset[Identity]
    limit: int
    open: frozenset[str]


class Pending(msgspec.Struct, frozen=True):
    """Units of which no more than `room` may begin in the first wave; `for_good` if that stays so."""

    daemonset: Identity
    nodes: BitMap
    text: str
    for_good: bool
    room: int = 0


class Assembled(msgspec.Struct, frozen=True):
    """A problem and what its numbers stand for: `daemonsets[i]`, and the nodes of class `c` in their order.

    `limits` are those of all given limits that can bind; `rates` and `steps`
    are the loads and the steps of the problem, one by one.
    """

    problem: Problem
    daemonsets: tuple[Identity, ...]
    nodes: tuple[tuple[int, ...], ...]
    limits: tuple[RolloutLimit, ...] = ()
    rates: tuple[RolloutRate, ...] = ()
    steps: tuple[StepPlan, ...] = ()
    node_rules: tuple[NodeRule, ...] = ()
    order: tuple[Edge, ...] = ()
    domains: tuple[DomainRule, ...] = ()

    def cells_of(self, daemonset: Identity, nodes: BitMap | None = None) -> frozenset[Cell]:
        """Return the cells of a DaemonSet, or those of them that lie in a set of nodes."""
        if daemonset not in self.daemonsets:
            return frozenset()
        number = self.daemonsets.index(daemonset)
        return frozenset(
            cell
            for cell in self.problem.cells()
            if cell[1] == number and (nodes is None or self.nodes[cell[0]][0] in nodes)
        )


def assemble(
    old: Mapping[Identity, BitMap],
    limits: Sequence[RolloutLimit],
    rates: Sequence[RolloutRate],
    node_rules: Sequence[NodeRule],
    budget_use: Mapping[Identity, tuple[BitMap, BitMap]],
    steps: Sequence[StepPlan],
    order: Sequence[Edge],
    pending: Sequence[Pending],
    domains: Sequence[DomainRule],
    index: NodeIndex,
    rank: Mapping[int, int],
) -> Assembled:
    """Return the problem of the units `old` (nodes by DaemonSet); `rank` is the place of a node in the order of
    nodes."""
    daemonsets = tuple(sorted(identity for identity, nodes in old.items() if nodes))
    number = {identity: place for place, identity in enumerate(daemonsets)}
    stepped = tuple(plan for plan in steps if any(daemonset in number for daemonset in plan.daemonsets))
    kept = [limit for limit in limits if _can_bind(limit, old)]
    keys = _Keys(index, {identity: old[identity] for identity in daemonsets})
    keys.add_limits(kept)
    keys.add_rates(rates)
    keys.split(*(nodes for plan in stepped for _, nodes in sorted((plan.canary or {}).items())))
    keys.split(*(entry.nodes for entry in pending))
    keys.add_domains(domains)
    keys.add_node_rules(node_rules, budget_use)
    classes = keys.classes(rank)
    present = BitMap(nodes[0] for _, nodes in classes)
    representative = {nodes[0]: place for place, (_, nodes) in enumerate(classes)}
    cells = _Cells(tuple(members.daemonsets for members, _ in classes), present, representative, number)
    problem = Problem(
        classes=tuple(members for members, _ in classes),
        limits=(
            *(
                Limit(
                    limit.rule,
                    cells.of(limit.daemonsets, limit.nodes),
                    max(0, limit.limit - limit.stuck),
                    limit.down,
                )
                for limit in kept
            ),
            *(_wait(entry, cells) for entry in pending),
        ),
        loads=tuple(_load(rate, cells) for rate in rates),
        per_node=tuple(
            PerNode(
                f"at most {rule.limit} of a node's daemons",
                frozenset(number[d] for d in rule.daemonsets if d in number),
                rule.limit,
            )
            for rule in node_rules
        ),
        steps=tuple(_steps(plan, cells, number, old) for plan in stepped),
        order=tuple(
            Precedence(number[edge.first], number[edge.then], edge.per_node)
            for edge in order
            if edge.first in number and edge.then in number
        ),
        touches=tuple(_touch(rule, cells, index) for rule in domains),
    )
    names = tuple(nodes for _, nodes in classes)
    return Assembled(
        problem, daemonsets, names, tuple(kept), tuple(rates), stepped, tuple(node_rules), tuple(order), tuple(domains)
    )


def _can_bind(limit: RolloutLimit, old: Mapping[Identity, BitMap]) -> bool:
    units = sum(len(old.get(identity, BitMap()) & limit.nodes) for identity in limit.daemonsets)
    return bool(units) and units + limit.down + limit.stuck > limit.limit


class _Cells:
    """Which cells a set of DaemonSets and nodes comes to; a class lies in a set of nodes or outside of it."""

    def __init__(
        self,
        daemonsets: tuple[tuple[int, ...], ...],
        present: BitMap,
        representative: Mapping[int, int],
        number: Mapping[Identity, int],
    ) -> None:
        self._daemonsets = daemonsets
        self._present = present
        self._representative = representative
        self._number = number

    def of(self, daemonsets: Sequence[Identity] | frozenset[Identity], nodes: BitMap | None) -> frozenset[Cell]:
        """Return the cells of DaemonSets on a set of nodes (None: on all)."""
        wanted = {self._number[identity] for identity in daemonsets if identity in self._number}
        return frozenset(
            (place, daemonset)
            for position in (self._present if nodes is None else self._present & nodes)
            for place in (self._representative[position],)
            for daemonset in self._daemonsets[place]
            if daemonset in wanted
        )


class _Keys:
    """What tells nodes apart, collected set by set: a number for each node, of which every split is one digit.

    Nodes in no set of any split have no number, so what concerns few nodes costs little.
    """

    def __init__(self, index: NodeIndex, old: Mapping[Identity, BitMap]) -> None:
        self._index = index
        self._nodes = BitMap.union(BitMap(), *old.values())
        self._keys: dict[int, int] = defaultdict(int)
        self._base = 1
        self._masks: dict[int, int] = defaultdict(int)
        self._busy: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for place, identity in enumerate(sorted(old)):
            for position in old[identity]:
                self._masks[position] |= 1 << place

    def _split(self, sets: Sequence[BitMap]) -> None:
        """Tell the nodes of disjoint sets apart, and from those in none."""
        inside = [nodes for nodes in (nodes & self._nodes for nodes in sets) if nodes]
        if len(inside) == 1 and inside[0] == self._nodes:
            return
        for value, nodes in enumerate(inside, start=1):
            digit = value * self._base
            for position in nodes:
                self._keys[position] += digit
        self._base *= len(inside) + 1

    def add_limits(self, limits: Sequence[RolloutLimit]) -> None:
        """Tell apart by every budget that has domains; budgets over the same domains tell no more."""
        known: set[tuple[bytes, ...]] = set()
        by_budget: dict[tuple[Identity, str], dict[bytes, BitMap]] = defaultdict(dict)
        for limit in limits:
            by_budget[limit.policy, limit.budget][limit.nodes.serialize()] = limit.nodes
        for domains in by_budget.values():
            signature = tuple(sorted(domains))
            if signature not in known:
                known.add(signature)
                self._split(list(domains.values()))

    def add_rates(self, rates: Sequence[RolloutRate]) -> None:
        """Tell apart nodes that have different amounts to pull."""
        for rate in rates:
            for _, groups in sorted((rate.weights or {}).items()):
                self._split([nodes for _, nodes in groups])

    def split(self, *sets: BitMap) -> None:
        """Tell nodes inside of each set from those outside."""
        for nodes in sets:
            self._split([nodes])

    def add_domains(self, domains: Sequence[DomainRule]) -> None:
        for key in sorted({rule.key for rule in domains}):
            self._split([as_bitmap(ids) for _, ids in sorted(self._index.column(key).items())])

    def add_node_rules(self, rules: Sequence[NodeRule], budget_use: Mapping[Identity, tuple[BitMap, BitMap]]) -> None:
        """Note how many of a rule's daemons are down on each node already, and tell apart by it."""
        spent: list[tuple[Counter[int], Counter[int]]] = []
        for rule in rules:
            back = Counter(p for identity in rule.daemonsets for p in budget_use[identity][0] & self._nodes)
            stuck = Counter(p for identity in rule.daemonsets for p in budget_use[identity][1] & self._nodes)
            spent.append((back + stuck, stuck))
        by_counts: dict[tuple[tuple[int, ...], tuple[int, ...]], BitMap] = defaultdict(BitMap)
        for position in {position for busy, _ in spent for position in busy}:
            counts = tuple(busy[position] for busy, _ in spent), tuple(stuck[position] for _, stuck in spent)
            by_counts[counts].add(position)
            self._busy[position] = counts
        self._split([nodes for _, nodes in sorted(by_counts.items())])

    def classes(self, rank: Mapping[int, int]) -> list[tuple[NodeClass, tuple[int, ...]]]:
        """Return the classes, and their nodes in the order of nodes; classes in the order of their first nodes."""
        members: dict[tuple[int, int], list[int]] = defaultdict(list)
        for position in sorted(self._nodes, key=rank.__getitem__):
            members[self._masks[position], self._keys.get(position, 0)].append(position)
        found = []
        for key, nodes in members.items():
            busy, stuck = self._busy.get(nodes[0], ((), ()))
            found.append((NodeClass(len(nodes), tuple(_bits(key[0])), busy, stuck), tuple(nodes)))
        return found


def _wait(entry: Pending, cells: _Cells) -> Limit:
    """Return a limit that leaves no room in the first wave, and all the room there is later."""
    room = 0 if entry.for_good else max(1, len(entry.nodes))
    return Limit(entry.text, cells.of((entry.daemonset,), entry.nodes), room, max(0, room - entry.room))


def _load(rate: RolloutRate, cells: _Cells) -> Load:
    """Return a rate as what each unit weighs: 1, or the bytes that it pulls."""
    found: dict[Cell, int] = {}
    for daemonset in rate.daemonsets:
        groups = ((1, None),) if rate.weights is None else rate.weights.get(daemonset, ())
        for weight, nodes in groups:
            found |= dict.fromkeys(cells.of((daemonset,), nodes), weight)
    return Load(rate.text, tuple(sorted(found.items())), rate.limit, rate.begun)


def _steps(plan: StepPlan, cells: _Cells, number: Mapping[Identity, int], old: Mapping[Identity, BitMap]) -> Steps:
    """Return steps whose sizes add up to the units: another policy may leave pods alone that this one counts."""
    here = [place for place, identity in enumerate(plan.daemonsets) if identity in number]
    mine = [plan.daemonsets[place] for place in here]
    sizes = [[sizes[place] for place in here] for sizes in plan.sizes]
    if plan.canary is not None:
        canary = [plan.canary.get(identity, BitMap()) for identity in mine]
        sizes[0] = [min(s, len(old[d] & nodes)) for s, d, nodes in zip(sizes[0], mine, canary, strict=True)]
    return Steps(
        f"steps of {plan.policy}",
        tuple(number[identity] for identity in mine),
        _fitted(sizes, [len(old[identity]) for identity in mine]),
        frozenset(cell for d, nodes in (plan.canary or {}).items() for cell in cells.of((d,), nodes)),
    )


def _fitted(sizes: Sequence[Sequence[int]], units: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return sizes that add up to `units`: later steps lose first, the last one gets what is missing.

    >>> _fitted([[3], [4]], [5]), _fitted([[3], [4]], [9])
    (((3,), (2,)), ((3,), (6,)))
    """
    left, found = list(units), []
    for step in sizes:
        kept = [min(size, rest) for size, rest in zip(step, left, strict=True)]
        left = [rest - size for size, rest in zip(kept, left, strict=True)]
        found.append(kept)
    found[-1] = [size + rest for size, rest in zip(found[-1], left, strict=True)]
    return tuple(map(tuple, found))


def _touch(rule: DomainRule, cells: _Cells, index: NodeIndex) -> Touch:
    found: list[frozenset[Cell]] = []
    held: list[int] = []
    for value, ids in sorted(index.column(rule.key).items()):
        domain = cells.of(rule.daemonsets, as_bitmap(ids))
        if domain:
            if value in rule.open:
                held.append(len(found))
            found.append(domain)
    # Domains with pods down but none left to replace spend the limit as well; they stand for themselves, without cells.
    for _ in range(len(rule.open) - len(held)):
        held.append(len(found))
        found.append(frozenset())
    return Touch(f"at most {rule.limit} values of {rule.key} at once", tuple(found), rule.limit, tuple(held))


def _bits(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit
