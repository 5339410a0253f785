"""What pods say of themselves: bounded, escaped, and no line of a log."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.manifests.decode import decode
from dsplan.model.pod import Pod
from dsplan.observe.pod_status import LONGEST, status_words


def pod(*, node: str = "n1", **status: Any) -> Pod:
    (found,) = decode([{"kind": "Pod", "metadata": {"name": "p"}, "spec": {"nodeName": node}, "status": status}]).pods
    return found


def container(name: str = "c", restarts: int = 0, **states: Any) -> dict[str, Any]:
    return {"name": name, "restartCount": restarts, **states}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"containerStatuses": [container(state={"running": {"startedAt": "2026-01-01T00:00:00Z"}})]}, ()),
        ({"phase": "Failed", "reason": "Evicted"}, ("reason: Evicted",)),
        (
            {"containerStatuses": [container(state={"waiting": {"reason": "ErrImagePull", "message": "no tag"}})]},
            ("container c: waiting, ErrImagePull (no tag)",),
        ),
        (
            {
                "containerStatuses": [
                    container(
                        restarts=12,
                        state={"waiting": {"reason": "CrashLoopBackOff"}},
                        lastState={"terminated": {"reason": "OOM", "exitCode": 137}},
                    )
                ]
            },
            ("container c: waiting, CrashLoopBackOff; ended before with exit code 137, OOM; restarted 12 times",),
        ),
        (
            {"initContainerStatuses": [container("setup", state={"terminated": {"reason": "Error", "exitCode": 2}})]},
            ("init container setup: ended with exit code 2, Error",),
        ),
    ],
    ids=["runs", "evicted", "image", "crash loop", "init container"],
)
def test_words(status: dict[str, Any], said: tuple[str, ...]) -> None:
    assert status_words(pod(**status)) == said


def test_a_pod_that_finds_no_node_says_what_the_scheduler_said() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Insufficient cpu."}
    assert status_words(pod(node="", conditions=[condition])) == (
        "not scheduled: 0/3 nodes are available: 3 Insufficient cpu.",
    )
    assert status_words(pod(conditions=[condition])) == ()


def test_messages_are_cut_and_escaped_and_those_of_ended_containers_not_read() -> None:
    hostile = "\x1b[2J::error::\n" + "x" * 10_000
    secret = {"reason": "Error", "exitCode": 1, "message": "password=hunter2"}
    (line,) = status_words(
        pod(
            containerStatuses=[
                container(state={"waiting": {"reason": "E", "message": hostile}}, lastState={"terminated": secret})
            ]
        )
    )
    assert "\x1b" not in line
    assert "\n" not in line
    assert "hunter2" not in line
    assert len(line) < 2 * LONGEST
