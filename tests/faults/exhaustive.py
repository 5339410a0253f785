"""Every interleaving of a small world, to a stated depth.

Three nodes, two DaemonSets in the middle of a roll-out. At each point everything that can happen next does: one event
arrives, is lost or comes twice, the host looks, writes one action, crashes with or without its State, falls back to a
replica that lags behind, time passes, a template is edited, a node goes. Points that look alike are followed once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec

from dsplan.model.world import World
from dsplan.simulator import Removed
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
from dsplan.testing.faults import with_image
from dsplan.testing.scene import Scene
from tests.faults.chance import a_policy

Move = Callable[[Scene], None]


def small_world() -> World:
    """Return three nodes with two DaemonSets whose pods are out of date; one of them surges."""
    nodes = tuple(a_node(f"n{number}") for number in range(3))
    sets = (a_daemonset("ds0"), a_daemonset("ds1", max_unavailable=0, max_surge=1))
    old = [a_daemonset(item.name, image="app:0") for item in sets]
    revisions = [a_revision(item, number=1, hash_label="4f") for item in old]
    pods = [a_pod(item, node.name, hash_label="4f") for item in sets for node in nodes]
    return World(nodes=nodes, daemonsets=sets, pods=tuple(pods), revisions=tuple(revisions))


def governed_world() -> World:
    """Return the same with a policy that replaces the pods of the first DaemonSet, one at a time."""
    world = small_world()
    first, second = world.daemonsets
    strategy = msgspec.structs.replace(first.spec.update_strategy, type="OnDelete", rolling_update=None)
    first = msgspec.structs.replace(first, spec=msgspec.structs.replace(first.spec, update_strategy=strategy))
    policy = a_policy(first.name, steps=False)
    return msgspec.structs.replace(world, daemonsets=(first, second), rollout_policies=(policy,))


def _hear_one(scene: Scene) -> None:
    scene.hosts[0].hear(1)


def _hear_all(scene: Scene) -> None:
    scene.hosts[0].hear()


def _look(scene: Scene) -> None:
    scene.look(scene.hosts[0])


def _write_one(scene: Scene) -> None:
    scene.hosts[0].send(1)


def _write_all(scene: Scene) -> None:
    scene.hosts[0].send()


def _crash(scene: Scene) -> None:
    scene.hosts[0].crash()


def _crash_without_state(scene: Scene) -> None:
    scene.hosts[0].crash(keep_state=False)


def _lag(scene: Scene) -> None:
    scene.hosts[0].crash(lag=3)


def _lose(scene: Scene) -> None:
    scene.hosts[0].wire.fetch()
    scene.hosts[0].wire.lose(0)


def _repeat(scene: Scene) -> None:
    scene.hosts[0].wire.fetch()
    scene.hosts[0].wire.repeat(0)


def _swap(scene: Scene) -> None:
    scene.hosts[0].wire.fetch()
    scene.hosts[0].wire.swap(0)


def _time(scene: Scene) -> None:
    scene.cluster.pass_time(6)


def _edit(scene: Scene) -> None:
    daemonset = scene.cluster.get("DaemonSet", "default", "ds0")
    if daemonset.metadata.generation < 3:
        scene.cluster.inject(with_image(daemonset, f"app:{daemonset.metadata.generation + 1}"))


def _lose_node(scene: Scene) -> None:
    node = scene.cluster.get("Node", "", "n2")
    if node is not None:
        scene.cluster.inject(Removed(node))


def _lose_policy(scene: Scene) -> None:
    for policy in scene.policies:
        scene.cluster.remove_policy(policy.metadata.namespace, policy.name)


MOVES: dict[str, Move] = {
    "one event": _hear_one,
    "all events": _hear_all,
    "look": _look,
    "one write": _write_one,
    "all writes": _write_all,
    "crash": _crash,
    "crash without State": _crash_without_state,
    "lag": _lag,
    "lost event": _lose,
    "repeated event": _repeat,
    "swapped events": _swap,
    "time": _time,
    "edit": _edit,
    "node gone": _lose_node,
    "policy gone": _lose_policy,
}


ROOTS = ((), ("look", "one write"), ("look", "all writes", "all events", "time", "look"))
"""Where to begin: at rest, in the middle of the first writes, in the middle of the roll-out."""


class Report(msgspec.Struct):
    """How far it went, and the first path that went wrong."""

    depth: int
    points: int = 0
    moves: int = 0
    wrong: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def replay(path: tuple[str, ...], make: Callable[[], World] = small_world) -> Scene:
    """Return the scene after a path."""
    scene = Scene(make(), now=NOW + timedelta(hours=1))
    for name in path:
        MOVES[name](scene)
    return scene


def fingerprint(scene: Scene) -> int:
    """Return what a point looks like: cluster, host, what is on the wire, what waits to be written."""
    [host] = scene.hosts
    wire = [(entry.version, entry.event.type) for entry in host.wire.pending]
    sending = [action.key for action in host.to_send]
    host_state = host.reconciler.state
    return hash((repr(scene.cluster.world), repr(host.reconciler.world), repr(host_state), repr((wire, sending))))


def explore(depth: int, *, root: tuple[str, ...] = (), make: Callable[[], World] = small_world) -> Report:
    """Follow every path of `depth` more moves; safety is checked at each point, recovery at each of the last ones."""
    report = Report(depth)
    seen: set[int] = set()
    frontier = [root]
    for level in range(depth + 1):
        following: list[tuple[str, ...]] = []
        for path in frontier:
            scene = replay(path, make)
            mark = fingerprint(scene)
            if mark in seen:
                continue
            seen.add(mark)
            report.points += 1
            report.moves += len(path)
            problems = tuple(scene.safety.violations)
            if not problems and level == depth:
                problems = scene.recover().problems
            if problems:
                report.wrong, report.problems = path, problems
                return report
            following += [(*path, name) for name in MOVES]
        frontier = following
    return report
