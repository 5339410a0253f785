"""Which pods queue where once a pass has been carried out: created, replaced, and those that are Pending already.

The pods that the pass deletes are gone by then. A pod that is replaced without surge is created anew where it was; one
that is replaced with surge stays until its successor is available, so both need room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from pyroaring import BitMap

from ...apiserver.admission import Refusal
from ...diff import Manage, Rolling, allows_surge
from ...eligibility import NodeIndex, Verdict, Verdicts
from ...model.daemonset import DaemonSet
from ...model.pod import Pod
from ...observe import Observed, PodFact, Shape, Situation
from ..filters.demand import owner_of, split_pin
from ..filters.outcomes import Slot
from ..filters.scheduler_view import SchedulerView

__all__ = ["Arrivals", "PassOver", "PassOverAll", "leaving_pods"]

_TERMINATING, _UPDATED, _BOUND = int(PodFact.TERMINATING), int(PodFact.UPDATED), int(PodFact.BOUND)
_ENDED = int(PodFact.FAILED) | int(PodFact.SUCCEEDED)
_LAST = float("inf")


class PassOver(Protocol):
    """One pass over one DaemonSet (`dsplan.planner.DaemonSetStep`)."""

    @property
    def daemonset(self) -> DaemonSet:
        """The DaemonSet."""

    @property
    def verdicts(self) -> Verdicts | None:
        """Where it wants to run."""

    @property
    def observed(self) -> Observed | None:
        """Its pods as they are."""

    @property
    def manage(self) -> Manage | None:
        """What manage wants."""

    @property
    def rolling(self) -> Rolling | None:
        """What the rolling update wants, now or when its turn comes."""


class PassOverAll(Protocol):
    """One pass over every DaemonSet (`dsplan.planner.Step`)."""

    @property
    def daemonsets(self) -> Sequence[PassOver]:
        """One entry a DaemonSet, sorted by identity."""

    @property
    def index(self) -> NodeIndex:
        """The nodes."""


PodName = tuple[str, str]


def _pod_name(pod: Pod) -> PodName:
    return pod.metadata.namespace, pod.metadata.name


def leaving_pods(whole: PassOverAll, *, rollout: bool) -> frozenset[PodName]:
    """Return (namespace, name) of the pods that are gone after the pass, or after the whole roll-out."""
    names = whole.index.names
    return frozenset(name for entry in whole.daemonsets for name in _leaving(entry, names, rollout))


def _leaving(entry: PassOver, names: Sequence[str], rollout: bool) -> Iterator[PodName]:
    for wanted in (entry.manage, entry.rolling):
        for _, pod, _ in wanted.delete if wanted is not None else ():
            yield _pod_name(pod)
    observed = entry.observed
    if observed is None:
        return
    strategy = entry.daemonset.spec.update_strategy.type
    replaced = rollout and strategy == "RollingUpdate" and not allows_surge(entry.daemonset)

    def leaves(facts: int) -> bool:
        return bool(facts & _ENDED) or (replaced and not facts & _UPDATED)

    groups = list(observed.vanished.values())
    for situation in observed.situations:
        if any(map(leaves, situation.shape)):
            groups += [observed.groups[names[position]] for position in situation.nodes]
    for group in groups:
        yield from (_pod_name(pod) for pod, facts in zip(group.pods, group.shape, strict=True) if leaves(facts))


class Arrivals:
    """The queue of one DaemonSet: `slots` of (node position, slot), and `present`, the nodes whose pod is there.

    `refused` are the nodes for which the API server refuses to create the pod, for the reason in `refusal`.
    """

    def __init__(
        self, entry: PassOver, position: int, scene: SchedulerView, leaving: frozenset[PodName], *, rollout: bool
    ) -> None:
        self.entry = entry
        self.position = position
        self.scene = scene
        self.leaving = leaving
        self.surging = rollout and allows_surge(entry.daemonset)
        self.present = BitMap()
        self.hash = entry.observed.history.hash if entry.observed else ""
        self.created = scene.created_slot(entry.daemonset, position, self.hash)
        self.refused = BitMap()
        self.beyond_quota: Refusal | None = None
        self.slots: list[tuple[int, Slot]] = []
        if entry.observed is not None:
            self._creating = {name for part in (entry.manage, entry.rolling) if part for name, _ in part.create}
            for situation in entry.observed.situations:
                self._arrive(situation, entry.observed)
            self._keep_to_quotas()

    @property
    def refusal(self) -> Refusal | None:
        """Why nothing is created on the nodes in `refused`."""
        return self.created if isinstance(self.created, Refusal) else self.beyond_quota

    def _keep_to_quotas(self) -> None:
        """Let no more pods come than quotas have room for, in the order of the nodes (L10)."""
        pod = self.scene.admitted(self.entry.daemonset, self.hash) if self.scene.quotas else None
        if pod is None or isinstance(pod, Refusal):
            return
        new = sorted(position for position, slot in self.slots if slot is self.created)
        taken, self.beyond_quota = self.scene.quotas.take(pod, len(new))
        self.refused |= BitMap(new[taken:])
        self.slots = [entry for entry in self.slots if entry[1] is not self.created or entry[0] not in self.refused]

    def _arrive(self, situation: Situation, observed: Observed) -> None:
        created, names = self.created, self.scene.names
        if situation.verdict is Verdict.RUN and not situation.shape:
            if isinstance(created, Refusal):
                self.refused |= situation.nodes
            else:
                self.slots.extend((position, created) for position in situation.nodes)
            return
        steady = _is_steady(situation.shape) and situation.verdict is Verdict.RUN and not self.surging
        if steady and not self._creating and not self.leaving:
            self.present |= situation.nodes
            return
        for position in situation.nodes:
            name = names[position]
            pods = observed.groups[name].pods
            if steady and name not in self._creating and _pod_name(pods[0]) not in self.leaving:
                self.present.add(position)
            else:
                self._at(position, situation, pods)

    def _at(self, position: int, situation: Situation, pods: Sequence[Pod]) -> None:
        """Queue what one node will have: its Pending pods, and a new one where none is left or one is being made."""
        wanted = situation.verdict is Verdict.RUN
        left = [
            (pod, facts)
            for pod, facts in zip(pods, situation.shape, strict=True)
            if not facts & (_TERMINATING | _ENDED) and _pod_name(pod) not in self.leaving
        ]
        for pod, facts in left:
            if not facts & _BOUND:
                self.slots.append((position, pending_slot(pod, self.scene, self.position if wanted else -1)))
        outdated = self.surging and left and not any(facts & _UPDATED for _, facts in left)
        if wanted and (not left or outdated or self.scene.names[position] in self._creating):
            if isinstance(self.created, Refusal):
                self.refused.add(position)
            else:
                self.slots.append((position, self.created))
        elif any(facts & _BOUND for _, facts in left):
            self.present.add(position)


def _is_steady(shape: Shape) -> bool:
    """Return whether a node has one bound pod that is not going and has not ended."""
    return len(shape) == 1 and bool(shape[0] & _BOUND) and not shape[0] & (_TERMINATING | _ENDED)


def pending_slot(pod: Pod, scene: SchedulerView, daemonset: int) -> Slot:
    """Return the place in the queue of a pod that exists and is not bound."""
    demand = scene.demands.of(pod, required=split_pin(pod.spec)[1])
    created = pod.metadata.creation_timestamp
    return Slot(
        rank=(-demand.priority, created.timestamp() if created else 0.0, f"{pod.metadata.namespace}/{pod.name}"),
        owner=owner_of(pod),
        demand=demand,
        name=pod.name,
        daemonset=daemonset,
    )
