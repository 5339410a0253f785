"""Evidence that a pod fails: reasons, restarts, phase, and how long it has been not ready."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from dsplan.manifests.decode import decode_object
from dsplan.model.pod import ContainerState, ContainerStatus, ContainerTerminated, ContainerWaiting, Pod
from dsplan.observe.failing import failure_of, patience_of
from dsplan.testing import NOW, a_daemonset, a_pod

SOON, LATER = NOW + timedelta(seconds=30), NOW + timedelta(minutes=6)


def with_status(pod: Pod, **status: Any) -> Pod:
    return msgspec.structs.replace(pod, status=msgspec.structs.replace(pod.status, **status))


def waiting(reason: str, restarts: int = 0) -> tuple[ContainerStatus, ...]:
    state = ContainerState(waiting=ContainerWaiting(reason=reason))
    return (ContainerStatus(name="main", restart_count=restarts, state=state),)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, ""),
        ({"container_statuses": waiting("ContainerCreating")}, ""),
        ({"container_statuses": waiting("CrashLoopBackOff")}, "CrashLoopBackOff"),
        ({"init_container_statuses": waiting("ImagePullBackOff")}, "ImagePullBackOff"),
        (
            {
                "container_statuses": (
                    ContainerStatus(state=ContainerState(terminated=ContainerTerminated(reason="Error"))),
                )
            },
            "Error",
        ),
        (
            {
                "init_container_statuses": (
                    ContainerStatus(state=ContainerState(terminated=ContainerTerminated(reason="Completed"))),
                )
            },
            "",
        ),
        ({"container_statuses": (ContainerStatus(restart_count=3),)}, "restarted 3 times and not ready"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
    ],
    ids=str,
)
def test_what_is_evidence_at_once(status: dict[str, Any], said: str) -> None:
    assert failure_of(with_status(a_pod(a_daemonset(), "n1", ready_since=None), **status), SOON) == said


def test_restarts_of_a_ready_pod_are_none() -> None:
    pod = with_status(a_pod(a_daemonset(), "n1"), container_statuses=(ContainerStatus(restart_count=3),))
    assert failure_of(pod, LATER) == ""


def test_time_is_evidence_only_beyond_the_patience_and_counts_from_the_last_transition() -> None:
    pod = a_pod(a_daemonset(), "n1", ready_since=None)
    assert (failure_of(pod, SOON), failure_of(pod, LATER)) == ("", "not ready for 6m")
    assert failure_of(pod, LATER, patience=600) == ""
    condition = msgspec.structs.replace(pod.status.conditions[0], last_transition_time=NOW + timedelta(minutes=5))
    assert failure_of(with_status(pod, conditions=(condition,)), LATER) == ""


def test_a_pod_without_a_node_or_on_its_way_out_is_not_looked_at() -> None:
    pending = a_pod(a_daemonset(), "n1", bound=False, phase="Pending", ready_since=None)
    leaving = a_pod(a_daemonset(), "n1", ready_since=None, deleted=NOW)
    assert (failure_of(pending, LATER), failure_of(leaving, LATER)) == ("", "")


def test_patience_knows_siblings_and_startup_probes() -> None:
    probe = {
        "containers": [{"name": "main", "image": "a", "startupProbe": {"periodSeconds": 20, "failureThreshold": 30}}]
    }
    assert patience_of(a_daemonset(spec=probe)) == 600.0
    slow = [a_pod(a_daemonset(), f"n{number}", ready_since=NOW + timedelta(seconds=200)) for number in range(20)]
    assert patience_of(a_daemonset(), slow) == 800.0
    restarted = [with_status(pod, container_statuses=(ContainerStatus(restart_count=1),)) for pod in slow]
    assert patience_of(a_daemonset(), restarted) == 300.0


def test_it_is_read_from_the_wire() -> None:
    pod = decode_object(
        {
            "kind": "Pod",
            "metadata": {"name": "a", "namespace": "default"},
            "spec": {"nodeName": "n1"},
            "status": {
                "phase": "Running",
                "containerStatuses": [
                    {"name": "c", "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
                ],
            },
        }
    )
    assert isinstance(pod, Pod)
    assert failure_of(pod, NOW) == "CrashLoopBackOff"
