"""Timelines and comparisons as documents for programs: JSON, YAML, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from ...planner.account.unbudgeted import UnbudgetedDeletions
from ...rollouts.stall_types import Stall
from ...rollouts.timeline import SimulatedRollout, Timeline
from ...rollouts.waves import Wave
from ...simulator.results import Totals
from ..inert import cell

__all__ = [
    "TIMELINE_VERSION",
    "rollout_entry",
    "stall_entry",
    "timeline_csv",
    "timeline_document",
    "totals_entry",
    "unbudgeted_entries",
]

TIMELINE_VERSION = "1.0"
"""A minor version adds, a major one breaks."""

_COLUMNS = ("daemonset", "mode", "kind", "wave", "start", "end", "nodes", "sick", "mostDown", "names")


def timeline_document(
    stories: Sequence[Timeline],
    costs: Sequence[UnbudgetedDeletions] = (),
    *,
    events: bool = False,
    assumed: str = "",
) -> dict[str, Any]:
    """Return timelines as one document; times are seconds from `started`. `assumed` is what is assumed of gates."""
    return {
        **({"assumed": assumed} if assumed else {}),
        "version": TIMELINE_VERSION,
        "kind": "Timeline",
        "atOnce": unbudgeted_entries(costs),
        "daemonsets": [_timeline_entry(story, events=events) for story in stories],
    }


def _timeline_entry(story: Timeline, *, events: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "namespace": story.identity.namespace,
        "name": story.identity.name,
        "started": story.started,
        "budget": story.budget,
        "durations": story.notes,
        "evicted": story.evicted,
        "stall": None if story.stall is None else stall_entry(story.stall),
        "slowSeconds": story.slow_seconds,
        "window": rollout_entry(story.window),
        "barrier": rollout_entry(story.barrier),
    }
    if events:
        entry["events"] = [
            {
                "at": (item.at - story.started).total_seconds(),
                "event": item.kind,
                "node": item.node,
                "pod": item.pod,
                "reason": item.reason,
            }
            for item in story.events
        ]
    return entry


def unbudgeted_entries(costs: Sequence[UnbudgetedDeletions]) -> list[dict[str, Any]]:
    """Return what goes at once, outside any budget, as values."""
    return [
        {"daemonset": str(cost.identity), "pods": cost.pods, "nodes": cost.nodes, "allowed": cost.allowed}
        for cost in costs
    ]


def stall_entry(stall: Stall) -> dict[str, Any]:
    """Return why a roll-out does not get to its end."""
    return {
        "kind": stall.kind,
        "text": stall.text,
        "wave": stall.wave,
        "at": stall.at,
        "spent": stall.spent,
        "limit": stall.limit,
        "culprits": [{"node": item.node, "why": item.why, "detail": item.detail} for item in stall.blockers],
        "left": stall.left,
        "hurt": stall.hurt,
        "needsMaxUnavailable": stall.needs,
        "exclude": stall.exclude,
        "commands": stall.commands,
    }


def rollout_entry(rollout: SimulatedRollout) -> dict[str, Any]:
    """Return one way through a roll-out."""
    run = rollout.run
    zone, most = run.most_down_in_zone
    return {
        "outcome": rollout.outcome,
        "seconds": rollout.seconds,
        "wanted": run.wanted,
        "mostDown": run.most_down,
        "mostDownInZone": {"zone": zone, "nodes": most} if zone else None,
        "lostPodSeconds": run.lost_pod_seconds,
        "totals": totals_entry(run.totals),
        "leftOutdated": run.left_outdated,
        "leftDown": run.left_down,
        "down": [[(moment - run.started).total_seconds(), down] for moment, down in run.down],
        "waves": [_wave(wave) for wave in rollout.waves],
    }


def totals_entry(totals: Totals) -> dict[str, Any]:
    """Return how many pods were created, and deleted for which reason: each line apart."""
    return {
        "created": totals.created,
        "updated": totals.updated,
        "sickReplaced": totals.sick_replaced,
        "superseded": totals.superseded,
        "byHost": totals.by_host,
        "managed": totals.managed,
    }


def _wave(wave: Wave) -> dict[str, Any]:
    return {
        "kind": wave.kind,
        "wave": wave.number,
        "start": wave.start,
        "end": wave.end,
        "nodes": wave.nodes,
        "sick": wave.sick,
        "mostDown": wave.most_down,
    }


def timeline_csv(stories: Sequence[Timeline]) -> str:
    """Return one line per wave; the names of its nodes are separated by blanks."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for story in stories:
        writer.writerows(tuple(map(cell, row)) for row in _rows(story))
    return text.getvalue()


def _rows(story: Timeline) -> Iterator[tuple[object, ...]]:
    for mode, rollout in (("window", story.window), ("barrier", story.barrier)):
        for wave in rollout.waves:
            end = "" if wave.end is None else wave.end
            yield (
                story.identity,
                mode,
                wave.kind,
                wave.number,
                wave.start,
                end,
                len(wave.nodes),
                wave.sick,
                wave.most_down,
                " ".join(wave.nodes),
            )
