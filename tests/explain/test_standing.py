"""What there is on a node, what is waited for, and which pod holds the place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from dsplan.explain.answers import Answer, Kind
from dsplan.explain.why import why
from dsplan.manifests.decode import decode
from dsplan.model.meta import Identity
from dsplan.model.state import Backoff, Expectations, State
from dsplan.planner.account import Awaited, Fate

from .builders import daemonset, node, pod, revision

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DS = daemonset()
ON_DELETE = daemonset(strategy={"type": "OnDelete"})
GONE = {"deletionTimestamp": "2026-05-01T11:59:00Z"}


def ask(*objects: dict[str, Any], on: str = "n1", state: State | None = None) -> Answer:
    world = decode(list(objects))
    if state is not None:
        world = msgspec.structs.replace(world, state=state)
    return why(world, "ds", on, now=NOW).answer


@pytest.mark.parametrize(
    ("pods", "kind", "fate"),
    [
        ([], Kind.YES, Fate.CREATED),
        ([pod(DS, "n1", "new")], Kind.YES, Fate.RUNS),
        ([pod(DS, "n1", "new", ready=False)], Kind.YES, Fate.STARTING),
        ([pod(DS, "n1", "old")], Kind.YES, Fate.REPLACED),
        ([pod(DS, "n1", "new", **GONE)], Kind.BLOCKED, Fate.CREATED),
        ([pod(DS, "n1", "new", phase="Succeeded", ready=False)], Kind.YES, Fate.REPAIRED),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_a_wanted_node(pods: list[dict[str, Any]], kind: Kind, fate: Fate) -> None:
    answer = ask(DS, revision(DS, "new"), node("n1"), *pods)
    assert (answer.verdict, answer.kind, answer.fate) == ("RUN", kind, fate)
    assert [entry.name for entry in answer.pods if entry.holds] == [item["metadata"]["name"] for item in pods]


def test_a_failed_pod_in_back_off_holds_the_place() -> None:
    entry = Backoff(
        daemonset_uid="ds-uid", observed_generation=0, node="n1", delay=900.0, last_deletion=NOW - timedelta(seconds=5)
    )
    failed = pod(DS, "n1", "new", phase="Failed", ready=False)
    answer = ask(DS, revision(DS, "new"), node("n1"), failed, state=State(backoffs=(entry,)))
    assert (answer.kind, answer.fate, answer.moment.awaited) == (Kind.BLOCKED, Fate.REPAIRED, Awaited.BACK_OFF)
    assert answer.pods[0].holds


def test_on_delete_waits_for_somebody() -> None:
    answer = ask(ON_DELETE, revision(ON_DELETE, "new"), node("n1"), pod(ON_DELETE, "n1", "old"))
    assert (answer.kind, answer.fate) == (Kind.BLOCKED, Fate.PARKED)


def test_a_stalled_roll_out_names_the_nodes_that_hold_the_budget() -> None:
    nodes = [node("n1"), node("sick", ready=False)]
    pods = [pod(DS, "n1", "old"), pod(DS, "sick", "new", ready=False)]
    answer = ask(DS, revision(DS, "new"), *nodes, *pods)
    assert (answer.kind, answer.fate, answer.blockers) == (Kind.BLOCKED, Fate.STALLED, ("sick",))


def test_waves_are_counted_and_classes_span_them() -> None:
    nodes = [node(f"n{number}") for number in (1, 2, 3)]
    pods = [pod(DS, f"n{number}", "old") for number in (1, 2, 3)]
    world = decode([DS, revision(DS, "new"), *nodes, *pods])
    assert [why(world, "ds", f"n{number}", now=NOW).answer.wave for number in (1, 2, 3)] == [1, 2, 3]
    (only,) = why(world, "ds", now=NOW).classes
    assert (only.count, only.waves) == (3, (1, 3))


def test_writes_in_flight() -> None:
    expected = Expectations(daemonset=Identity("DaemonSet", "default", "ds"), creates=1, since=NOW)
    answer = ask(DS, revision(DS, "new"), node("n1"), state=State(expectations=(expected,)))
    assert (answer.kind, answer.fate, answer.moment.awaited) == (Kind.BLOCKED, Fate.CREATED, Awaited.WRITE)


def test_a_daemonset_that_is_being_deleted_does_nothing() -> None:
    deleted = {**DS, "metadata": {**DS["metadata"], **GONE}}
    answer = ask(deleted, node("n1"))
    assert (answer.kind, answer.fate) == (Kind.BLOCKED, Fate.UNTOUCHED)
    assert "being deleted" in answer.detail


@pytest.mark.parametrize(
    ("taint", "pods", "verdict", "fate"),
    [
        ("x:NoSchedule", [], "KEEP", Fate.EXCLUDED),
        ("x:NoSchedule", [pod(DS, "n1", "new")], "KEEP", Fate.KEPT),
        ("x:NoExecute", [], "DENY", Fate.EXCLUDED),
        ("x:NoExecute", [pod(DS, "n1", "new")], "DENY", Fate.REMOVED),
        ("x:NoSchedule", [pod(DS, "n1", "old")], "KEEP", Fate.REMOVED),
    ],
)
def test_an_unwanted_node(taint: str, pods: list[dict[str, Any]], verdict: str, fate: Fate) -> None:
    answer = ask(DS, revision(DS, "new"), node("n1", taints=[taint]), *pods)
    assert (answer.verdict, answer.kind, answer.fate) == (verdict, Kind.BY_DESIGN, fate)


def test_a_passing_condition_is_told_as_passing() -> None:
    """The kind is the account's: the node is excluded, and the numbers of `solve` and `why` are the same."""
    taints = ["node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"]
    answer = ask(DS, node("n1", taints=taints, ready=False))
    assert (answer.verdict, answer.kind) == ("KEEP", Kind.BY_DESIGN)
    assert "this passes" in answer.detail
    assert [helped.taint for helped in answer.helped] == ["node.kubernetes.io/not-ready:NoExecute"]
    assert "this passes" not in ask(DS, node("n1", taints=[*taints, "x:NoSchedule"])).detail


def test_what_no_node_can_satisfy_is_told() -> None:
    gone = daemonset(nodeSelector={"zone": "a"}, affinity=required({"key": "zone", "operator": "In", "values": ["b"]}))
    answer = ask(gone, node("n1", labels={"zone": "a"}))
    assert answer.kind is Kind.BY_DESIGN
    assert answer.detail == "no node can have zone=a and zone In [b]"


def required(*expressions: dict[str, Any]) -> dict[str, Any]:
    terms = {"nodeSelectorTerms": [{"matchExpressions": list(expressions)}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def test_no_room_is_impossible_with_the_numbers_and_the_holders() -> None:
    web = {
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "resources": {"requests": {"memory": "700Mi"}}}]},
    }
    answer = ask(daemonset(memory="512Mi"), node("n1", memory="1Gi"), web)
    assert (answer.verdict, answer.kind, answer.fate) == ("RUN", Kind.IMPOSSIBLE, Fate.UNPLACED)
    assert str(answer.failures[0].shortages[0]) == "memory: needs 512Mi, 324Mi free of 1Gi; taken by shop/web"
    assert answer.blockers == ("shop/web",)


def test_a_node_that_reports_no_room_is_not_judged() -> None:
    assert ask(daemonset(memory="512Mi"), node("n1")).kind is Kind.YES
