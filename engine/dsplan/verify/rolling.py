"""The rolling update: budgets, and one pass (R1-R31)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from .case import VANISHED, Case, Situation
from .labels import int64
from .pods import AVAILABLE, GOING, UPDATED, Shape

__all__ = ["Budget", "Roll", "RollError", "allows_surge", "ages", "budget_of", "holds_place", "roll"]


class RollError(Exception):
    """The pass fails as a whole (R2, R27)."""


class Budget(NamedTuple):
    """maxUnavailable and maxSurge in nodes, of how many, and how they came about (R1-R3)."""

    unavailable: int
    surge: int
    desired: int
    arithmetic: str

    @property
    def limit(self) -> int:
        """How many nodes one wave may have."""
        return self.surge or self.unavailable


def _scaled(value: Any, total: int) -> int:
    if isinstance(value, int):
        return value
    if value is None:
        raise RollError("maxUnavailable is missing")
    percent = int64(value[:-1]) if value.endswith("%") else None
    if percent is None:
        raise RollError(f"{value!r} is neither a number nor a percentage")
    return -(-percent * total // 100)


def budget_of(case: Case) -> Budget:
    """Return the budget of a pass. Raises RollError where upstream fails it (R2)."""
    desired = len(case.wanted)
    written = (case.spec.get("updateStrategy") or {}).get("rollingUpdate")
    unavailable = 0 if written is None else _scaled(written.get("maxUnavailable"), desired)
    surge = 0 if written is None or written.get("maxSurge") is None else _scaled(written["maxSurge"], desired)
    if desired > 0 and not unavailable and not surge:
        return Budget(1, 0, desired, f"maxUnavailable and maxSurge are both 0 of {desired} nodes: 1 is used")
    name, resolved = ("maxSurge", surge) if surge else ("maxUnavailable", unavailable)
    text = (written or {}).get(name)
    how = f"{name} {text} of {desired} nodes = {resolved} (rounded up)"
    return Budget(
        unavailable, surge, desired, how if isinstance(text, str) else f"{name} {resolved} of {desired} nodes"
    )


def allows_surge(case: Case) -> bool:
    """Return whether manage works with surge: any maxSurge but 0 under RollingUpdate (M14)."""
    value = ((case.spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("maxSurge")
    try:
        return case.strategy == "RollingUpdate" and value is not None and _scaled(value, 1) > 0
    except RollError:
        return False


class Roll:
    """One pass: creations (node, reason), deletions (node, place of the pod, reason), what is down, waits, parts later.

    `sick` counts the pods of wanted nodes that are replaced whatever the budget says.
    """

    def __init__(self) -> None:
        self.create: list[tuple[str, str]] = []
        self.delete: list[tuple[str, int, str]] = []
        self.down: list[str] = []
        self.waiting: list[str] = []
        self.sunset: list[str] = []
        self.sick = 0


def ages(shape: Shape) -> tuple[list[int], list[int]]:
    """Return the places of live pods: up to date, and not (R5)."""
    live = [place for place, facts in enumerate(shape) if not facts & GOING]
    return [one for one in live if shape[one] & UPDATED], [one for one in live if not shape[one] & UPDATED]


_Places = dict[str, list[tuple[str, str, int]]]


def roll(case: Case, budget: Budget, situations: Mapping[Situation, list[str]]) -> Roll:
    """Return what one pass wants of nodes in these situations. Raises RollError in the case of R27."""
    places: _Places = defaultdict(list)
    tally = 0
    for (letter, shape), nodes in situations.items():
        place, old, counts = _place(letter, shape, bool(budget.surge))
        tally += len(nodes) * counts
        places[place] += [(node, letter, old) for node in nodes]
    return _with_surge(case, budget, places, tally) if budget.surge else _without_surge(case, budget, places)


def _place(letter: str, shape: Shape, surge: bool) -> tuple[str, int, bool]:
    """Return what a node is to the pass, the place of its old pod, and whether it counts as available (R18)."""
    new, old = ages(shape)
    if len(new) > 1 or len(old) > 1:
        return "down", 0, False
    judged = (old or new)[:1]
    counts = bool(judged) and bool(shape[judged[0]] & AVAILABLE)
    if not surge:
        if bool(new) == bool(old) or (new and not counts):
            return "down", 0, counts
        return ("" if new else "candidate" if counts else "must"), (old or [0])[0], counts
    if not old:
        return "", 0, counts
    if new:
        return ("superseded" if shape[new[0]] & AVAILABLE else "down"), old[0], counts
    if letter == VANISHED:
        return "lost", old[0], counts
    if letter == "R":
        return ("candidate" if counts else "must"), old[0], counts
    return ("sunset" if counts else "leaves"), old[0], counts


def holds_place(letter: str, shape: Shape, surge: bool) -> bool:
    """Return whether a node holds a place in the budget now (R6-R9, R13, R17, R24)."""
    return (letter == "R" or shape != ()) and _place(letter, shape, surge)[0] in (
        ("down",) if surge else ("down", "must")
    )


def _names(entries: list[tuple[str, str, int]]) -> list[str]:
    return [node for node, _, _ in entries]


def _without_surge(case: Case, budget: Budget, places: _Places) -> Roll:
    """R6-R13."""
    found = Roll()
    old = {node: place for name in ("must", "candidate") for node, _, place in places[name]}
    must, candidates = case.ordered(_names(places["must"])), case.ordered(_names(places["candidate"]))
    room = max(0, budget.unavailable - len(places["down"]) - len(must))
    found.down = [*_names(places["down"]), *must]
    chosen = [(node, "OutdatedUnavailable") for node in must] + [(node, "Outdated") for node in candidates[:room]]
    found.delete = [(node, old[node], reason) for node, reason in chosen]
    found.waiting = candidates[room:]
    found.sick = sum(letter != VANISHED for _, letter, _ in places["must"])
    return found


def _with_surge(case: Case, budget: Budget, places: _Places, tally: int) -> Roll:
    """R17-R27."""
    if places["lost"]:
        raise RollError(f"couldn't get node for nodeName {min(_names(places['lost']))!r}: it does not exist")
    found = Roll()
    must, candidates = case.ordered(_names(places["must"])), case.ordered(_names(places["candidate"]))
    room = max(0, budget.surge - len(places["down"]))
    found.create = [(node, "OutdatedUnavailable") for node in must]
    found.create += [(node, "Outdated") for node in candidates[:room]]
    old = {node: place for name in ("superseded", "leaves", "sunset") for node, _, place in places[name]}
    sunset, most = case.ordered(_names(places["sunset"])), max(0, tally - budget.desired)
    gone = [(node, "Replaced") for node in sorted(_names(places["superseded"]))]
    gone += [(node, "OutdatedNotEligible") for node in (*sorted(_names(places["leaves"])), *sunset[:most])]
    found.delete = [(node, old[node], reason) for node, reason in gone]
    found.down, found.waiting, found.sick = _names(places["down"]), candidates[room:], len(must)
    found.sunset = sunset[most:]
    return found
