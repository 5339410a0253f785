"""What may begin at all, and what begins first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..waves.naming import name_units
from ..waves.problem import Limit, Problem
from ..waves.schedule_types import Part, Schedule
from .assemble import Assembled
from .plan_types import Unit

__all__ = ["first_wave", "with_holds"]


def with_holds(assembled: Assembled, holds: Iterable[tuple[Identity, str]]) -> Problem:
    """Return the problem in which held DaemonSets get no room; what must come after them waits as well."""
    limits = []
    for identity, text in holds:
        cells = assembled.cells_of(identity)
        if cells:
            limits.append(Limit(text, cells, 0))
    problem = assembled.problem
    return msgspec.structs.replace(problem, limits=(*limits, *problem.limits)) if limits else problem


def first_wave(assembled: Assembled, found: Schedule, index: NodeIndex) -> Iterator[Unit]:
    """Yield the units of the first wave, DaemonSet by DaemonSet, nodes in their order."""
    started = [part for part in found.parts if part.runs]
    runs = [msgspec.structs.replace(part.runs[0], repeat=1) for part in started]
    parts = [Part(part.cells, (run,), 1, part.method) for part, run in zip(started, runs, strict=True)]
    named = name_units(assembled.problem, Schedule(tuple(parts)))
    for place, pairs in named[0].items() if named else ():
        for daemonset, node in pairs:
            yield Unit(assembled.daemonsets[daemonset], index.names[assembled.nodes[place][node]])
