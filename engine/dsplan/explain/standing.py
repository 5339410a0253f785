"""What there is and what happens next, for one DaemonSet and each node, read off the plan (M7-M23, R5-R28)."""

from __future__ import annotations

from collections.abc import Iterator

from ..diff.shapes import EXCESS, new_and_old
from ..eligibility import Verdict
from ..model.pod import Pod
from ..observe import PodFact, Shape
from ..planner.plan import DaemonSetPlan, HeldReason
from ..policies.plan_types import PolicyPlan
from .answers import PodHere, Standing

__all__ = ["Place", "Standings", "pods_here"]

_TERMINATING, _READY = int(PodFact.TERMINATING), int(PodFact.READY)
_AVAILABLE, _UPDATED, _BOUND = int(PodFact.AVAILABLE), int(PodFact.UPDATED), int(PodFact.BOUND)

_HELD = {
    HeldReason.BACK_OFF: Standing.BACK_OFF,
    HeldReason.TERMINATING: Standing.TERMINATING,
    HeldReason.ON_DELETE: Standing.ON_DELETE,
    HeldReason.STALLED: Standing.STALLED,
    HeldReason.IN_FLIGHT: Standing.IN_FLIGHT,
    HeldReason.POLICY: Standing.POLICY,
}
_WAITING_TEXT = {
    Standing.TERMINATING: "waits until the terminating pod is gone",
    Standing.BACK_OFF: "a failed pod is in back-off",
    Standing.IN_FLIGHT: "creations or deletions were issued and not yet seen",
}

Place = tuple[Standing, str, int]
"""Standing, what is waited for, update wave (0: none)."""


class Standings:
    """The standing of every node for one DaemonSet of a plan."""

    def __init__(self, entry: DaemonSetPlan, policies: PolicyPlan | None = None) -> None:
        self._entry = entry
        manage, rollout = entry.step.manage, entry.rollout
        self._created = {node for node, _ in manage.create} if manage else set()
        self._deleted = {node for node, *_ in manage.delete} if manage else set()
        self._leaving = set(rollout.leaving) if rollout else set()
        by_policy = policies is not None and policies.enforces(entry.identity)
        self._waves = dict(_waves_of_policies(entry, policies) if policies and by_policy else _waves(entry))
        self._left_old = dict(_left_old(entry, policies) if policies and by_policy else ())
        self._held = {held.node: held for held in entry.held}

    def of(self, node: str, verdict: Verdict) -> Place:
        """Return the standing of one node."""
        return self._wanted(node) if verdict is Verdict.RUN else self._unwanted(node, verdict)

    def pods(self, node: str) -> tuple[tuple[Pod, ...], Shape]:
        """Return the pods on a node in the order M19, and their facts."""
        observed = self._entry.step.observed
        group = observed.groups.get(node) if observed else None
        return (group.pods, group.shape) if group else ((), ())

    def _wanted(self, node: str) -> Place:
        step = self._entry.step
        if step.observed is None:
            return Standing.FAILING, self._why_nothing(), 0
        held = self._held.get(node)
        if held is not None and held.reason in _HELD:
            standing = _HELD[held.reason]
            return standing, _WAITING_TEXT.get(standing, held.text), 0
        if node in self._left_old:
            return Standing.POLICY, self._left_old[node], 0
        if node in self._created:
            return Standing.CREATED, "", 0
        if node in self._waves:
            return Standing.UPDATED, "", self._waves[node]
        if node in self._deleted:
            return Standing.CLEANED, "", 0
        _, shape = self.pods(node)
        if not shape:
            return Standing.IN_FLIGHT, _WAITING_TEXT[Standing.IN_FLIGHT], 0
        return _settled(shape), "", 0

    def _unwanted(self, node: str, verdict: Verdict) -> Place:
        _, shape = self.pods(node)
        if not shape:
            return Standing.EXCLUDED, "", 0
        if node in self._leaving:
            return Standing.LEAVING, "", 0
        going = node in self._deleted or all(facts & _TERMINATING for facts in shape)
        if verdict is Verdict.KEEP:
            return (Standing.LEAVING if going else Standing.KEPT), "", 0
        return (Standing.REMOVED if going else Standing.FAILING), "" if going else self._why_nothing(), 0

    def _why_nothing(self) -> str:
        step = self._entry.step
        if step.daemonset.metadata.deletion_timestamp is not None:
            return "the DaemonSet is being deleted (C4)"
        if step.error is not None:
            return f"the pass over the DaemonSet fails: {step.error}"
        if step.observed is None:
            return "an empty selector selects all pods: nothing is done (C3)"
        return _WAITING_TEXT[Standing.IN_FLIGHT]


def _settled(shape: Shape) -> Standing:
    """Return the standing of a wanted node on which nothing happens now."""
    new, old = new_and_old(shape)
    if new == EXCESS:
        return Standing.CLEANED
    if new is not None and old is None:
        if shape[new] & _AVAILABLE:
            return Standing.UP_TO_DATE
        return Standing.STARTING if shape[new] & _BOUND else Standing.PENDING
    return Standing.UPDATED if old is not None else Standing.TERMINATING


def _waves(entry: DaemonSetPlan) -> Iterator[tuple[str, int]]:
    """Yield (node, number of its wave)."""
    rollout = entry.rollout
    if rollout is None:
        return
    wave, place = 0, 0
    for run in rollout.waves:
        for _ in range(run.repeat):
            wave += 1
            for node in rollout.nodes[place : place + run.size]:
                yield node, wave
            place += run.size


def _waves_of_policies(entry: DaemonSetPlan, policies: PolicyPlan) -> Iterator[tuple[str, int]]:
    """Yield (node, number of its wave), where policies decide the waves."""
    for number, wave in enumerate(policies.waves(), start=1):
        yield from ((unit.node, number) for unit in wave if unit.daemonset == entry.identity)


def _left_old(entry: DaemonSetPlan, policies: PolicyPlan) -> Iterator[tuple[str, str]]:
    """Yield (node, why) of pods that stay as they are, just as a policy wants it."""
    for held in policies.held:
        if held.daemonset == entry.identity and held.for_good:
            yield from ((node, held.text) for node in held.nodes)


def pods_here(pods: tuple[Pod, ...], shape: Shape) -> tuple[PodHere, ...]:
    """Return what answers say about a node's pods; the first that is not going holds the place, else the first."""
    live = [position for position, facts in enumerate(shape) if not facts & _TERMINATING]
    holder = live[0] if live else 0
    return tuple(
        PodHere(
            name=pod.name,
            phase=pod.status.phase,
            ready=bool(facts & _READY),
            available=bool(facts & _AVAILABLE),
            current=bool(facts & _UPDATED),
            terminating=bool(facts & _TERMINATING),
            holds=position == holder,
        )
        for position, (pod, facts) in enumerate(zip(pods, shape, strict=True))
    )
