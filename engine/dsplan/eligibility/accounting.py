"""DESIRED accounted for: desired = nodes - excluded, one line a reason, each node counted once."""

from __future__ import annotations

import msgspec
from pyroaring import BitMap

from ..constraints.checking import check_constraint
from ..constraints.protocol import Constraint
from .index import NodeIndex
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
        by_summary = _by_summary(constraint, counted, index)
        found.extend(
            Exclusion(constraint.id, summary, nodes, len(nodes & later)) for summary, nodes in by_summary.items()
        )
        remaining = remaining - counted
    return tuple(found)


def _by_summary(constraint: Constraint, counted: BitMap, index: NodeIndex) -> dict[str, BitMap]:
    """Return the counted nodes by the summary of the reason; where every node is a class of its own, bare ids."""
    found: dict[str, BitMap] = {}
    alone: dict[str, list[int]] = {}
    for projection, ids in index.groups(constraint.reads):
        here = (ids in counted) if isinstance(ids, int) else ids & counted
        if not here or (reason := check_constraint(constraint, projection)) is None:
            continue
        if isinstance(ids, int):
            alone.setdefault(reason.summary, []).append(ids)
            found.setdefault(reason.summary, BitMap())
        else:
            found[reason.summary] = found.get(reason.summary, BitMap()) | (ids & counted)
    for summary, positions in alone.items():
        found[summary] |= BitMap(positions)
    return found
