"""What stops a revision wherever it stands: a gate that failed, nodes that it broke, new pods that fail.

The first two are remembered until somebody resumes (broken nodes also until they recover); that new pods fail is read
off the pods each time.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.state import Stop, TargetProgress
from .facts import Facts
from .step_positions import StepPosition
from .waits import Wait, WaitKind

__all__ = ["excused_of", "few", "halted", "is_ready", "stop_of"]


def excused_of(target: TargetProgress, facts: Facts, index: NodeIndex) -> frozenset[str]:
    """Return the nodes that somebody has resumed in spite of, and that are not well again."""
    found = set()
    for name in target.excused:
        position = index.ids.get(name)
        if position is not None and not (index.nodes[position].ready and position in facts.units.updated):
            found.add(name)
    return frozenset(found)


def stop_of(
    target: TargetProgress, facts: Facts, broken: BitMap, excused: frozenset[str], index: NodeIndex, *, causal: bool
) -> Stop | None:
    """Return what stops a revision for good: what is remembered, and the nodes that are seen to be `broken` by it.

    A node that is gone has not recovered.
    """
    known = target.stop if target.stop is not None and target.stop.kind in ("gate", "broken") else None
    names = set(known.nodes) if known is not None else set()
    names = {name for name in names if causal and not is_ready(name, index)}
    names |= {index.names[position] for position in broken} - excused
    if known is not None and known.kind == "gate":
        return msgspec.structs.replace(known, nodes=tuple(sorted(names)))
    return Stop(kind="broken", nodes=tuple(sorted(names))) if names else None


def halted(
    stand: StepPosition, stop: Stop | None, failing: dict[str, str], total: int
) -> tuple[StepPosition, Stop | None]:
    """Return where a target stands once a stop, or new pods that fail, keep it there."""
    head = f"step {stand.rule.number + 1} of {total} ({stand.rule.name})" if stand.rule is not None else ""
    wait = None
    if stop is not None and stop.kind == "gate":
        wait = Wait(WaitKind.GATE_FAILED, f"{head}: its gate failed {stop.note}".rstrip())
    elif stop is not None:
        wait = Wait(WaitKind.BROKEN, f"stopped: {few(stop.nodes)} became not ready after the update")
    elif len(failing) > stand.tolerated and stand.rule is not None:
        told = [f"{name} ({reason})" for name, reason in sorted(failing.items())]
        wait = Wait(WaitKind.FAILING, f"{head}: new pods fail: {few(told)}")
        stop = Stop(kind="failing", nodes=tuple(sorted(failing)))
    if wait is None:
        return stand, None
    return msgspec.structs.replace(stand, allowance=0, wait=wait, alone=True), stop


def few(names: Iterable[str]) -> str:
    """Return the first three names, and how many more there are.

    >>> few("abcd")
    'a, b, c and 1 more'
    """
    found = list(names)
    return ", ".join(found[:3]) + (f" and {len(found) - 3:,} more" if len(found) > 3 else "")


def is_ready(name: str, index: NodeIndex) -> bool:
    """Return whether a node is there and ready; one that is gone is not."""
    position = index.ids.get(name)
    return position is not None and index.nodes[position].ready
