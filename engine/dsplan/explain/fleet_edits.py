"""Edits of nodes that touch the pods on them: draining a node, replacing a pool of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ..errors import InputError, Problem
from ..model.meta import controller_of
from ..model.node import pool_of
from ..model.pod import Pod, target_node
from ..model.selectors import selector_matches
from ..model.world import Note, World

__all__ = ["pods_evicted", "pool_removed"]

_STAYING = ("DaemonSet", "Node")
"""Owners whose pods `kubectl drain --ignore-daemonsets` leaves: daemons, and the kubelet's own (static) pods."""
_SHOWN = 3


def pods_evicted(world: World, node: str) -> World:
    """Return the world without the pods that a drain of the node evicts; notes say what stands in the way of it.

    >>> from dsplan.manifests.decode import decode
    >>> pods = [{"kind": "Pod", "metadata": {"name": name, "namespace": "shop", "ownerReferences": [
    ...     {"kind": kind, "name": "x", "controller": True}]}, "spec": {"nodeName": "n1"}}
    ...     for name, kind in (("web", "ReplicaSet"), ("agent", "DaemonSet"))]
    >>> [pod.name for pod in pods_evicted(decode(pods), "n1").pods]
    ['agent']
    """
    going = [pod for pod in world.pods if pod.spec.node_name == node and not _stays(pod)]
    if not going:
        return world
    names = {(pod.metadata.namespace, pod.name) for pod in going}
    kept = tuple(pod for pod in world.pods if (pod.metadata.namespace, pod.name) not in names)
    return msgspec.structs.replace(world, pods=kept, notes=(*world.notes, *_notes(world, node, going)))


def _stays(pod: Pod) -> bool:
    owner = controller_of(pod.metadata)
    return owner is not None and owner.kind in _STAYING


def _notes(world: World, node: str, going: Sequence[Pod]) -> Iterator[Note]:
    subject = f"drain of {node}"
    text = f"{len(going):,} pod{'s' * (len(going) != 1)} evicted; daemon pods stay, as with --ignore-daemonsets"
    yield Note(subject, f"{text}; where the evicted ones are made again is not planned")
    alone = [pod.name for pod in going if controller_of(pod.metadata) is None]
    if alone:
        yield Note(
            subject, f"{_listed(alone)} have no controller: kubectl drain needs --force and nobody makes them again"
        )
    for budget in world.disruption_budgets:
        held = [
            pod.name
            for pod in going
            if pod.metadata.namespace == budget.metadata.namespace
            and selector_matches(budget.spec.selector, pod.metadata.labels)
        ]
        if len(held) > budget.status.disruptions_allowed:
            name, allowed = f"{budget.metadata.namespace}/{budget.metadata.name}", budget.status.disruptions_allowed
            text = f"waits for the PodDisruptionBudget {name}, which allows {allowed:,} evictions of {len(held):,}"
            yield Note(subject, f"{text}: {_listed(held)}")


def pool_removed(world: World, pool: str, joining: int, at_once: int) -> World:
    """Return the world without the nodes of a pool and their pods; a note says in how many rounds they are replaced.

    Raises InputError where no node is of that pool.
    """
    leaving = {node.name for node in world.nodes if pool_of(node.labels) == pool}
    if not leaving:
        known = sorted({name for node in world.nodes if (name := pool_of(node.labels))})
        problem = Problem(reason="NotFound", message="no node is of this pool", value=pool, accepted=tuple(known))
        raise InputError.of([problem])
    rounds = -(-max(len(leaving), joining) // at_once)
    text = (
        f"{len(leaving):,} nodes leave and {joining:,} join in {rounds:,} round{'s' * (rounds != 1)} of at most "
        f"{at_once:,}; a node that joins counts as unavailable in every roll-out until its daemon pod is available"
    )
    return msgspec.structs.replace(
        world,
        nodes=tuple(node for node in world.nodes if node.name not in leaving),
        pods=tuple(pod for pod in world.pods if target_node(pod) not in leaving),
        notes=(*world.notes, Note(f"pool {pool}", text)),
    )


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
