"""Faults, one injector each. Each strikes once, as badly as it can; chance is handed to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import msgspec

from ..model.daemonset import DaemonSet, DaemonSetSpec, RollingUpdate
from ..model.meta import RawTree
from ..model.node import Node
from ..model.policy import Budget
from ..simulator import Removed
from .scene import Scene

__all__ = ["FAULTS", "Fault", "with_image"]


class Fault(msgspec.Struct, frozen=True):
    """A misfortune, named as in reports."""

    name: str
    strike: Callable[[Scene, Random], None]


def crash(scene: Scene, dice: Random) -> None:
    """The host dies after any prefix of what it was about to write."""
    host = dice.choice(scene.hosts)
    host.send(dice.randint(0, len(host.to_send)))
    host.crash(keep_state=dice.random() < 0.5)


def stale_fail_over(scene: Scene, dice: Random) -> None:
    """The host dies, and its successor is first shown what a replica of long ago holds."""
    dice.choice(scene.hosts).crash(lag=dice.randint(1, 40))


def lose_event(scene: Scene, dice: Random) -> None:
    """An event never arrives; the watch is listed again some time later."""
    wire = dice.choice(scene.hosts).wire
    wire.fetch()
    wire.lose(dice.randrange(1000))


def repeat_event(scene: Scene, dice: Random) -> None:
    """A pending event comes twice, or one of long ago comes again."""
    wire = dice.choice(scene.hosts).wire
    wire.fetch()
    (wire.repeat if dice.random() < 0.5 else wire.replay)(dice.randrange(1000))


def reorder_events(scene: Scene, dice: Random) -> None:
    """Events overtake each other."""
    wire = dice.choice(scene.hosts).wire
    wire.fetch()
    for _ in range(3):
        wire.swap(dice.randrange(1000))


def delay_events(scene: Scene, dice: Random) -> None:
    """Time passes and nothing is heard of it; the host decides by what it knew."""
    scene.cluster.pass_time(dice.choice((1, 6, 30)))
    scene.look(dice.choice(scene.hosts))


def relist(scene: Scene, dice: Random) -> None:
    """The watch breaks and everything is listed, by chance from a replica that lags behind."""
    host = dice.choice(scene.hosts)
    at = max(0, scene.cluster.version - dice.randint(0, 20))
    host.wire.relist(host.reconciler, at=at if dice.random() < 0.5 else None)


def second_host(scene: Scene, dice: Random) -> None:
    """Another host acts at the same time, or one of two goes."""
    if len(scene.hosts) == 1:
        scene.add_host()
    else:
        scene.remove_host(dice.randrange(2))


def never_ready(scene: Scene, dice: Random) -> None:
    """Pods started from now on do not become ready, on some nodes, until the trouble is over."""
    scene.kubelet.sick = frozenset(dice.sample(sorted(scene.node_names), k=dice.randint(0, 2)))


def failing_pods(scene: Scene, dice: Random) -> None:
    """Pods started from now on fail, on some nodes, until the trouble is over."""
    scene.kubelet.failing = frozenset(dice.sample(sorted(scene.node_names), k=dice.randint(0, 1)))


def flapping_node(scene: Scene, dice: Random) -> None:
    """A node is not ready, is well again, goes, or comes back."""
    name = dice.choice(sorted(scene.node_names))
    node: Node | None = scene.cluster.get("Node", "", name)
    if node is None:
        scene.cluster.inject(scene.node_names[name])
    elif dice.random() < 0.3:
        scene.cluster.inject(Removed(node))
    else:
        scene.cluster.inject(scene.as_ready(node, ready=not node.ready))


def edit(scene: Scene, dice: Random) -> None:
    """Somebody edits a DaemonSet, several times in a row."""
    for _ in range(dice.randint(1, 3)):
        daemonsets = [item for item in scene.cluster.list("DaemonSet").items if isinstance(item, DaemonSet)]
        scene.cluster.inject(_edited(dice.choice(daemonsets), dice))


def edit_policy(scene: Scene, dice: Random) -> None:
    """Somebody edits a policy: another budget, a pause; or it is gone."""
    if not scene.policies:
        return
    policy = dice.choice(scene.policies)
    what = dice.choice(("one", "two", "paused", "gone"))
    if what == "gone":
        scene.cluster.remove_policy(policy.metadata.namespace, policy.name)
        return
    budgets = (Budget(max_unavailable=2 if what == "two" else 1),)
    spec = msgspec.structs.replace(policy.spec, budgets=budgets, paused=what == "paused")
    scene.cluster.put_policy(msgspec.structs.replace(policy, spec=spec))


def clock_jump(scene: Scene, dice: Random) -> None:
    """A host's clock jumps, forwards or back."""
    dice.choice(scene.hosts).skew = timedelta(seconds=dice.choice((-400, -30, 0, 5, 30, 400)))


def _edited(daemonset: DaemonSet, dice: Random) -> DaemonSet:
    spec = daemonset.spec
    what = dice.choice(("image", "image", "image", "budget", "min-ready", "selector"))
    if what == "budget":
        rolling = dice.choice((RollingUpdate(max_unavailable=1), RollingUpdate(max_unavailable=2), _SURGE))
        strategy = msgspec.structs.replace(spec.update_strategy, rolling_update=rolling)
        spec = msgspec.structs.replace(spec, update_strategy=strategy)
    elif what == "min-ready":
        spec = msgspec.structs.replace(spec, min_ready_seconds=dice.choice((0, 10)))
    else:
        pod = spec.template["spec"]
        changed = _with_image(pod, dice) if what == "image" else _with_selector(pod, dice)
        spec = msgspec.structs.replace(spec, template={**spec.template, "spec": changed})
    return _with_spec(daemonset, spec)


def with_image(daemonset: DaemonSet, image: str) -> DaemonSet:
    """Return the DaemonSet edited: another image, the next generation."""
    pod = {**daemonset.spec.template["spec"], "containers": [{"name": "main", "image": image}]}
    template = {**daemonset.spec.template, "spec": pod}
    return _with_spec(daemonset, msgspec.structs.replace(daemonset.spec, template=template))


def _with_spec(daemonset: DaemonSet, spec: DaemonSetSpec) -> DaemonSet:
    metadata = msgspec.structs.replace(daemonset.metadata, generation=daemonset.metadata.generation + 1)
    return msgspec.structs.replace(daemonset, metadata=metadata, spec=spec)


_SURGE = RollingUpdate(max_unavailable=0, max_surge=1)


def _with_image(pod: RawTree, dice: Random) -> RawTree:
    return {**pod, "containers": [{"name": "main", "image": f"app:{dice.randint(1, 3)}"}]}


def _with_selector(pod: RawTree, dice: Random) -> RawTree:
    return {**pod, "nodeSelector": dice.choice(({}, {}, {"disk": "ssd"}))}


FAULTS: tuple[Fault, ...] = (
    Fault("crash after any prefix of the writes", crash),
    Fault("fail-over to a replica that lags behind", stale_fail_over),
    Fault("lost event", lose_event),
    Fault("repeated event", repeat_event),
    Fault("reordered events", reorder_events),
    Fault("late events", delay_events),
    Fault("relist", relist),
    Fault("two hosts at once", second_host),
    Fault("pods that never become ready", never_ready),
    Fault("pods that fail", failing_pods),
    Fault("flapping node", flapping_node),
    Fault("edit in mid-roll-out", edit),
    Fault("edit of a policy", edit_policy),
    Fault("clock jump", clock_jump),
)
"""All of them."""
