"""What happens to a cluster in the scenarios: functions from World to World that suit any world, generated or read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from ..model.daemonset import DaemonSet, DaemonSetSpec, RollingUpdate, UpdateStrategy
from ..model.meta import Condition, ObjectMeta
from ..model.node import Node, NodeSpec, Taint
from ..model.pod import Pod, PodStatus
from ..model.world import World
from .chance import mixed
from .fleet import unready

__all__ = ["churned", "edited", "fresh", "joined", "one_at_a_time", "pool_of", "pool_tainted", "zone_lost"]

_HOSTNAME, _ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
_POOL_KEYS = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "agentpool",
    "role",
    "node.kubernetes.io/instance-type",
    "kubernetes.io/os",
)


def _replaced(world: World, **fields: Iterable[Any]) -> World:
    return msgspec.structs.replace(world, **{name: tuple(objects) for name, objects in fields.items()})


def _with_spec(daemonset: DaemonSet, *, generation: int | None = None, **fields: Any) -> DaemonSet:
    old = daemonset.spec
    kept = {name: getattr(old, name) for name in DaemonSetSpec.__struct_fields__}
    metadata = daemonset.metadata
    if generation is not None:
        metadata = msgspec.structs.replace(metadata, generation=generation)
    return msgspec.structs.replace(daemonset, metadata=metadata, spec=DaemonSetSpec(**{**kept, **fields}))


def fresh(world: World) -> World:
    """Return the world with DaemonSets and revisions that nothing has been remembered about yet."""
    daemonsets = [_with_spec(daemonset, template=dict(daemonset.spec.template)) for daemonset in world.daemonsets]
    revisions = [msgspec.structs.replace(revision, data=_copied(revision.data)) for revision in world.revisions]
    return _replaced(world, daemonsets=daemonsets, revisions=revisions)


def _copied(tree: Any) -> Any:
    return {key: _copied(value) for key, value in tree.items()} if isinstance(tree, dict) else tree


def edited(world: World, number: int = 1) -> World:
    """Return the world with every template changed; another `number` is another change.

    >>> from dsplan.bench.worlds import make_world
    >>> world = make_world(nodes=3)
    >>> edited(world).daemonsets[0].spec.template == world.daemonsets[0].spec.template
    False
    """
    return _replaced(world, daemonsets=[_edited(daemonset, number) for daemonset in world.daemonsets])


def _edited(daemonset: DaemonSet, number: int) -> DaemonSet:
    template = daemonset.spec.template
    metadata = dict(template.get("metadata") or {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), "bench.example.com/edit": str(number)}
    generation = daemonset.metadata.generation + number
    return _with_spec(daemonset, generation=generation, template={**template, "metadata": metadata})


def one_at_a_time(world: World) -> World:
    """Return the world with every template changed and maxUnavailable 1 on every DaemonSet."""
    strategy = UpdateStrategy(type="RollingUpdate", rolling_update=RollingUpdate(max_unavailable=1))
    changed = edited(world)
    return _replaced(
        changed, daemonsets=[_with_spec(daemonset, update_strategy=strategy) for daemonset in changed.daemonsets]
    )


def pool_of(world: World) -> list[Node]:
    """Return the nodes of the largest pool, by its label; a tenth of all nodes where no label tells pools apart."""
    for key in _POOL_KEYS:
        sizes = Counter(node.labels[key] for node in world.nodes if key in node.labels)
        if len(sizes) > 1:
            wanted = min(sizes, key=lambda value: (-sizes[value], value))
            return [node for node in world.nodes if node.labels.get(key) == wanted]
    return list(world.nodes[::10])


def pool_tainted(world: World) -> World:
    """Return the world with a NoExecute taint that only keyless tolerations tolerate on all nodes of a pool."""
    taint = Taint(key="bench.example.com/drain", effect="NoExecute")
    pool = {node.name for node in pool_of(world)}
    return _replaced(world, nodes=[_tainted(node, taint) if node.name in pool else node for node in world.nodes])


def _tainted(node: Node, taint: Taint) -> Node:
    spec = NodeSpec(taints=(*node.spec.taints, taint), unschedulable=node.spec.unschedulable)
    return Node(metadata=node.metadata, spec=spec, status=node.status)


def zone_lost(world: World) -> World:
    """Return the world after the kubelets of the first zone fell silent; the pods there are not ready any more."""
    zone = min((node.labels.get(_ZONE, "") for node in world.nodes), default="")
    lost = {node.name for node in world.nodes if node.labels.get(_ZONE, "") == zone}
    nodes = [unready(node) if node.name in lost else node for node in world.nodes]
    return _replaced(world, nodes=nodes, pods=_silenced(world.pods, lost))


_SILENT = PodStatus(phase="Running", conditions=(Condition(type="Ready", status="False"),))


def _silenced(pods: Iterable[Pod], lost: set[str]) -> Iterable[Pod]:
    for pod in pods:
        silent = pod.spec.node_name in lost
        yield Pod(metadata=pod.metadata, spec=pod.spec, status=_SILENT) if silent else pod


def joined(world: World, count: int = 200) -> World:
    """Return the world with `count` more nodes, made like those that are there.

    >>> from dsplan.bench.worlds import make_world
    >>> len(joined(make_world(nodes=3)).nodes)
    203
    """
    models = world.nodes or (Node(),)
    newcomers = [_newcomer(models[number % len(models)], f"joined-{number:04}") for number in range(count)]
    return _replaced(world, nodes=[*world.nodes, *newcomers])


def _newcomer(model: Node, name: str) -> Node:
    labels = {**model.labels, _HOSTNAME: name}
    metadata = ObjectMeta(name=name, uid=f"uid-{name}", resource_version="1", labels=labels)
    return Node(metadata=metadata, spec=model.spec, status=model.status)


def churned(world: World, *, per_mille: int = 10, seed: int = 0) -> World:
    """Return the world after `per_mille` of the nodes left (their pods are still there) and as many came."""
    leaving = {
        node.name for number, node in enumerate(world.nodes) if mixed(seed + 1, number) % 1000 < max(1, per_mille)
    }
    stay = [node for node in world.nodes if node.name not in leaving]
    return joined(_replaced(world, nodes=stay), len(leaving))
