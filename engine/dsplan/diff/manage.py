"""manage: what a node's pods should be, budget or not (M7-M23).

The rule is a function of the situation alone, but for the back-off of failed pods, which is a matter of the node (M10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

import msgspec

from ..eligibility import NodeIndex, Verdict
from ..model.pod import Pod
from ..observe import Observed, PodFact, Shape
from .actions import ActionReason
from .shapes import first_where

__all__ = ["Manage", "Ruling", "manage", "manage_rule"]

_TERMINATING, _FAILED, _SUCCEEDED = int(PodFact.TERMINATING), int(PodFact.FAILED), int(PodFact.SUCCEEDED)
_READY, _AVAILABLE, _CURRENT = int(PodFact.READY), int(PodFact.AVAILABLE), int(PodFact.HASH_CURRENT)


class Ruling(msgspec.Struct, frozen=True):
    """What manage does with every node of one situation; numbers are positions in the shape."""

    create: ActionReason | None = None
    delete: tuple[tuple[int, ActionReason], ...] = ()
    failed: tuple[int, ...] = ()


class Manage(msgspec.Struct, frozen=True):
    """What manage wants, in the written order: nodes by name, pods by node and age. `held` failed pods wait (M10).

    `more` counts the creations and deletions that follow, where only the first were asked for.
    """

    create: tuple[tuple[str, ActionReason], ...]
    delete: tuple[tuple[str, Pod, ActionReason], ...]
    held: tuple[tuple[str, Pod], ...]
    more: tuple[int, int] = (0, 0)


@lru_cache(maxsize=4096)
def manage_rule(verdict: Verdict, shape: Shape, surge: bool) -> Ruling:
    """Return what manage does in a situation (M7-M21).

    >>> manage_rule(Verdict.RUN, (), False).create
    <ActionReason.MISSING: 'Missing'>
    """
    if verdict is Verdict.DENY:
        live = (place for place, facts in enumerate(shape) if not facts & _TERMINATING)
        return Ruling(delete=tuple((place, ActionReason.NOT_ELIGIBLE) for place in live))
    if not shape:
        return Ruling(create=ActionReason.MISSING if verdict is Verdict.RUN else None)
    delete: list[tuple[int, ActionReason]] = []
    failed: list[int] = []
    running: list[int] = []
    for place, facts in enumerate(shape):
        if facts & _TERMINATING:
            continue
        if facts & _FAILED:
            failed.append(place)
        elif facts & _SUCCEEDED:
            delete.append((place, ActionReason.SUCCEEDED))
        else:
            running.append(place)
    create = None
    if not surge:
        delete.extend((place, ActionReason.DUPLICATE) for place in running[1:])
    elif not running and verdict is Verdict.RUN:
        create = ActionReason.MISSING_UNDER_SURGE
    elif len(running) > 1:
        delete.extend(_under_surge(shape, running))
    return Ruling(create, tuple(delete), tuple(failed))


def _under_surge(shape: Shape, running: list[int]) -> Iterator[tuple[int, ActionReason]]:
    """Yield the deletions among two or more running pods: one new and one old may stay, for a while (M17, M18)."""
    new = first_where(running, lambda place: bool(shape[place] & _CURRENT))
    old = first_where(running, lambda place: not shape[place] & _CURRENT)
    for place in running:
        if place not in (new, old):
            yield place, ActionReason.DUPLICATE
    if new is not None and old is not None and (not shape[old] & _READY or shape[new] & _AVAILABLE):
        yield old, ActionReason.REPLACED


def manage(
    observed: Observed,
    index: NodeIndex,
    *,
    surge: bool,
    may_retry: Callable[[str], bool],
    first: int | None = None,
) -> Manage:
    """Return what one manage phase wants.

    `may_retry(node)` tells whether the back-off window of a node is closed; the first failed pod of a node may go
    then, the others wait for the next window (M9, M10). With `first`, no more creations and no more deletions than
    that are listed; then the time does not go with what is left for later.
    """
    names = index.names
    create: list[tuple[str, ActionReason]] = []
    delete: list[tuple[str, Pod, ActionReason]] = []
    held: list[tuple[str, Pod]] = []
    creations = deletions = 0
    for situation in observed.situations:
        ruling = manage_rule(situation.verdict, situation.shape, surge)
        if ruling.create is not None:
            creations += len(situation.nodes)
            create.extend((names[position], ruling.create) for position in islice(situation.nodes, first))
        if not ruling.delete and not ruling.failed:
            continue
        # Ids ascend in name order, so the first of all are among the first of every situation.
        deletions += len(situation.nodes) * len(ruling.delete)
        for position in islice(situation.nodes, None if ruling.failed else first):
            name = names[position]
            pods = observed.groups[name].pods
            delete.extend((name, pods[place], reason) for place, reason in ruling.delete)
            retried = ruling.failed[:1] if ruling.failed and may_retry(name) else ()
            deletions += len(retried)
            delete.extend((name, pods[place], ActionReason.FAILED) for place in retried)
            held.extend((name, pods[place]) for place in ruling.failed[len(retried) :])
    create.sort()
    delete.sort(key=lambda entry: (entry[0], entry[1].metadata.name))
    pinned = list(_pinned_to_vanished(observed))
    delete = [*delete, *pinned] if first is None or deletions < first else delete
    create, delete = create[:first], delete[:first]
    waiting = tuple(sorted(held, key=lambda entry: (entry[0], entry[1].name)))
    more = creations - len(create), deletions + len(pinned) - len(delete)
    return Manage(tuple(create), tuple(delete), waiting, more)


def _pinned_to_vanished(observed: Observed) -> Iterator[tuple[str, Pod, ActionReason]]:
    """Yield pods pinned to nodes that do not exist and never bound; bound ones are left to pod GC (M22)."""
    for name, group in observed.vanished.items():
        for pod in group.pods:
            if not pod.spec.node_name:
                yield name, pod, ActionReason.NODE_VANISHED
