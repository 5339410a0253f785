"""The scheduler's filters against recorded ones: would the created pod fit on its node? (K1-K16)"""

from __future__ import annotations

from typing import Any

from dsplan.constraints import constraints_of
from dsplan.eligibility import evaluate
from dsplan.manifests.decode import decode
from dsplan.model.world import World
from dsplan.placement.filters.scheduler_view import SchedulerView

Record = dict[str, Any]


def check(record: Record) -> list[str]:
    """Return what differs from the recorded answer: `fits`, the failing plugins with their words, eligibility."""
    world = world_of(record)
    daemonset, node = world.daemonsets[0], world.nodes[0]
    found = SchedulerView(world, admit=False).failures(daemonset, node.name)
    problems = []
    if record["fits"] != (not found):
        problems.append(f"fits: expected {record['fits']}, got {not found}")
    got = {(str(failure.plugin), failure.code, failure.reasons) for failure in found}
    want = {(entry["plugin"], entry["code"], tuple(entry["reasons"])) for entry in record["reasons"]}
    if got != want:
        problems.append(f"reasons: expected {sorted(want)}, got {sorted(got)}")
    verdict = evaluate(constraints_of(daemonset), node)
    for field, value in (
        ("shouldRun", verdict.should_run),
        ("shouldContinueRunning", verdict.should_continue_running),
    ):
        if record[field] != value:
            problems.append(f"{field}: expected {record[field]}, got {value}")
    return problems


def world_of(record: Record) -> World:
    """Return the world of a record; its objects are as the controller and the scheduler saw them."""
    trees = [{"kind": "DaemonSet", **record["daemonset"]}, {"kind": "Node", **record["node"]}]
    return decode([*trees, *({"kind": "Pod", **pod} for pod in record["pods"])])
