"""manage: what is created and deleted whatever the budget says (M7-M22)."""

from __future__ import annotations

from collections.abc import Collection

from .case import VANISHED, Case
from .pods import AVAILABLE, BOUND, CURRENT, FAILED, GOING, READY, SUCCEEDED, Shape

__all__ = ["Managed", "left_by_manage", "managed", "ruling"]

Wanted = tuple[str, str, str]
"""(node, pod, reason)."""


class Managed:
    """What one pass creates, deletes, and holds back, in the written order: by node, then by pod."""

    def __init__(self) -> None:
        self.create: list[Wanted] = []
        self.delete: list[Wanted] = []
        self.held: list[str] = []


def managed(case: Case, shut: Collection[str], *, surge: bool) -> Managed:
    """Return what one pass of manage wants; failed pods on `shut` nodes wait for their back-off (M9)."""
    found = Managed()
    for (letter, shape), nodes in case.situations.items():
        create, delete, failed = ruling(letter, shape, surge)
        if create:
            found.create += [(node, "", create) for node in nodes]
        for node in nodes if delete or failed else ():
            retried = () if node in shut else failed[:1]
            gone = [*delete, *((place, "Failed") for place in retried)]
            found.delete += [(node, case.pod(node, place).name, reason) for place, reason in gone]
            found.held += [node] * len(failed[len(retried) :])
    found.create.sort()
    found.delete.sort(key=lambda one: (one[2] == "NodeVanished", one[0], one[1]))
    return found


def ruling(letter: str, shape: Shape, surge: bool) -> tuple[str, list[tuple[int, str]], list[int]]:
    """Return for one situation the reason to create, (place, reason) of deletions, and the failed pods (M7-M22)."""
    live = [(place, facts) for place, facts in enumerate(shape) if not facts & GOING]
    if letter == VANISHED:
        unbound = [place for place, facts in enumerate(shape) if not facts & BOUND]
        return "", [(place, "NodeVanished") for place in unbound], []
    if letter == "D":
        return "", [(place, "NotEligible") for place, _ in live], []
    if not shape:
        return "Missing" if letter == "R" else "", [], []
    failed = [place for place, facts in live if facts & FAILED]
    gone = [(place, "Succeeded") for place, facts in live if facts & SUCCEEDED]
    running = [(place, facts) for place, facts in live if not facts & (FAILED | SUCCEEDED)]
    if not surge:
        return "", gone + [(place, "Duplicate") for place, _ in running[1:]], failed
    create = "MissingUnderSurge" if letter == "R" and not running else ""
    new = [one for one in running if one[1] & CURRENT]
    old = [one for one in running if not one[1] & CURRENT]
    gone += [(place, "Duplicate") for place, _ in (*new[1:], *old[1:])]
    if new and old and (not old[0][1] & READY or new[0][1] & AVAILABLE):
        gone.append((old[0][0], "Replaced"))
    return create, gone, failed


def left_by_manage(letter: str, shape: Shape, surge: bool) -> list[int]:
    """Return the places of the pods that are left once manage has deleted what it deletes, failed pods included."""
    _, delete, failed = ruling(letter, shape, surge)
    away = {*(place for place, _ in delete), *failed}
    return [place for place, facts in enumerate(shape) if place not in away and not facts & GOING]
