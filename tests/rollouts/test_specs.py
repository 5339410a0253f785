"""Every spec of a roll-out comes to what its author computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

import dsplan
from dsplan.planner import solve
from dsplan.planner.account.unbudgeted import unbudgeted_deletions
from dsplan.report.clock import offset
from dsplan.report.documents.timeline import rollout_entry
from dsplan.report.text.timeline import event_words, shown_events, timeline_text
from dsplan.rollouts.compare import Comparison, compare, parse_strategy
from dsplan.rollouts.duration_sources import Overrides
from dsplan.rollouts.edits import find_daemonsets
from dsplan.rollouts.timeline import Timeline, timeline
from dsplan.rollouts.waves import Wave, WaveKind
from tests.worlds import NOW

SPECS = sorted((Path(__file__).parents[2] / "specs" / "roll-outs").glob("*.yaml"))


def expectation(path: Path) -> dict[str, Any]:
    found = [doc for doc in yaml.safe_load_all(path.read_text()) if doc and doc["kind"] == "Expectation"]
    assert len(found) == 1, f"{path.name} needs exactly one Expectation"
    assert found[0]["arithmetic"], f"{path.name} needs its arithmetic"
    expect: dict[str, Any] = found[0]["expect"]
    assert expect.keys() <= {"timeline", "compare", "atOnce"}
    return expect


def rows(waves: Sequence[Wave], kind: WaveKind) -> list[list[float | int | None]]:
    return [[wave.start, wave.end, len(wave.nodes)] for wave in waves if wave.kind is kind]


def outcome(story: Timeline) -> dict[str, Any]:
    window, stall = story.window, story.stall
    totals = rollout_entry(window)["totals"]
    events = [
        f"{offset((item.at - story.started).total_seconds())} {event_words(item)} {item.node}".strip()
        for item in shown_events(story)
    ]
    return {
        "events": events,
        "waves": rows(window.waves, WaveKind.UPDATE),
        "sick": [wave.sick for wave in window.updates],
        "created": rows(window.waves, WaveKind.CREATE),
        "removed": rows(window.waves, WaveKind.REMOVE),
        "barrier": rows(story.barrier.waves, WaveKind.UPDATE),
        "seconds": window.seconds,
        "barrierSeconds": story.barrier.seconds,
        "slowSeconds": story.slow_seconds,
        "outcome": str(window.outcome),
        "mostDown": window.run.most_down,
        "lostPodSeconds": window.run.lost_pod_seconds,
        "leftOutdated": list(window.run.left_outdated),
        "leftDown": list(window.run.left_down),
        "totals": {name: number for name, number in totals.items() if number},
        "evicted": list(story.evicted),
        "stall": stall.text if stall else None,
        "stallKind": str(stall.kind) if stall else None,
        "stallCulprits": [f"{item.node} {item.why}" for item in stall.blockers] if stall else [],
        "stallAdvice": stall.advice if stall else None,
    }


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_spec(path: Path) -> None:
    expect = expectation(path)
    world = dsplan.load([path])
    if wanted := expect.get("timeline"):
        options = wanted.pop("options")
        broken = find_daemonsets(world, options.pop("broken", ()))
        stories = timeline(world, now=NOW, durations=Overrides(**options), broken=broken)
        assert {str(story.identity) for story in stories} == wanted.keys()
        for story in stories:
            hoped = wanted[str(story.identity)]
            got = outcome(story)
            assert {field: got[field] for field in hoped} == hoped
            assert ("stall" in hoped or "stallKind" in hoped) == (story.stall is not None)
        assert timeline_text(stories).strip()
    if wanted := expect.get("compare"):
        strategies = [parse_strategy(text) for text in wanted.pop("strategies")]
        found = compare(world, now=NOW, strategies=strategies, durations=Overrides(**wanted.pop("options")))
        assert {str(entry.identity): compared(entry) for entry in found} == wanted
    plan = solve(world, now=NOW)
    costs = {
        str(cost.identity): {"pods": cost.pods, "nodes": list(cost.nodes), "allowed": cost.allowed}
        for cost in unbudgeted_deletions(plan.account, plan.index.names)
    }
    assert costs == expect.get("atOnce", {})


def compared(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "strategy": str(entry.strategy),
            "arithmetic": entry.arithmetic,
            "seconds": entry.rollout.seconds,
            "waves": entry.waves,
            "mostDown": entry.rollout.run.most_down,
            "inZone": entry.rollout.run.most_down_in_zone[1],
            "lost": entry.rollout.run.lost_pod_seconds,
        }
        for entry in comparison.results
    ]
