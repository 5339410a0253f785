"""A plan as JSON lines for pipes: one fate or one action a line, names instead of ids, the summary last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..document.encoding import compact_json, inert_json
from ..document.types import DaemonSetEntry, PlanDocument
from .text.account import names_of

__all__ = ["json_lines"]


def json_lines(plan: PlanDocument) -> Iterator[str]:
    """Yield the fate of every pair, the writes of the next pass, and the summary, each as one line of JSON."""
    for entry in plan.daemonsets:
        yield from map(_line, _fates(entry, plan))
    for action in plan.actions:
        tree = msgspec.to_builtins(action)
        owner = plan.daemonsets[action.daemonset]
        yield _line({"type": "action", **tree, "daemonset": _name(owner)})
    yield _line({"type": "summary", **msgspec.to_builtins(plan.summary)})


def _line(tree: dict[str, Any]) -> str:
    return inert_json(compact_json(tree).decode())


def _fates(entry: DaemonSetEntry, plan: PlanDocument) -> Iterator[dict[str, Any]]:
    waves = _waves(entry, plan)
    for row in entry.rows:
        shared = {
            "type": "fate",
            "daemonset": _name(entry),
            "fate": row.fate,
            "kind": row.kind,
            "reason": row.reason,
            "text": row.text,
            "when": row.moment.when,
            "awaited": row.moment.awaited,
            "loses": row.loses,
        }
        for name in names_of(row, plan):
            yield {**shared, "node": name, "wave": waves.get(name, 0)}


def _waves(entry: DaemonSetEntry, plan: PlanDocument) -> dict[str, int]:
    """Return the number of the update wave of every node that has one."""
    course = entry.course
    if course is None or course.order is None:
        return {}
    order, found, wave, place = plan.orders[course.order], dict[str, int](), 0, 0
    for size, repeat in course.waves:
        for _ in range(repeat):
            wave += 1
            found.update((plan.nodes[node], wave) for node in order[place : place + size])
            place += size
    return found


def _name(entry: DaemonSetEntry) -> str:
    return f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name
