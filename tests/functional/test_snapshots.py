"""What dsplan computes for dumped clusters against what the real controller computed and did."""

from __future__ import annotations

from collections import defaultdict

import pytest

import dsplan
from dsplan.passes import Step
from tests.functional.snapshots import FOLDER, beside, needs_snapshots, stems, taken, world

pytestmark = needs_snapshots
COUNTERS = {
    "desiredNumberScheduled": "desired_number_scheduled",
    "currentNumberScheduled": "current_number_scheduled",
    "numberMisscheduled": "number_misscheduled",
    "numberReady": "number_ready",
    "updatedNumberScheduled": "updated_number_scheduled",
    "numberAvailable": "number_available",
    "numberUnavailable": "number_unavailable",
}


def one_pass(stem: str) -> Step:
    return dsplan.step(world(stem), now=taken(stem))


def first_actions(stem: str) -> dict[str, dict[str, list[dict[str, str]]]]:
    name, ending = stem.removesuffix("-BEFORE"), "AFTER"
    key = "firstActions"
    if stem.endswith("-BEFORE"):
        ending, key = "CHANGES", "firstActions_kubeletPaused"
    changes: dict[str, dict[str, list[dict[str, str]]]] = beside(name, ending)[key]["changes"]["byDaemonSet"]
    return changes


@pytest.mark.parametrize("stem", stems())
def test_status_counters_are_those_of_the_controller(stem: str) -> None:
    expect = beside(stem, "EXPECT")
    settled = expect.get("controller") != "stopped"
    for entry in one_pass(stem).daemonsets:
        assert entry.status is not None
        want = expect["daemonsets"][str(entry.identity)]["status"]
        got = {name: getattr(entry.status, counter) for name, counter in COUNTERS.items()}
        if settled:
            assert got == {name: want.get(name, 0) for name in COUNTERS}, entry.identity


@pytest.mark.parametrize("stem", stems())
def test_a_settled_cluster_has_nothing_to_do(stem: str) -> None:
    if beside(stem, "EXPECT").get("controller") == "stopped":
        assert one_pass(stem).actions
        return
    assert [action for action in one_pass(stem).actions if action.kind == "Pod"] == []


def stopped() -> list[str]:
    return [stem for stem in stems() if FOLDER.is_dir() and beside(stem, "EXPECT").get("controller") == "stopped"]


@pytest.mark.parametrize("stem", stopped())
def test_the_first_actions_are_those_of_the_controller(stem: str) -> None:
    """Sets where the rules determine them; numbers within a rolling update, whose choice upstream leaves to chance.

    Where failed or succeeded pods are deleted they vanish at once and are created again; where manage acts first the
    rolling update follows (C9): the real log holds those later passes, too, and dsplan's one pass is a part of it.
    """
    real = first_actions(stem)
    mine: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    retried = set()
    for action in one_pass(stem).actions:
        if action.kind == "Pod" and action.verb in ("create", "delete"):
            key = "created" if action.verb == "create" else "deleted"
            mine[str(action.daemonset)][key].add(action.node if key == "created" else action.name)
            if action.reason in ("Failed", "Succeeded"):
                retried.add(str(action.daemonset))
    entries = one_pass(stem).daemonsets
    rolling = {str(e.identity) for e in entries if e.rolling_update_ran}
    retried |= {str(e.identity) for e in entries if e.rolling and e.rolling.delete and not e.rolling_update_ran}
    for name in sorted({*real, *mine} & {str(entry.identity) for entry in entries}):
        created = {entry["node"] for entry in real.get(name, {}).get("created", [])}
        deleted = {entry["pod"] for entry in real.get(name, {}).get("deleted", [])}
        if name in rolling and mine[name]["deleted"]:
            assert len(mine[name]["deleted"]) == len(deleted)
        elif name in retried:
            assert mine[name]["created"] <= created
            assert mine[name]["deleted"] <= deleted
        else:
            assert (mine[name]["created"], mine[name]["deleted"]) == (created, deleted), name
