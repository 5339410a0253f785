"""Simulated roll-outs of dumped clusters against what the real controller did next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from dsplan.model.meta import Identity
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from dsplan.observe.shape import is_ready
from dsplan.simulator import BoundPod, Durations, LogEntryKind, PodTransition, PodTransitionKind, Simulation, simulate
from tests.functional.snapshots import FOLDER, beside, needs_snapshots, taken, world

INSTANT = 0.05
FIELDS = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberMisscheduled",
    "updatedNumberScheduled",
    "numberAvailable",
)


class InstantKubelet:
    """The simulated kubelets of the recording: 0.05 s to ready, 0.05 s to gone; sick nodes do nothing.

    `holding`, nothing happens at all: the kubelets were paused. `stuck`, pods go, and no new one gets ready.
    """

    def __init__(self, *, holding: bool = False, stuck: bool = False) -> None:
        self.holding = holding
        self.stuck = stuck

    def create(self, daemonset: Identity, node: str) -> float:
        return 0.0

    def start(self, bound: BoundPod) -> Iterable[PodTransition]:
        return self._turns(bound.node)

    def resume(self, pod: Pod, node: Node | None, now: datetime) -> Iterable[PodTransition]:
        return () if is_ready(pod) or pod.terminating else self._turns(node)

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        if not pod.spec.node_name or pod.status.phase in ("Failed", "Succeeded"):
            return 0.0
        return None if self.holding or node is None or not node.ready else INSTANT

    def _turns(self, node: Node | None) -> Iterable[PodTransition]:
        idle = self.holding or self.stuck or node is None or not node.ready
        return () if idle else (PodTransition(INSTANT, PodTransitionKind.READY),)


def played(stem: str, kubelet: InstantKubelet) -> Simulation:
    return simulate(world(stem), kubelet, now=taken(stem), durations=Durations(between=0))


def deletions(story: Simulation) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {str(run.identity): Counter() for run in story.runs}
    for item in story.log:
        if item.kind is LogEntryKind.DELETED and item.daemonset is not None:
            found[str(item.daemonset)][item.node] += 1
    return found


def pairs() -> list[tuple[str, str]]:
    """Every (snapshot, part of its AFTER file) with a trace."""
    found = []
    for path in sorted(FOLDER.glob("*/*.AFTER.json.gz")):
        stem = str(path.relative_to(FOLDER))[: -len(".AFTER.json.gz")]
        after = beside(stem, "AFTER")
        found += [(stem, part) for part in ("firstActions", "toTheEnd") if part in after]
        found += [(stem, "")] if "trace" in after else []
    return found


def after_of(stem: str, part: str) -> Any:
    after = beside(stem, "AFTER")
    return after[part] if part else after


def changes_of(stem: str, part: str) -> Any:
    changes = after_of(stem, part)["changes"]
    return changes.get("byDaemonSet", changes)


@needs_snapshots
@pytest.mark.parametrize(("stem", "part"), pairs())
def test_never_more_than_the_real_one_did(stem: str, part: str) -> None:
    """As many deletions in all, on as many nodes, and never more nodes down at once."""
    real = after_of(stem, part)["trace"]
    story = played(stem, InstantKubelet(holding=part == "firstActions"))
    assert story.violations == ()
    gone = deletions(story)
    for name, trace in real.items():
        run = next(run for run in story.runs if str(run.identity) == name)
        assert sum(gone[name].values()) == trace["totalDeleted"], name
        assert run.most_down <= trace["maxDown_noReadyNonTerminatingPod"], name


@needs_snapshots
@pytest.mark.parametrize(("stem", "part"), [pair for pair in pairs() if pair[1] != "firstActions"])
def test_the_same_nodes_lose_their_pods_in_the_end(stem: str, part: str) -> None:
    """Which node comes when is random upstream; which nodes come at all is not."""
    gone = deletions(played(stem, InstantKubelet()))
    for name, changes in changes_of(stem, part).items():
        assert Counter(entry["node"] for entry in changes["deleted"]) == gone[name], name


@needs_snapshots
@pytest.mark.parametrize(("stem", "part"), pairs())
def test_the_status_at_the_end_is_the_real_one(stem: str, part: str) -> None:
    story = played(stem, InstantKubelet(holding=part == "firstActions"))
    statuses = {str(daemonset.identity): daemonset.status for daemonset in story.world.daemonsets}
    for name, expected in after_of(stem, part)["after"].items():
        got = statuses[name]
        assert {
            "desiredNumberScheduled": got.desired_number_scheduled,
            "currentNumberScheduled": got.current_number_scheduled,
            "numberMisscheduled": got.number_misscheduled,
            "updatedNumberScheduled": got.updated_number_scheduled,
            "numberAvailable": got.number_available,
        } == {field: expected["status"].get(field, 0) for field in FIELDS}, name


@needs_snapshots
def test_a_stuck_roll_out_stays_stuck() -> None:
    story = played("A/A-3-stuck", InstantKubelet(stuck=True))
    changes = beside("A/A-3-stuck", "AFTER")["changes"]["byDaemonSet"]
    for name, counted in deletions(story).items():
        assert sum(counted.values()) == len(changes.get(name, {}).get("deleted", ())), name
