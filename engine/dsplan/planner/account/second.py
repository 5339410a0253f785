"""The second course: what becomes of a roll-out if the pods that are starting do not become ready.

Asked only where such pods hold places in the budget. Nothing is assumed of pods that are still to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from pyroaring import BitMap

from ...eligibility import NodeIndex
from ...passes.forecast import Rollout
from .types import Row
from .words import Fate

__all__ = ["doubtful_nodes", "with_second_course"]


def doubtful_nodes(rows: Iterable[Row]) -> BitMap:
    """Return the nodes that hold a place in the budget with a pod that is starting."""
    return BitMap.union(BitMap(), *(row.nodes for row in rows if row.spends and row.fate is Fate.STARTING))


def with_second_course(
    rows: Iterable[Row], expected: Rollout, second: Rollout, doubtful: BitMap, index: NodeIndex
) -> tuple[Row, ...]:
    """Return the rows with the fates of the second course, where they are others."""
    kept = {*second.stalled} - {*expected.stalled}
    stalled = BitMap(index.ids[name] for name in kept)
    return tuple(part for row in rows for part in _parted(row, doubtful, stalled))


def _parted(row: Row, doubtful: BitMap, stalled: BitMap) -> Iterator[Row]:
    other = {Fate.STARTING: (doubtful, Fate.FAILING), Fate.REPLACED: (stalled, Fate.STALLED)}.get(row.fate)
    if other is None or not (here := row.nodes & other[0]):
        yield row
        return
    yield msgspec.structs.replace(row, nodes=here, vanished=(), otherwise=other[1])
    if rest := row.nodes - here:
        yield msgspec.structs.replace(row, nodes=rest)
