"""How long pods took to start: restarts, reboots and nodes out of reach are no part of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dsplan.manifests.decode import decode
from dsplan.model.pod import Pod
from dsplan.observe.startup import Startup, startup_of, startup_seconds
from dsplan.rollouts.duration_sources import duration_sources

BORN = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAEMONSET: dict[str, Any] = {
    "kind": "DaemonSet",
    "metadata": {"name": "logs", "namespace": "ops", "uid": "u"},
    "spec": {"selector": {"matchLabels": {"app": "logs"}}, "template": {"metadata": {"labels": {"app": "logs"}}}},
}


def _at(seconds: float) -> str:
    return (BORN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def tree(
    name: str, *, started: float | None, ready: float, ready_again: float | None = None, restarts: int = 0
) -> dict[str, Any]:
    """A pod created at BORN whose container started after `started` seconds; Ready changed last at `ready_again`."""
    state = {} if started is None else {"state": {"running": {"startedAt": _at(started)}}}
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "ops",
            "creationTimestamp": _at(0),
            "labels": {"app": "logs"},
            "ownerReferences": [{"kind": "DaemonSet", "name": "logs", "uid": "u", "controller": True}],
        },
        "spec": {"nodeName": name},
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": "ContainersReady", "status": "True", "lastTransitionTime": _at(ready)},
                {"type": "Ready", "status": "True", "lastTransitionTime": _at(ready_again or ready)},
            ],
            "containerStatuses": [{"name": "c", "restartCount": restarts, **state}],
        },
    }


def pod(name: str = "n1", **how: Any) -> Pod:
    (found,) = decode([tree(name, **how)]).pods
    return found


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"started": 3, "ready": 15}, Startup(3.0, 12.0)),
        ({"started": 86_400, "ready": 86_409, "restarts": 1}, Startup(None, 9.0)),
        ({"started": 3, "ready": 15, "ready_again": 90_000}, Startup(3.0, 12.0)),
        ({"started": None, "ready": 15}, Startup(0.0, 15.0)),
        ({"started": None, "ready": 90_000, "restarts": 2}, None),
        ({"started": 20, "ready": 15}, None),
    ],
    ids=["plain", "rebooted", "node out of reach for a while", "no start told", "restarted, no start told", "clocks"],
)
def test_startup(how: dict[str, Any], expected: Startup | None) -> None:
    assert startup_of(pod(**how)) == expected


def test_a_pod_that_restarted_gets_its_siblings_time_up_to_the_start() -> None:
    pods = [pod(started=4, ready=10), pod(started=6, ready=12), pod(started=9_000, ready=9_007, restarts=3)]
    assert startup_seconds(pods) == [10.0, 12.0, 12.0]


@pytest.mark.parametrize(
    ("pods", "told"), [(2, "only 2 pods could be learned from"), (3, "ready 10 s (median of 3 pods)")]
)
def test_of_too_few_pods_nothing_is_concluded_and_that_is_said(pods: int, told: str) -> None:
    world = decode([DAEMONSET, *(tree(f"n{number}", started=2, ready=10) for number in range(pods))])
    assert told in "; ".join(duration_sources(world).notes(world.daemonsets[0]))
