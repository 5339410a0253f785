"""DESIRED accounted for: desired = nodes - excluded, one line a reason, each node counted once."""

from __future__ import annotations

import msgspec
from pyroaring import BitMap

from ..constraints.asking import ask
from .index import NodeIndex, as_bitmap
from .verdicts import Verdicts

__all__ = ["Exclusion", "exclusions"]


class Exclusion(msgspec.Struct, frozen=True, order=True):
    """Nodes excluded first of all for one reason. `nodes` are ids; `also` counts those that fail a later rule, too."""

    code: str
    summary: str
    nodes: BitMap
    also: int


def exclusions(verdicts: Verdicts, index: NodeIndex) -> tuple[Exclusion, ...]:
    """Return the exclusions in accounting order; their node sets are disjoint and make up everything but `run`."""
    found: list[Exclusion] = []
    remaining = index.all - verdicts.run
    for position, (constraint, failing) in enumerate(verdicts.failing):
        counted = failing & remaining
        if not counted:
            continue
        later = BitMap.union(*(BitMap(), *(nodes for _, nodes in verdicts.failing[position + 1 :])))
        by_summary: dict[str, BitMap] = {}
        for projection, ids in index.groups(constraint.reads):
            here = as_bitmap(ids) & counted
            if here and (reason := ask(constraint, projection)) is not None:
                by_summary[reason.summary] = by_summary.get(reason.summary, BitMap()) | here
        found.extend(
            Exclusion(constraint.id, summary, nodes, len(nodes & later)) for summary, nodes in by_summary.items()
        )
        remaining = remaining - counted
    return tuple(found)
