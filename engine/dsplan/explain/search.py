"""The smallest sets of edits after which every constraint holds for one node.

Kinds of edits: on the DaemonSet, one more toleration (of a key), one requirement less, one value more in an In or less
in a NotIn expression; on the node, one label more, less or other, the taints of one key less. The size of a set is the
number of fields it touches. A toleration without a key, which would swallow every taint there is, is no candidate.

Assumes that branches (demands.py) are independent of each other but for the affinity's last term, and that taints are
independent of labels. Then a smallest set is a branch, and for each label key and each taint key in it a cheapest
option; combinations are tried in order of size, so the first that are found are the smallest.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from ..constraints.protocol import TAINTS, Constraint, Projection, label, project
from ..constraints.tolerations import daemon_tolerations, tolerates
from ..eligibility import NodeIndex
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.names import is_label_key, is_label_value
from ..model.node import EFFECTS_THAT_EXCLUDE, Node, Taint, Toleration
from .demands import Branch, Demand, DemandKind, branches_of, candidates, observed
from .edits import AddToleration, AllowValue, DropRequirements, Edit, RemoveTaint, SetLabel

__all__ = ["Proposal", "Side", "proposals"]

_OPTIONS_KEPT = 4
_STEPS = 5_000


class Side(StrEnum):
    """Whose edits they are."""

    DAEMONSET = "daemonset"
    NODE = "node"
    BOTH = "both"
    CLUSTER = "cluster"


class Proposal(msgspec.Struct, frozen=True):
    """A set of edits that should flip the verdict, and the number of fields it touches."""

    side: Side
    edits: tuple[Edit, ...]

    @property
    def size(self) -> int:
        """Number of fields touched."""
        return sum(edit.size for edit in self.edits)


class _Option(msgspec.Struct, frozen=True):
    """One way to satisfy one key. `dropped` are the requirements that go."""

    edits: tuple[Edit, ...] = ()
    dropped: tuple[Demand, ...] = ()

    @property
    def size(self) -> int:
        return len(self.edits) + len(self.dropped)


def proposals(
    daemonset: DaemonSet, node: Node, index: NodeIndex, side: Side, foreign: Sequence[Constraint] = ()
) -> Iterator[Proposal]:
    """Yield sets of edits of one side, smallest first; nothing where that side alone cannot do it.

    `foreign` are failing constraints that are not built in: for them the node is made like one that passes.
    """
    extra = [_foreign_options(constraint, node, index) if side is not Side.DAEMONSET else [] for constraint in foreign]
    if not all(extra):
        return
    searches = [
        _combinations([*groups, *extra], branch, daemonset.identity, side)
        for branch, groups in _groups(daemonset, node, index, side)
    ]
    for _, proposal in heapq.merge(*searches, key=lambda found: found[0]):
        yield proposal


def _groups(
    daemonset: DaemonSet, node: Node, index: NodeIndex, side: Side
) -> Iterator[tuple[Branch, list[list[_Option]]]]:
    """Yield each branch with the options of each key; a branch that this side cannot satisfy is left out."""
    branches = branches_of(daemonset)
    taints = list(_taint_options(daemonset, node, side))
    for branch in branches:
        labels = [
            _key_options(key, demands, node, index, daemonset.identity, side)
            for key, demands in branch.by_key().items()
        ]
        if all(labels) and all(taints):
            yield branch, labels + taints
    if len(branches) > 1 and side is not Side.NODE:
        whole = _Option(dropped=tuple(demand for branch in branches for demand in branch.optional))
        bare = Branch(None, branches[0].always, (), 0)
        labels = [
            _key_options(key, demands, node, index, daemonset.identity, side) for key, demands in bare.by_key().items()
        ]
        if all(labels) and all(taints):
            yield bare, [[whole], *labels, *taints]


def _key_options(
    key: str, demands: Sequence[Demand], node: Node, index: NodeIndex, daemonset: Identity, side: Side
) -> list[_Option]:
    """Return the ways to satisfy all demands on one label, cheapest first."""
    current = observed(node, key)
    options = []
    if side is not Side.NODE or all(demand.holds(current) for demand in demands):
        options.append(_repaired(demands, current, daemonset))
    if side is not Side.DAEMONSET and is_label_key(key):
        for value in candidates(demands, sorted(index.column(key))[:_OPTIONS_KEPT]):
            if value == current or not (value is None or is_label_value(value)):
                continue
            repaired = _repaired(demands, value, daemonset)
            if side is not Side.NODE or not repaired.size:
                label = SetLabel(node.name, key, value)
                options.append(_Option((label, *repaired.edits), repaired.dropped))
    options.sort(key=lambda option: option.size)
    return options[:_OPTIONS_KEPT]


def _repaired(demands: Iterable[Demand], value: str | None, daemonset: Identity) -> _Option:
    """Return the edits of the DaemonSet after which a node with this value satisfies the demands."""
    allowed: list[Edit] = []
    dropped: list[Demand] = []
    for demand in demands:
        if demand.holds(value):
            continue
        if value is not None and _can_allow(demand, value):
            allowed.append(_allowing(demand, value, daemonset))
        else:
            dropped.append(demand)
    return _Option(tuple(allowed), tuple(dropped))


def _can_allow(demand: Demand, value: str) -> bool:
    """Return whether changing the expression's values is enough for it to hold."""
    requirement = demand.requirement
    if demand.kind is not DemandKind.EXPRESSION or not is_label_value(value) or not is_label_key(requirement.key):
        return False
    if requirement.operator == "NotIn":
        return demand.invalid is None and set(requirement.values) != {value}
    return requirement.operator == "In" and all(map(is_label_value, requirement.values))


