"""Every spec is runnable and comes to what its author computed by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import dsplan
from dsplan.model.pod import Pod
from dsplan.planner import DaemonSetPlan, Plan
from dsplan.planner.account import Awaited, Fate, Kind, LotKind, Row
from dsplan.policies.plan_types import PolicyPlan
from dsplan.report.documents.plan import plan_document
from dsplan.report.text.plan import plan_text

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HELD = {"POLICY": "Policy", "BACK_OFF": "BackOff", "POD_GONE": "Terminating", "WRITE": "InFlight"}
KNOWN = {"summary", "daemonsets", "deployments", "policies"}


def expectation(path: Path) -> dict[str, Any]:
    found = [doc for doc in yaml.safe_load_all(path.read_text()) if doc and doc["kind"] == "Expectation"]
    assert len(found) == 1, f"{path.name} needs exactly one Expectation"
    assert found[0]["arithmetic"], f"{path.name} needs its arithmetic"
    return found[0]["expect"]


def vanished(entry: DaemonSetPlan, row: Row) -> list[Pod]:
    assert entry.step.observed is not None
    return [pod for name in row.vanished for pod in entry.step.observed.vanished[name].pods]


def outcome(entry: DaemonSetPlan, plan: Plan) -> dict[str, Any]:
    pods = [action for action in entry.step.actions if action.kind == "Pod"]
    rollout = entry.rollout
    names = plan.index.names
    held: dict[str, list[str]] = {}
    for row in entry.account.rows:
        if row.kind is Kind.BLOCKED or row.moment.awaited is Awaited.POLICY:
            reason = row.reason if row.fate in (Fate.PARKED, Fate.STALLED) else row.moment.awaited.name
            held.setdefault(HELD.get(reason, reason), []).extend(names[position] for position in row.nodes)
    held = {reason: sorted(nodes) for reason, nodes in held.items()}
    collected = (LotKind.COLLECTED,)
    excluded: dict[str, list[str]] = {}
    for part in entry.exclusions:
        excluded.setdefault(part.code, []).extend(plan.index.names[position] for position in part.nodes)
    return {
        "desired": entry.desired,
        "create": sorted(action.node for action in pods if action.verb == "create"),
        "delete": sorted(action.name for action in pods if action.verb == "delete"),
        "garbage": [pod.name for row in entry.account.rows if row.count(*collected) for pod in vanished(entry, row)],
        "update": sorted(rollout.updated),
        "waves": [run.size for run in rollout.waves for _ in range(run.repeat)],
        "held": held,
        "excluded": excluded,
        "createdPod": next((action.body["spec"] for action in pods if action.blueprint), {}),
    }


def policies(plan: PolicyPlan) -> dict[str, Any]:
    schedule = plan.schedule
    return {
        "waves": schedule.waves,
        "bound": schedule.bound,
        "minimal": schedule.minimal,
        "now": sorted(f"{unit.daemonset.name}@{unit.node}" for unit in (*plan.sick, *plan.wave)),
        "stalls": list(plan.stalls),
    }


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_spec(path: Path) -> None:
    expect = expectation(path)
    assert expect.keys() <= KNOWN
    plan = dsplan.solve(dsplan.load([path]), now=NOW)
    if "summary" in expect:
        assert str(plan.summary) == expect["summary"]
    assert ("policies" in expect) == (plan.policies is not None)
    if plan.policies is not None:
        assert expect["policies"] == policies(plan.policies)
    entries = {str(entry.identity): entry for entry in plan.daemonsets}
    assert entries.keys() == expect["daemonsets"].keys()
    for name, wanted in expect["daemonsets"].items():
        got = outcome(entries[name], plan)
        created = wanted.pop("createdPod", {})
        assert {field: got["createdPod"].get(field) for field in created} == created
        quiet = {field: got[field] for field in ("create", "delete", "garbage", "excluded") if field not in wanted}
        assert not any(quiet.values()), f"{name}: not expected: {quiet}"
        assert {field: got[field] for field in wanted} == wanted
    for name, wanted in expect.get("deployments", {}).items():
        contrast = next(item for item in plan.deployments if str(item.identity) == name)
        assert wanted == {
            "replicas": contrast.replicas,
            "eligible": contrast.eligible,
            "withoutAtLeast": contrast.without_at_least,
            "withoutAtMost": contrast.without_at_most,
        }


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_sum_of_desired_is_right_and_printed(path: Path) -> None:
    plan = dsplan.solve(dsplan.load([path]), now=NOW)
    for entry in plan.daemonsets:
        assert entry.step.verdicts is not None
        assert entry.desired == len(entry.step.verdicts.run)
        assert f"desired {entry.desired:,} = " in plan_text(plan_document(plan))
    assert plan_text(plan_document(plan)).rstrip().endswith(str(plan.summary))
