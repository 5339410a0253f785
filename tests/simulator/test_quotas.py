"""A roll-out under a quota in time: who is refused, and who is created once others have gone (L10)."""

from __future__ import annotations

import msgspec

from dsplan import World, decode, simulate
from dsplan.model.daemonset import DaemonSet
from dsplan.model.pod import Pod
from dsplan.simulator.log import LogEntryKind
from dsplan.simulator.placement_scheduler import PlacementScheduler
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision


def _asking(cpu: str) -> DaemonSet:
    container = {"name": "main", "image": f"app:{cpu}", "resources": {"requests": {"cpu": cpu}}}
    return a_daemonset(uid="u", max_unavailable=2, spec={"containers": [container]})


def _world(limit: str) -> World:
    """Return four nodes whose pods of 100m are to be replaced by pods of 150m, two at a time."""
    old = _asking("100m")
    nodes = tuple(a_node(f"n{number}") for number in range(4))
    hard = {"requests.cpu": limit}
    quota = {
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": "default"},
        "spec": {"hard": hard},
        "status": {"used": {"requests.cpu": "400m"}},
    }
    return World(
        nodes=nodes,
        daemonsets=(_asking("150m"),),
        pods=tuple(_made(old, node.name) for node in nodes),
        revisions=(a_revision(old, hash_label="6d4b"),),
        resource_quotas=decode([quota]).resource_quotas,
    )


def _made(daemonset: DaemonSet, node: str) -> Pod:
    pod = a_pod(daemonset, node, hash_label="6d4b")
    return msgspec.structs.replace(pod, spec=msgspec.structs.replace(daemonset.pod.spec, node_name=node))


def _told(world: World) -> list[str]:
    log = simulate(world, now=NOW, scheduler=PlacementScheduler).log
    kinds = (LogEntryKind.DELETED, LogEntryKind.REFUSED, LogEntryKind.BOUND, LogEntryKind.AVAILABLE)
    return [f"{item.kind} {item.node}" for item in log if item.kind in kinds]


def test_room_that_a_pod_leaves_is_taken_by_one_that_waits_on_another_node() -> None:
    # 400m less two pods: 200m + 150m fit, a second 150m does not; worked out by hand from there.
    assert _told(_world("400m")) == [
        "deleted n0",
        "deleted n1",
        "refused n1",
        "available n0",
        "deleted n2",
        "bound n1",
        "refused n2",
        "available n1",
        "deleted n3",
        "refused n3",
    ]


def test_a_quota_with_room_changes_nothing() -> None:
    assert not any(line.startswith("refused") for line in _told(_world("600m")))
