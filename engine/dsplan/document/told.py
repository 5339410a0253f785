"""What a plan says of one DaemonSet, in plain values: names where the document has ids, waves one by one."""

from __future__ import annotations

from typing import Any

import msgspec

from .idsets import ids_of
from .types import DaemonSetEntry, PlanDocument, RolloutEntry

__all__ = ["told_by"]


def told_by(entry: DaemonSetEntry, plan: PlanDocument) -> dict[str, Any]:
    """Return what a plan says of one DaemonSet, in the form in which the rules say what the rules come to."""
    names, rollout = plan.nodes, entry.rollout or RolloutEntry(strategy="")
    return {
        "facts": (entry.hash, entry.hash_learned, entry.in_flight, entry.error),
        "create": {(names[place], "", part.reason) for part in entry.create for place in ids_of(part.nodes)},
        "delete": {(*pod, part.reason) for part in entry.delete for pod in part.pods},
        "garbage": list(entry.garbage),
        "deferred": entry.deferred,
        "status": (entry.status, entry.status_written),
        "update": (
            rollout.strategy,
            [names[place] for place in (plan.orders[rollout.order] if rollout.order is not None else ())],
            [size for size, repeat in rollout.waves for _ in range(repeat)],
            [names[place] for place in ids_of(rollout.stalled)],
            [names[place] for place in ids_of(rollout.blockers)],
            sorted(rollout.leaving),
            rollout.beyond_budget,
        ),
        "budget": rollout.budget and msgspec.structs.astuple(rollout.budget),
        "held": sorted((node, part.text, part.reason) for part in entry.held for node in part.nodes),
        "requeue": entry.requeue_after_seconds,
    }