def _allowing(demand: Demand, value: str, daemonset: Identity) -> AllowValue:
    """Return the edit of the values after which an expression holds for a value."""
    entry = demand.requirement
    values = tuple(other for other in entry.values if other != value)
    values = (*values, value) if entry.operator == "In" else values
    return AllowValue(daemonset, demand.path, value, entry.key, entry.operator, values)


def _taint_options(daemonset: DaemonSet, node: Node, side: Side) -> Iterator[list[_Option]]:
    tolerations = daemon_tolerations(daemonset.pod.spec)
    by_key: dict[str, list[Taint]] = defaultdict(list)
    for taint in node.taints:
        if taint.effect in EFFECTS_THAT_EXCLUDE and not any(tolerates(entry, taint) for entry in tolerations):
            by_key[taint.key].append(taint)
    for key, taints in by_key.items():
        options = []
        if side is not Side.NODE:
            options.append(_Option((AddToleration(daemonset.identity, _toleration(taints)),)))
        if side is not Side.DAEMONSET:
            effect = taints[0].effect if len(taints) == 1 else ""
            options.append(_Option((RemoveTaint(node.name, key, effect),)))
        yield options


def _foreign_options(constraint: Constraint, node: Node, index: NodeIndex) -> list[_Option]:
    """Return the edits that make the node look, to this constraint, like some node that passes it."""
    here = project(node, constraint.reads)
    options = [
        _Option(edits)
        for projection, _ in index.groups(constraint.reads)
        if constraint.check(projection) is None
        and (edits := _becoming(node, constraint.reads, here, projection)) is not None
    ]
    return sorted(options, key=lambda option: option.size)[:_OPTIONS_KEPT]


def _becoming(node: Node, reads: Sequence[str], here: Projection, there: Projection) -> tuple[Edit, ...] | None:
    """Return the edits that turn one projection into another, None where no edit of a node can."""
    edits: list[Edit] = []
    for field, have, want in zip(reads, here, there, strict=True):
        if have == want:
            continue
        if field.startswith(label("")):
            edits.append(SetLabel(node.name, field.removeprefix(label("")), want))
        elif field == TAINTS and set(want) <= set(have):
            edits += [RemoveTaint(node.name, taint.key, taint.effect) for taint in have if taint not in want]
        else:
            return None
    return tuple(edits)


def _toleration(taints: Sequence[Taint]) -> Toleration:
    """Return the narrowest toleration of some taints of one key."""
    key = taints[0].key
    effect = taints[0].effect if len(taints) == 1 else ""
    values = {taint.value for taint in taints}
    value = values.pop() if len(values) == 1 else ""
    if not key or not value or not is_label_value(value):
        return Toleration(key=key, operator="Exists", effect=effect)
    return Toleration(key=key, operator="Equal", value=value, effect=effect)


def _combinations(
    groups: Sequence[Sequence[_Option]], branch: Branch, daemonset: Identity, side: Side
) -> Iterator[tuple[int, Proposal]]:
    """Yield one option per group, all of them, in order of size; best-first search over positions in the groups."""
    sizes = [[option.size for option in group] for group in groups]
    start = (0,) * len(groups)
    heap = [(sum(size[0] for size in sizes), start)]
    seen = {start}
    for _ in range(_STEPS):
        if not heap:
            return
        size, places = heapq.heappop(heap)
        options = [group[place] for group, place in zip(groups, places, strict=True)]
        dropped = [demand for option in options for demand in option.dropped]
        if not _leaves_no_term(branch, dropped):
            yield size, Proposal(side, _edits(options, dropped, daemonset))
        for number, place in enumerate(places):
            if place + 1 < len(sizes[number]):
                following = (*places[:number], place + 1, *places[number + 1 :])
                if following not in seen:
                    seen.add(following)
                    worse = sizes[number][place + 1] - sizes[number][place]
                    heapq.heappush(heap, (size + worse, following))


def _leaves_no_term(branch: Branch, dropped: Sequence[Demand]) -> bool:
    """Return whether the branch's term loses its last requirement while others stay: then it matches nothing."""
    return bool(branch.others) and all(demand in dropped for demand in branch.optional)


def _edits(options: Iterable[_Option], dropped: Sequence[Demand], daemonset: Identity) -> tuple[Edit, ...]:
    """Return the edits in the order in which paths stay right: those that remove list entries last."""
    edits = tuple(edit for option in options for edit in option.edits)
    if not dropped:
        return edits
    paths, texts = tuple(demand.path for demand in dropped), tuple(demand.text for demand in dropped)
    return (*edits, DropRequirements(daemonset, paths, texts))
