"""Wanted but impossible: pods that are created and will not run (K20)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.world import Note, World
from .admission_notes import admission_notes
from .eviction_notes import eviction_notes
from .filters.outcomes import Outcome, OutcomeKind
from .filters.requests import unchecked_text
from .scheduler.prediction import DaemonSetPrediction, Prediction

__all__ = ["Impossible", "impossible_of", "notes_of", "room_unknown"]

_NEVER = (OutcomeKind.PENDING, OutcomeKind.REFUSED, OutcomeKind.REJECTED)


class Impossible(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Nodes (ids) where a pod is wanted and cannot run for one reason, in the scheduler's words.

    `example` tells what is missing on the first of them, and who has it.
    """

    kind: str
    reason: str
    example: str
    nodes: BitMap


def room_unknown(index: NodeIndex) -> BitMap:
    """Return the nodes that tell nothing of their room: written by hand, neither allocatable nor capacity."""
    return BitMap(
        position for position, node in index.items() if not node.status.allocatable and not node.status.capacity
    )


def impossible_of(prediction: DaemonSetPrediction, unknown: BitMap) -> tuple[Impossible, ...]:
    """Return the nodes where the pod cannot run, by reason; nodes of unknown room have the benefit of the doubt."""
    nodes: dict[tuple[str, str], BitMap] = {}
    examples: dict[tuple[str, str], tuple[int, str]] = {}
    for fate in prediction.fates:
        here = fate.nodes if fate.outcome.kind is OutcomeKind.REFUSED else fate.nodes - unknown
        if fate.outcome.kind not in _NEVER or not here:
            continue
        key = (str(fate.outcome.kind), _reason(fate.outcome))
        nodes[key] = nodes.get(key, BitMap()) | here
        example = (here.min(), _example(fate.outcome))
        examples[key] = min(examples.get(key, example), example)
    return tuple(
        Impossible(kind=kind, reason=reason, example=examples[kind, reason][1], nodes=found)
        for (kind, reason), found in sorted(nodes.items())
    )


def _reason(outcome: Outcome) -> str:
    told = [reason for failure in outcome.failures for reason in failure.reasons]
    return "; ".join(dict.fromkeys(told)) or str(outcome.kind)


def _example(outcome: Outcome) -> str:
    return "; ".join(str(shortage) for failure in outcome.failures for shortage in failure.shortages)


def notes_of(prediction: Prediction, unknown: BitMap, world: World) -> Iterator[Note]:
    """Yield what the prediction assumed."""
    yield from prediction.notes
    yield from admission_notes(prediction, world)
    yield from eviction_notes(prediction, world)
    if unknown and world.daemonsets:
        yield Note("Nodes", unchecked_text(len(unknown)))
