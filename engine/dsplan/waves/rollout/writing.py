"""From units to the host's actions: who acts how, at which rate, in which window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from ...diff import Action, ActionReason, Actor, Precondition, Stage, blueprint_of
from ...eligibility import NodeIndex
from ...model.meta import Identity
from ...model.policy import Rates, RolloutPolicy
from ...model.state import PolicyProgress
from ...model.world import Note
from ...observe.observed import template_generation
from .plan_types import Unit, moment_text
from .rates import Pacer, images_of, unknown_images
from .subjects import Subject, Units, old_pod
from .targets import Governed
from .windows import opening

__all__ = ["Paced", "Writing"]


class Paced(msgspec.Struct, frozen=True):
    """What goes now after the rates; `started` has, per policy that acts, its progress with only the pace filled in."""

    wave: tuple[Unit, ...]
    sick: tuple[Unit, ...]
    actions: tuple[Action, ...]
    started: dict[Identity, PolicyProgress]
    again_at: datetime | None


class Writing:
    """Writes actions for governed DaemonSets at one moment."""

    def __init__(
        self,
        governed: Mapping[Identity, Governed],
        subjects: Mapping[Identity, Subject],
        units: Mapping[Identity, Units],
        index: NodeIndex,
        now: datetime,
        rank: Mapping[int, int],
    ) -> None:
        self._governed = governed
        self._subjects = subjects
        self._index = index
        self._now = now
        self._rank = rank
        self._images = {identity: images_of(subject.daemonset.pod.spec) for identity, subject in subjects.items()}
        self.notes = [
            Note(f"RolloutPolicy {policy.identity}", f"the size of {image} is not known and counts as nothing")
            for identity, entry in governed.items()
            for policy in entry.policies
            if policy.spec.rates is not None
            for image in unknown_images(policy.spec.rates, self._images[identity])
        ]

    def write(
        self, wave: Sequence[Unit], sick: Sequence[Unit], before: Mapping[Identity, PolicyProgress | None]
    ) -> Paced:
        """Return the actions of sick pods and of a wave, in the order of nodes, as far as the rates let them."""
        pacers: dict[Identity, Pacer] = {}
        actions: list[Action] = []
        went: dict[bool, list[Unit]] = {True: [], False: []}
        acting: set[Identity] = set()
        ordered = sorted(wave, key=lambda unit: (self._rank[self._index.ids[unit.node]], unit.daemonset))
        for unit, is_sick in [*((unit, True) for unit in sick), *((unit, False) for unit in ordered)]:
            policies = self._governed[unit.daemonset].policies
            mine = [self._pacer(policy, before, pacers) for policy in policies if policy.spec.rates is not None]
            images = self._pulls(unit) if mine else frozenset[str]()
            if not all(pacer.begin(images) for pacer in mine):
                continue
            action = self._action(unit, is_sick=is_sick)
            if action is not None:
                actions.append(action)
                went[is_sick].append(unit)
                acting |= {policy.identity for policy in policies}
        started = {
            identity: PolicyProgress(
                policy=identity,
                wave_began=self._now,
                started=pacers[identity].remembered() if identity in pacers else (),
            )
            for identity in sorted(acting)
        }
        again = [pacer.again_at for pacer in pacers.values() if pacer.again_at is not None]
        return Paced(tuple(went[False]), tuple(went[True]), tuple(actions), started, min(again, default=None))

    def _pacer(
        self,
        policy: RolloutPolicy,
        before: Mapping[Identity, PolicyProgress | None],
        pacers: dict[Identity, Pacer],
    ) -> Pacer:
        known = before.get(policy.identity)
        return pacers.setdefault(
            policy.identity,
            Pacer(policy.spec.rates or Rates(), known.started if known is not None else (), self._now),
        )

    def _pulls(self, unit: Unit) -> frozenset[str]:
        """Return the images that the node has to pull: those that the old pod does not have."""
        pod = old_pod(self._subjects[unit.daemonset], unit.node)
        return self._images[unit.daemonset] - (images_of(pod.spec) if pod else frozenset())

    def _action(self, unit: Unit, *, is_sick: bool) -> Action | None:
        """Return the deletion of the old pod, or under surge the creation of the new one."""
        subject = self._subjects[unit.daemonset]
        reason = ActionReason.OUTDATED_UNAVAILABLE if is_sick else ActionReason.OUTDATED
        namespace = subject.daemonset.metadata.namespace
        if self._governed[unit.daemonset].surge:
            hash_, generation = subject.observed.history.hash, template_generation(subject.daemonset)
            return Action(
                verb="create",
                kind="Pod",
                namespace=namespace,
                name="",
                node=unit.node,
                daemonset=unit.daemonset,
                reason=reason,
                stage=Stage.ROLLING_UPDATE,
                actor=Actor.HOST,
                blueprint=blueprint_of(subject.daemonset, hash_, generation),
            )
        pod = old_pod(subject, unit.node)
        if pod is None:
            return None
        return Action(
            verb="delete",
            kind="Pod",
            namespace=namespace,
            name=pod.name,
            node=unit.node,
            daemonset=unit.daemonset,
            reason=reason,
            stage=Stage.ROLLING_UPDATE,
            actor=Actor.HOST,
            precondition=Precondition(pod.metadata.uid, pod.metadata.resource_version),
        )

    def wave_seconds(self, wave: Iterable[Unit]) -> float:
        """Return how long a wave takes at least: to begin it at the rates, and minReadySeconds."""
        longest, sizes = 0.0, dict[Identity, tuple[int, int]]()
        policies: dict[Identity, RolloutPolicy] = {}
        for unit in wave:
            longest = max(longest, float(self._subjects[unit.daemonset].daemonset.spec.min_ready_seconds))
            for policy in self._governed[unit.daemonset].policies:
                if policy.spec.rates is not None:
                    policies[policy.identity] = policy
                    pods, size = sizes.get(policy.identity, (0, 0))
                    pull = Pacer(policy.spec.rates, (), self._now).size_of(self._pulls(unit))
                    sizes[policy.identity] = (pods + 1, size + pull)
        paces = [
            Pacer(policies[identity].spec.rates or Rates(), (), self._now).seconds(*size)
            for identity, size in sizes.items()
        ]
        return longest + max(paces, default=0.0)

    def closed(self, policy: RolloutPolicy, seconds: float) -> tuple[str, datetime | None] | None:
        """Return why no wave of a policy may begin now, and when one may; None where one may."""
        if policy.spec.windows is None:
            return None
        found = opening([policy.spec.windows], self._now, seconds)
        if found.is_open:
            return None
        when = f"opens {moment_text(found.next)}" if found.next else "does not open within 400 days"
        return f"its window {when}", found.next

    def never_opens(self, policy: RolloutPolicy, seconds: float) -> bool:
        """Return whether no window ahead is long enough for so many seconds."""
        if policy.spec.windows is None:
            return False
        found = opening([policy.spec.windows], self._now, seconds)
        return not found.is_open and found.next is None
