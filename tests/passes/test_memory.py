"""State: back-off of failed pods and expectations (M10, C6, C7)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from dsplan.manifests.decode import decode
from dsplan.model.meta import Identity
from dsplan.model.state import Expectations, State
from dsplan.model.world import World
from dsplan.passes import step
from tests.worlds import NOW, Tree, revision_of

DAEMONSET: Tree = {
    "kind": "DaemonSet",
    "metadata": {"name": "ds", "namespace": "default", "uid": "ds-uid"},
    "spec": {
        "selector": {"matchLabels": {"app": "ds"}},
        "updateStrategy": {"type": "OnDelete"},
        "template": {"metadata": {"labels": {"app": "ds"}}},
    },
}
NO_STATE = State()
OWNER = [{"kind": "DaemonSet", "name": "ds", "uid": "ds-uid", "controller": True}]


def failed(name: str) -> Tree:
    labels = {"app": "ds", "controller-revision-hash": "new"}
    metadata = {"name": name, "namespace": "default", "labels": labels, "ownerReferences": OWNER}
    return {"kind": "Pod", "metadata": metadata, "spec": {"nodeName": "n1"}, "status": {"phase": "Failed"}}


def cluster(*pods: Tree, state: State = NO_STATE) -> World:
    return decode([{"kind": "Node", "metadata": {"name": "n1"}}, DAEMONSET, revision_of(DAEMONSET), *pods], state=state)


def deleted(world: World, seconds: float) -> tuple[list[str], State, float | None]:
    whole = step(world, now=NOW + timedelta(seconds=seconds))
    names = [action.name for action in whole.actions if (action.kind, action.verb) == ("Pod", "delete")]
    return names, whole.state, whole.requeue_after


def test_one_failed_pod_a_window_and_windows_double() -> None:
    state = State()
    deletions = []
    for second in range(8):
        names, state, requeue = deleted(cluster(failed("a"), failed("b"), state=state), second)
        if names:
            assert names == ["a"]
            deletions.append(second)
        assert requeue is not None
        assert requeue > 0
        state = msgspec.structs.replace(state, expectations=())
    assert deletions == [0, 1, 3, 7]  # 1 s, 2 s, 4 s


def test_the_longest_window_is_a_quarter_of_an_hour_and_idleness_forgets() -> None:
    names, state, _ = deleted(cluster(failed("a")), 0)
    long = msgspec.structs.replace(state.backoffs[0], delay=900.0)
    for idle, delay in ((899, None), (900, 900.0), (1801, 1.0)):
        again, later, _ = deleted(cluster(failed("a"), state=State(backoffs=(long,))), idle)
        assert bool(again) is (delay is not None)
        if delay is not None:
            assert later.backoffs[0].delay == delay
    assert names == ["a"]


@pytest.mark.parametrize(("creates", "deletes", "acts"), [(1, 0, False), (0, 1, False), (0, 0, True), (-1, -2, True)])
def test_unseen_writes_hold_everything_but_status(creates: int, deletes: int, acts: bool) -> None:
    entry = Expectations(daemonset=Identity("DaemonSet", "default", "ds"), creates=creates, deletes=deletes, since=NOW)
    whole = step(cluster(state=State(expectations=(entry,))), now=NOW)
    assert any(action.verb == "create" for action in whole.actions) is acts  # C6
    assert whole.daemonsets[0].status is not None


def test_expectations_time_out_after_five_minutes() -> None:
    entry = Expectations(daemonset=Identity("DaemonSet", "default", "ds"), creates=1, since=NOW)
    whole = step(cluster(state=State(expectations=(entry,))), now=NOW + timedelta(minutes=5, seconds=1))
    assert any(action.verb == "create" for action in whole.actions)  # C7


def test_what_was_issued_is_expected() -> None:
    state = step(cluster(), now=NOW).state
    assert [(entry.creates, entry.deletes) for entry in state.expectations] == [(1, 0)]
