"""What is there once manage has had its way: the position from which the waves of a roll-out begin.

Assumes health: what manage deletes is gone, what is terminating is gone, and what it creates is available; but for
nodes where no pod will ever be available, which stay empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from pyroaring import BitMap

from ..diff.manage import manage_rule
from ..eligibility import NodeIndex, Verdict
from ..observe import Group, Observed, PodFact, Shape, Situation

__all__ = ["after_manage", "left_by_manage"]

_TERMINATING = int(PodFact.TERMINATING)
_SERVED = int(PodFact.READY | PodFact.AVAILABLE | PodFact.HASH_CURRENT | PodFact.UPDATED | PodFact.BOUND)


def after_manage(observed: Observed, index: NodeIndex, doomed: BitMap, *, surge: bool) -> Observed:
    """Return the DaemonSet as it is after manage; on `doomed` nodes no new pod becomes available."""
    found: dict[tuple[Verdict, Shape], BitMap] = {}
    for situation in observed.situations:
        verdict, shape = situation.verdict, situation.shape
        left = tuple(shape[place] for place in left_by_manage(verdict, shape, surge=surge))
        if left:
            _add(found, verdict, left, situation.nodes)
        elif verdict is Verdict.RUN:
            _add(found, verdict, (_SERVED,), situation.nodes - doomed)
            _add(found, verdict, (), situation.nodes & doomed)
    situations = tuple(Situation(verdict, shape, nodes) for (verdict, shape), nodes in sorted(found.items()))
    groups = _Left(observed, index, surge)
    return msgspec.structs.replace(observed, situations=situations, groups=groups, vanished={})


def left_by_manage(verdict: Verdict, shape: Shape, *, surge: bool) -> list[int]:
    """Return the places of the pods that are left once manage has deleted what it deletes, failed pods included."""
    ruling = manage_rule(verdict, shape, surge)
    away = {*(place for place, _ in ruling.delete), *ruling.failed}
    return [place for place, facts in enumerate(shape) if place not in away and not facts & _TERMINATING]


def _add(found: dict[tuple[Verdict, Shape], BitMap], verdict: Verdict, shape: Shape, nodes: BitMap) -> None:
    if nodes:
        found[verdict, shape] = found.get((verdict, shape), BitMap()) | nodes


class _Left(Mapping[str, Group]):
    """The groups of nodes without the pods that manage deletes, each made when it is asked for."""

    def __init__(self, observed: Observed, index: NodeIndex, surge: bool) -> None:
        self._observed, self._index, self._surge = observed, index, surge

    def __getitem__(self, name: str) -> Group:
        group = self._observed.groups[name]
        verdict = self._observed.verdicts.of(self._index.ids[name])
        places = left_by_manage(verdict, group.shape, surge=self._surge)
        return Group(tuple(group.pods[place] for place in places), tuple(group.shape[place] for place in places))

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._observed.groups if name in self._index.ids)

    def __len__(self) -> int:
        return sum(1 for _ in self)
