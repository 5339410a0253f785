"""One pass of the rolling update, node by node (R4-R27)."""

from __future__ import annotations

from ...diff.budget import Budget
from .case import Case, Wanted

__all__ = ["Roll", "roll"]


class Roll:
    """Creations and deletions (node, pod, reason), the nodes that are down, the candidates that wait, how many sick."""

    def __init__(self) -> None:
        self.create: list[Wanted] = []
        self.delete: list[Wanted] = []
        self.down: set[str] = set()
        self.waiting: list[str] = []
        self.sick = 0


def roll(case: Case, budget: Budget) -> Roll:
    """Return what one pass wants. Raises ValueError where the pass fails as a whole (R27)."""
    found = Roll()
    walk = sorted(case.groups.keys() | {node for node, letter in case.verdicts.items() if letter == "R"})
    return _with_surge(case, budget, walk, found) if budget.max_surge else _without_surge(case, budget, walk, found)


def _without_surge(case: Case, budget: Budget, walk: list[str], found: Roll) -> Roll:
    """R6-R13."""
    must, candidates = list[str](), list[str]()
    for node in walk:
        new, old = case.new_and_old(node)
        if len(new) > 1 or len(old) > 1 or len(new) == len(old) or (new and not case.available(new[0])):
            found.down.add(node)
        elif old:
            (candidates if case.available(old[0]) else must).append(node)
    must, candidates = case.ordered(must), case.ordered(candidates)
    room = max(0, budget.max_unavailable - len(found.down) - len(must))
    found.down |= set(must)
    chosen = [(node, "OutdatedUnavailable") for node in must] + [(node, "Outdated") for node in candidates[:room]]
    found.delete = [(node, case.live[node][0][0].name, reason) for node, reason in chosen]
    found.waiting = candidates[room:]
    found.sick = sum(case.verdicts.get(node) == "R" for node in must)
    return found


def _with_surge(case: Case, budget: Budget, walk: list[str], found: Roll) -> Roll:
    """R17-R27."""
    must, candidates, sunset, available = list[str](), list[str](), list[str](), 0
    for node in walk:
        new, old = case.new_and_old(node)
        if len(new) > 1 or len(old) > 1:
            found.down.add(node)
            continue
        judged = (old or new)[:1]
        available += any(map(case.available, judged))
        if not old:
            continue
        if new:
            if case.available(new[0]):
                found.delete.append((node, old[0][0].name, "Replaced"))
            else:
                found.down.add(node)
        elif node not in case.verdicts:
            raise ValueError(f"couldn't get node for nodeName {node!r}: it does not exist")
        elif case.verdicts[node] == "R":
            (candidates if case.available(old[0]) else must).append(node)
        elif case.available(old[0]):
            sunset.append(node)
        else:
            found.delete.append((node, old[0][0].name, "OutdatedNotEligible"))
    must, candidates = case.ordered(must), case.ordered(candidates)
    room = max(0, budget.max_surge - len(found.down))
    found.create = [(node, "", "OutdatedUnavailable") for node in must]
    found.create += [(node, "", "Outdated") for node in candidates[:room]]
    leaving = case.ordered(sunset)[: max(0, available - budget.desired)]
    found.delete += [(node, case.live[node][0][0].name, "OutdatedNotEligible") for node in leaving]
    found.waiting, found.sick = candidates[room:], len(must)
    return found
