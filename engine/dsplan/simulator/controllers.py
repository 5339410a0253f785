"""Who decides: the real controller's rules, or those plus a host that deletes pods by a policy of its own.

A controller is asked about the DaemonSets that something woke. It sees the whole cluster and answers with decisions;
the simulator carries each out before it asks for the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec
from pyroaring import BitMap

from ..diff import Action, ActionReason, Actor, Precondition, Stage
from ..diff.order import first_in_order
from ..diff.shapes import new_and_old
from ..model.meta import Identity
from ..passes import DaemonSetStep, step
from ..passes.step import pass_over
from .cluster import Cluster
from .coverage import outdated

__all__ = ["BatchHost", "BuiltinController", "Controller", "Decision", "WholeStepController", "outdated"]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written for one DaemonSet now; `again_after` seconds it wants to be asked again without an event.

    `entry` is the pass of the real controller's rules that it comes from, if it does.
    """

    daemonset: Identity
    actions: tuple[Action, ...] = ()
    entry: DaemonSetStep | None = None
    again_after: float | None = None


class Controller(Protocol):
    """Decides about DaemonSets. May keep State of its own; must be deterministic."""

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        """Yield decisions about the DaemonSets that were woken, and about others if need be."""


class BuiltinController:
    """The DaemonSet controller, pass by pass, on observations that follow single pods."""

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        """Yield one pass for each DaemonSet."""
        for identity in due:
            daemonset = cluster.objects.daemonsets.get(identity)
            if daemonset is None:
                continue
            around = cluster.objects.surroundings(cluster.now)
            entry = pass_over(daemonset, around, cluster.observation(identity), brief=True)
            yield Decision(daemonset=identity, actions=entry.actions, entry=entry, again_after=entry.looks_again_after)


class WholeStepController:
    """The same by `dsplan.step` over the whole world each time: slow, and what the other one must equal."""

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        """Yield one pass for each DaemonSet."""
        for identity in due:
            for entry in step(cluster.world, now=cluster.now).daemonsets:
                if entry.identity == identity:
                    yield Decision(
                        daemonset=identity, actions=entry.actions, entry=entry, again_after=entry.looks_again_after
                    )


class BatchHost:
    """A host that replaces the pods of OnDelete DaemonSets in batches: the next one when the last is all available.

    The controller creates, the host deletes. Nodes come in the written order; `size` is a number of nodes.
    """

    def __init__(self, size: int) -> None:
        self._size = max(1, size)
        self._controller = BuiltinController()
        self._batches: dict[Identity, BitMap] = {}

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        """Yield the controller's pass, and the next batch where that had nothing to do."""
        for decision in self._controller.decide(cluster, due):
            yield decision
            entry = decision.entry
            idle = not any(action.kind == "Pod" for action in decision.actions)
            on_delete = entry is not None and entry.daemonset.spec.update_strategy.type == "OnDelete"
            if idle and on_delete:
                actions = tuple(self._next_batch(cluster, decision.daemonset))
                if actions:
                    yield Decision(daemonset=decision.daemonset, actions=actions)

    def _next_batch(self, cluster: Cluster, identity: Identity) -> Iterator[Action]:
        observation = cluster.observation(identity)
        if self._batches.get(identity, BitMap()) & cluster.coverage(identity).down:
            return
        index = cluster.objects.index
        batch = first_in_order(outdated(observation.observed), index, self._size, observation.verdicts.run)
        self._batches[identity] = BitMap(batch)
        for position in batch:
            group = observation.observed.groups[index.names[position]]
            old = new_and_old(group.shape)[1]
            if old is not None and old >= 0:
                pod = group.pods[old]
                yield Action(
                    verb="delete",
                    kind="Pod",
                    namespace=identity.namespace,
                    name=pod.name,
                    node=index.names[position],
                    daemonset=identity,
                    reason=ActionReason.OUTDATED,
                    stage=Stage.ROLLING_UPDATE,
                    actor=Actor.HOST,
                    precondition=Precondition(pod.metadata.uid, pod.metadata.resource_version),
                )
