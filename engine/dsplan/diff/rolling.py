"""One pass of the rolling update (R1-R31)."""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum, auto
from functools import lru_cache

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex, Verdict
from ..model.pod import Pod
from ..observe import Observed, PodFact, Shape
from .actions import ActionReason
from .budget import Budget
from .order import first_in_order, node_order
from .shapes import EXCESS, new_and_old

__all__ = ["Place", "Rolling", "RollingError", "classify", "rolling_update"]

_AVAILABLE = int(PodFact.AVAILABLE)


class RollingError(Exception):
    """The pass fails as a whole: under surge a live old pod sits on a node that does not exist (R27)."""


class Place(IntEnum):
    """What a node is to the rolling update."""

    DONE = auto()  # only a new, available pod; or nothing that concerns the update
    DOWN = auto()  # counts as unavailable (R6-R8), or as surge in use (R17, R24)
    MUST_REPLACE = auto()  # only an old pod, unavailable (R9, R20)
    CANDIDATE = auto()  # only an old pod, available (R10, R23)
    SUPERSEDED = auto()  # old and new pod, the new one available (R24)
    OLD_NOT_WANTED = auto()  # old, unavailable, node not wanted (R21)
    SUNSET = auto()  # old, available, node not wanted (R22)


class Rolling(msgspec.Struct, frozen=True):
    """What one pass wants. `create` are nodes; `down` are the nodes that use up budget; `waiting` candidates left over.

    All in the written order, must-replace first.
    """

    create: tuple[tuple[str, ActionReason], ...]
    delete: tuple[tuple[str, Pod, ActionReason], ...]
    down: tuple[str, ...]
    waiting: tuple[str, ...]


@lru_cache(maxsize=4096)
def classify(verdict: Verdict, shape: Shape, *, surge: bool) -> Place:
    """Return what a node in this situation is to the rolling update."""
    new, old = new_and_old(shape)
    if surge:
        return _classify_surge(verdict, shape, new, old)
    if new == EXCESS or (new is None) == (old is None):
        return Place.DOWN
    if new is not None:
        return Place.DONE if shape[new] & _AVAILABLE else Place.DOWN
    assert old is not None
    return Place.CANDIDATE if shape[old] & _AVAILABLE else Place.MUST_REPLACE


def _classify_surge(verdict: Verdict, shape: Shape, new: int | None, old: int | None) -> Place:
    if new == EXCESS:
        return Place.DOWN
    if old is None:
        return Place.DONE
    if new is not None:
        return Place.SUPERSEDED if shape[new] & _AVAILABLE else Place.DOWN
    if verdict is Verdict.RUN:
        return Place.CANDIDATE if shape[old] & _AVAILABLE else Place.MUST_REPLACE
    return Place.SUNSET if shape[old] & _AVAILABLE else Place.OLD_NOT_WANTED


def rolling_update(observed: Observed, index: NodeIndex, budget: Budget, *, brief: bool = False) -> Rolling:
    """Return what one pass of the rolling update wants.

    With `brief`, `down` and `waiting` are left empty: then the time goes with what is done, not with what is there.
    Raises RollingError in the case of R27.
    """
    if budget.max_surge != 0:
        return _with_surge(observed, index, budget, brief=brief)
    return _without_surge(observed, index, budget, brief=brief)


def _places(observed: Observed, *, surge: bool) -> dict[Place, BitMap]:
    places: dict[Place, BitMap] = defaultdict(BitMap)
    for situation in observed.situations:
        places[classify(situation.verdict, situation.shape, surge=surge)] |= situation.nodes
    return places


def _old_pod(observed: Observed, name: str) -> Pod:
    group = observed.groups[name]
    _, old = new_and_old(group.shape)
    assert old is not None
    return group.pods[old]


def _ordered(nodes: BitMap, observed: Observed, index: NodeIndex, most: int | None = None) -> list[str]:
    """Return names in the written order, with turns counted among the wanted nodes; no more than `most`."""
    among = observed.verdicts.run
    chosen = node_order(nodes, index, among) if most is None else first_in_order(nodes, index, most, among)
    return [index.names[position] for position in chosen]


