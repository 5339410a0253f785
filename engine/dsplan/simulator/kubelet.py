"""What becomes of pods: the part of a cluster that is not the DaemonSet controller.

A kubelet is asked when a pod is created, when one is found at the start, and when one is deleted. It answers with
transitions, each so many seconds after the one before; an endless iterator of them is a pod in a crash loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from ..model.daemonset import DaemonSet
from ..model.meta import Identity, controller_of
from ..model.node import Node
from ..model.pod import Pod
from ..observe.shape import is_ready
from .durations import SEED_DURATIONS, Durations

__all__ = [
    "BoundPod",
    "DurationsFor",
    "Kubelet",
    "PodTransition",
    "PodTransitionKind",
    "SteadyKubelet",
    "bound_since",
    "daemonset_of",
    "stays_sick",
]


class PodTransitionKind(StrEnum):
    """What can happen to a bound pod."""

    READY = "Ready"
    NOT_READY = "NotReady"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"


class PodTransition(msgspec.Struct, frozen=True):
    """One change of a pod, `after` seconds after the one before (the first: after binding)."""

    after: float
    kind: PodTransitionKind


class BoundPod(msgspec.Struct, frozen=True):
    """A pod that was just bound. `number` counts the pods created for its DaemonSet on its node, from 1."""

    pod: Pod
    node: Node
    number: int
    at: datetime


class Kubelet(Protocol):
    """How pods behave. Must be a function of its arguments: the same question, the same answer."""

    def create(self, daemonset: Identity, node: str) -> float:
        """Return the seconds from the decision to create a pod on a node to its existence."""

    def start(self, bound: BoundPod) -> Iterable[PodTransition]:
        """Return what becomes of a pod after binding; nothing means that it never becomes ready."""

    def resume(self, pod: Pod, node: Node | None, now: datetime) -> Iterable[PodTransition]:
        """Return what becomes of a bound pod that was there when the simulation began."""

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        """Return the seconds until a terminating pod is gone; None where nobody will ever confirm it."""


POD_GC_SECONDS = 60.0
"""By then the pods of a node that is gone are collected: 40 s of quarantine, and a period of 20 s (L2)."""

DurationsFor = Callable[[Identity | None, Node | None], Durations]
"""How long things take for the pods of a DaemonSet (None: of anything else) on a node (None: on any)."""


class SteadyKubelet:
    """Every pod takes the same time, or that of its DaemonSet and node; sick nodes do nothing.

    `durations` may be a DurationsFor. `broken(pod)` tells which new pods never become ready. A bound pod that
    is not ready at the start and younger than three times its starting time becomes ready when that time is over; an
    older one stays as it is. Pods bound to nodes that do not exist are removed `pod_gc` seconds later, never if None
    (M22, L2).

    >>> from datetime import UTC
    >>> from dsplan.model.pod import PodSpec
    >>> SteadyKubelet().stop(Pod(spec=PodSpec(node_name="gone")), None, datetime(2026, 1, 1, tzinfo=UTC))
    60.0
    """

    def __init__(
        self,
        durations: Durations | DurationsFor = SEED_DURATIONS,
        *,
        broken: Callable[[Pod], bool] | None = None,
        pod_gc: float | None = POD_GC_SECONDS,
    ) -> None:
        self._durations_for: DurationsFor = (
            (lambda daemonset, node: durations) if isinstance(durations, Durations) else durations
        )
        self._broken = broken or (lambda pod: False)
        self._pod_gc = pod_gc

    def replacement(self, daemonset: DaemonSet) -> float:
        """Return the seconds from the deletion of a DaemonSet's pod to its successor's being ready."""
        grace = daemonset.pod.spec.termination_grace_period_seconds
        durations = self._durations_for(daemonset.identity, None)
        return durations.cycle() if grace is None else durations.cycle(grace=grace)

    def create(self, daemonset: Identity, node: str) -> float:
        """Return the `create` duration."""
        return self._durations_for(daemonset, None).create

    def start(self, bound: BoundPod) -> Iterable[PodTransition]:
        """Return Ready after the node's starting time, unless node or template are broken."""
        if not bound.node.ready or self._broken(bound.pod):
            return ()
        return (PodTransition(self._durations_for(daemonset_of(bound.pod), bound.node).ready, PodTransitionKind.READY),)

    def resume(self, pod: Pod, node: Node | None, now: datetime) -> Iterable[PodTransition]:
        """Return Ready for a pod that is still young enough to be starting."""
        since = bound_since(pod)
        if stays_sick(pod, node) or since is None or self._broken(pod):
            return ()
        age = (now - since).total_seconds()
        needed = self._durations_for(daemonset_of(pod), node).ready
        if age >= 3 * needed:
            return ()
        return (PodTransition(max(0.0, needed - age), PodTransitionKind.READY),)

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        """Return the terminating time; 0 for pods that no kubelet holds, as the API server does it."""
        if not pod.spec.node_name or pod.status.phase in ("Failed", "Succeeded"):
            return 0.0
        if node is None:
            return self._pod_gc
        if not node.ready:
            return None
        if pod.metadata.deletion_timestamp is not None:
            return max(0.0, (pod.metadata.deletion_timestamp - now).total_seconds())
        return self._durations_for(daemonset_of(pod), node).terminate_of(pod)


def daemonset_of(pod: Pod) -> Identity | None:
    """Return what controls a pod, None where nothing does."""
    owner = controller_of(pod.metadata)
    return None if owner is None else Identity(owner.kind, pod.metadata.namespace, owner.name)


def bound_since(pod: Pod) -> datetime | None:
    """Return since when a pod has had a node: by its PodScheduled condition, else its creation, else None.

    >>> bound_since(Pod()) is None
    True
    """
    for condition in pod.status.conditions:
        if (
            condition.type == "PodScheduled"
            and condition.status == "True"
            and condition.last_transition_time is not None
        ):
            return condition.last_transition_time
    return pod.metadata.creation_timestamp


def stays_sick(pod: Pod, node: Node | None) -> bool:
    """Return whether nothing will change about a bound pod by itself: it is well, finished, or its node is not."""
    finished = pod.status.phase in ("Failed", "Succeeded")
    return node is None or not node.ready or finished or pod.terminating or is_ready(pod)
