"""The nodes of one DaemonSet by what its roll-out makes of them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from pyroaring import BitMap

from ..diff.rolling import Place, classify
from ..diff.shapes import new_and_old
from ..eligibility import NodeIndex, Verdict, Verdicts
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.pod import Pod
from ..observe import Observed, PodFact

__all__ = ["Subject", "Units", "is_unschedulable", "old_pod", "units_of"]

_AVAILABLE, _TERMINATING = int(PodFact.AVAILABLE), int(PodFact.TERMINATING)


class Subject(msgspec.Struct, frozen=True):
    """A DaemonSet, what was decided about the nodes and what was observed of its pods.

    On `flying` nodes something was issued that is not seen yet: they count as down, whatever is observed.
    """

    daemonset: DaemonSet
    verdicts: Verdicts
    observed: Observed
    flying: frozenset[str] = frozenset()

    @property
    def identity(self) -> Identity:
        """(DaemonSet, namespace, name)."""
        return self.daemonset.identity


class Units(msgspec.Struct, frozen=True):
    """Sets of node ids; `wanted` are all, and the union of `old`, `sick`, `updated`, `rising` and `superseded`.

    `old` have an available pod of an older template, `sick` an unavailable one, `updated` a new and available one;
    `rising` are on their way: no live pod, or a new one that is not available yet. Under surge, `superseded` have both
    pods, the new one available. `unschedulable` of the rising wait for a scheduler that finds no room.
    """

    wanted: BitMap
    old: BitMap
    sick: BitMap
    updated: BitMap
    rising: BitMap
    superseded: BitMap
    unschedulable: BitMap

    @property
    def down(self) -> BitMap:
        """Nodes that spend budget: without an available pod, or in the middle of a surge."""
        return self.sick | self.rising


def units_of(subject: Subject, index: NodeIndex, *, surge: bool = False) -> Units:
    """Return the wanted nodes of a DaemonSet by state."""
    places = {place: BitMap() for place in Place}
    idle = BitMap()
    for situation in subject.observed.situations:
        if situation.verdict is not Verdict.RUN:
            continue
        place = classify(situation.verdict, situation.shape, surge=surge)
        places[place] |= situation.nodes
        if place is Place.DONE and not any(f & _AVAILABLE and not f & _TERMINATING for f in situation.shape):
            idle |= situation.nodes
    wanted = subject.verdicts.run
    flying = wanted & BitMap(index.ids[name] for name in subject.flying if name in index.ids)
    rising = places[Place.DOWN] | idle | flying
    return Units(
        wanted=wanted,
        old=places[Place.CANDIDATE] - flying,
        sick=places[Place.MUST_REPLACE] - flying,
        updated=places[Place.DONE] - idle - flying,
        rising=rising,
        superseded=places[Place.SUPERSEDED] - flying,
        unschedulable=BitMap(_without_room(subject, rising, index)),
    )


def _without_room(subject: Subject, rising: Iterable[int], index: NodeIndex) -> Iterable[int]:
    for position in rising:
        pods = subject.observed.pods_at(index.names[position])
        if any(is_unschedulable(pod) for pod in pods):
            yield position


def is_unschedulable(pod: Pod) -> bool:
    """Return whether the scheduler has said that it finds no room for a pod."""
    return not pod.spec.node_name and any(
        condition.type == "PodScheduled" and condition.status == "False" and condition.reason == "Unschedulable"
        for condition in pod.status.conditions
    )


def old_pod(subject: Subject, name: str) -> Pod | None:
    """Return the live pod of an older template on a node, None where there is none or more than one."""
    group = subject.observed.groups.get(name)
    old = new_and_old(group.shape)[1] if group else None
    return None if group is None or old is None or old < 0 else group.pods[old]