def _without_surge(observed: Observed, index: NodeIndex, budget: Budget, *, brief: bool) -> Rolling:
    """R6-R13. Groups of vanished nodes are walked like the others; their pods have no zone and come last (R4)."""
    places = _places(observed, surge=False)
    names = index.names
    vanished: dict[Place, list[str]] = defaultdict(list)
    for name, group in observed.vanished.items():
        vanished[classify(Verdict.DENY, group.shape, surge=False)].append(name)
    must = _ordered(places[Place.MUST_REPLACE], observed, index) + vanished[Place.MUST_REPLACE]
    unavailable = len(places[Place.DOWN]) + len(vanished[Place.DOWN]) + len(must)
    room = max(0, budget.max_unavailable - unavailable)
    candidates = _ordered(places[Place.CANDIDATE], observed, index, room if brief else None)
    candidates += vanished[Place.CANDIDATE]
    delete = [(name, _old_pod(observed, name), ActionReason.OUTDATED_UNAVAILABLE) for name in must]
    delete += [(name, _old_pod(observed, name), ActionReason.OUTDATED) for name in candidates[:room]]
    if brief:
        return Rolling((), tuple(delete), (), ())
    down = [names[position] for position in places[Place.DOWN]] + vanished[Place.DOWN]
    return Rolling((), tuple(delete), (*sorted(down), *sorted(must)), tuple(candidates[room:]))


def _with_surge(observed: Observed, index: NodeIndex, budget: Budget, *, brief: bool) -> Rolling:
    """R17-R27."""
    for name, group in observed.vanished.items():
        new, old = new_and_old(group.shape)
        if old is not None and new is None:
            raise RollingError(f"couldn't get node for nodeName {name!r}: it does not exist")
    places = _places(observed, surge=True)
    names = index.names
    extra = [classify(Verdict.DENY, group.shape, surge=True) for group in observed.vanished.values()]
    surging = len(places[Place.DOWN]) + extra.count(Place.DOWN)
    room = max(0, budget.max_surge - surging)
    candidates = _ordered(places[Place.CANDIDATE], observed, index, room if brief else None)
    must = _ordered(places[Place.MUST_REPLACE], observed, index)
    create = [(name, ActionReason.OUTDATED_UNAVAILABLE) for name in must]
    create += [(name, ActionReason.OUTDATED) for name in candidates[:room]]
    delete = [
        (name, _old_pod(observed, name), ActionReason.REPLACED)
        for name in [*(names[position] for position in places[Place.SUPERSEDED]), *_superseded(observed)]
    ]
    delete += [
        (names[position], _old_pod(observed, names[position]), ActionReason.OUTDATED_NOT_ELIGIBLE)
        for position in [*places[Place.OLD_NOT_WANTED], *_sunset(observed, places[Place.SUNSET], index, budget)]
    ]
    if brief:
        return Rolling(tuple(create), tuple(delete), (), ())
    down = [names[position] for position in places[Place.DOWN]]
    return Rolling(tuple(create), tuple(delete), tuple(down), tuple(candidates[room:]))


def _superseded(observed: Observed) -> list[str]:
    return [
        name
        for name, group in observed.vanished.items()
        if classify(Verdict.DENY, group.shape, surge=True) is Place.SUPERSEDED
    ]


def _sunset(observed: Observed, sunset: BitMap, index: NodeIndex, budget: Budget) -> list[int]:
    """Return the ineligible nodes that may lose their old pod: as many as are available beyond desired (R25)."""
    available = sum(nodes for _, shape, nodes in observed.counted() if _tallied(shape))
    available += sum(_tallied(group.shape) for group in observed.vanished.values())
    return first_in_order(sunset, index, available - budget.desired, observed.verdicts.run)


def _tallied(shape: Shape) -> bool:
    """Return whether a node counts as available: its old pod decides, else its new one (R18)."""
    new, old = new_and_old(shape)
    if new == EXCESS:
        return False
    judged = new if old is None else old
    return judged is not None and bool(shape[judged] & _AVAILABLE)
