"""From units to the host's actions: who acts how, at which rate, in which window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..diff import Action, ActionReason, Actor, Precondition, Stage, blueprint_of
from ..eligibility import NodeIndex
from ..model.durations import parse_duration
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.policy import Rates, RolloutPolicy
from ..model.state import Started
from ..model.world import Note
from ..observe.observed import template_generation
from .plan_types import Unit, moment_text
from .rates import ImageSizes, Pacer, RolloutRate, images_of, pull_groups
from .subjects import Subject, old_pod
from .targets import Governed
from .windows import opening

__all__ = ["PacedActions", "HostActions"]

_JUST_AFTER = 1e-6


class PacedActions(msgspec.Struct, frozen=True):
    """What goes now after the rates; `started` has, per policy that acts, what it began within the last minute."""

    wave: tuple[Unit, ...]
    sick: tuple[Unit, ...]
    actions: tuple[Action, ...]
    started: dict[Identity, tuple[Started, ...]]
    again_at: datetime | None


class HostActions:
    """Makes the actions for governed DaemonSets at one moment."""

    def __init__(
        self,
        governed: Mapping[Identity, Governed],
        subjects: Mapping[Identity, Subject],
        started: Mapping[Identity, tuple[Started, ...]],
        image_sizes: Mapping[str, int],
        takes: Mapping[Identity, float],
        index: NodeIndex,
        now: datetime,
        rank: Mapping[int, int],
    ) -> None:
        self._governed = governed
        self._subjects = subjects
        self._index = index
        self._now = now
        self._rank = rank
        self._takes = {
            identity: takes.get(identity, _said(entry)) + subjects[identity].daemonset.spec.min_ready_seconds
            for identity, entry in governed.items()
            if identity in subjects
        }
        self._images = {identity: images_of(subject.daemonset.pod.spec) for identity, subject in subjects.items()}
        policies = {policy.identity: policy for entry in governed.values() for policy in entry.policies}
        self._rated = frozenset(identity for identity, policy in policies.items() if policy.spec.rates is not None)
        self._sizes, self._pacers = dict[Identity, ImageSizes](), dict[Identity, Pacer]()
        for identity, policy in policies.items():
            rates = policy.spec.rates or Rates()
            self._sizes[identity] = ImageSizes(rates, image_sizes)
            self._pacers[identity] = Pacer(rates, started.get(identity, ()), now)
        self.notes = [
            Note(f"RolloutPolicy {policy.identity}", f"the size of {image} is not known and counts as nothing")
            for identity, entry in governed.items()
            for policy in entry.policies
            if self._pacers[policy.identity].bytes_limit
            for image in self._sizes[policy.identity].unknown(self._images[identity])
        ]

    def rates(
        self, policy: RolloutPolicy, old: Mapping[Identity, BitMap], sick: Iterable[Unit]
    ) -> Iterator[RolloutRate]:
        """Yield the rates of a policy over its old pods; sick ones go first and spend what they need of the minute."""
        pacer = self._pacers.get(policy.identity)
        if pacer is None or policy.spec.rates is None:
            return
        names, mine = self._index.names, tuple(sorted(old))
        first = [unit for unit in sick if unit.daemonset in old]
        if limit := policy.spec.rates.pods_per_minute:
            begun = min(limit, pacer.pods + len(first))
            pods = sum(map(len, old.values()))
            text = f"{limit:,} pods a minute"
            yield RolloutRate(policy=policy.identity, daemonsets=mine, limit=limit, begun=begun, text=text, total=pods)
        if limit := pacer.bytes_limit:
            pulls = {d: {p: self._bytes(policy, Unit(d, names[p])) for p in nodes} for d, nodes in old.items()}
            begun = min(limit, pacer.image_bytes + sum(self._bytes(policy, unit) for unit in first))
            yield RolloutRate(
                policy=policy.identity,
                daemonsets=mine,
                limit=limit,
                begun=begun,
                text=f"{limit:,} image bytes a minute",
                total=sum(size for by_node in pulls.values() for size in by_node.values()),
                weights={daemonset: pull_groups(by_node) for daemonset, by_node in pulls.items()},
            )

    def write(self, wave: Sequence[Unit], sick: Sequence[Unit], left: AbstractSet[Identity]) -> PacedActions:
        """Return the actions of sick pods and of a wave, in the order of nodes, as far as the rates let them.

        `left` are DaemonSets of which pods wait that are not in the wave.
        """
        actions: list[Action] = []
        went: dict[bool, list[Unit]] = {True: [], False: []}
        acting, slowed = set[Identity](), set[Identity]()
        ordered = sorted(wave, key=lambda unit: (self._rank[self._index.ids[unit.node]], unit.daemonset))
        for unit, is_sick in [*((unit, True) for unit in sick), *((unit, False) for unit in ordered)]:
            policies = self._governed[unit.daemonset].policies
            if not self._begins(unit):
                slowed |= {policy.identity for policy in policies}
                continue
            action = self._action(unit, is_sick=is_sick)
            if action is not None:
                actions.append(action)
                went[is_sick].append(unit)
                acting |= {policy.identity for policy in policies}
        started = {identity: self._pacers[identity].remembered() for identity in sorted(acting)}
        slowed |= {policy.identity for daemonset in left for policy in self._governed[daemonset].policies}
        again = (self._pacers[policy].free_at for policy in sorted(slowed & self._rated))
        moments = [moment for moment in again if moment is not None]
        return PacedActions(tuple(went[False]), tuple(went[True]), tuple(actions), started, min(moments, default=None))

    def _begins(self, unit: Unit) -> bool:
        """Return whether the rates of every policy let one more pod begin, and count it for each of them if so."""
        policies = self._governed[unit.daemonset].policies
        if not all(self._pacers[policy.identity].may_begin(self._bytes(policy, unit)) for policy in policies):
            return False
        for policy in policies:
            self._pacers[policy.identity].begin(self._bytes(policy, unit))
        return True

    def _bytes(self, policy: RolloutPolicy, unit: Unit) -> int:
        """Return what a node has to pull: the images that the old pod does not have."""
        if not self._pacers[policy.identity].bytes_limit:
            return 0
        pod = old_pod(self._subjects[unit.daemonset], unit.node)
        images = self._images[unit.daemonset] - (images_of(pod.spec) if pod else frozenset())
        return self._sizes[policy.identity].total(images) if images else 0

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
        """Return how long a wave takes, as far as that is known: its slowest pod, after all pulls at the rates."""
        longest, pulled = 0.0, dict[Identity, int]()
        for unit in wave:
            longest = max(longest, self._takes[unit.daemonset])
            for policy in self._governed[unit.daemonset].policies:
                if policy.identity in self._rated:
                    pulled[policy.identity] = pulled.get(policy.identity, 0) + self._bytes(policy, unit)
        pulls = (self._pacers[identity].seconds(size) for identity, size in pulled.items())
        return longest + max(pulls, default=0.0)

    def closed(self, policy: RolloutPolicy, seconds: float) -> tuple[str, datetime | None] | None:
        """Return why no wave of a policy may begin now, and when one may; None where one may."""
        if policy.spec.windows is None:
            return None
        found = opening([policy.spec.windows], self._now, seconds)
        if found.is_open:
            return None
        when = f"opens {moment_text(found.next)}" if found.next else "does not open within 400 days"
        return f"its window {when}", found.next

    def closes(self, policy: RolloutPolicy, seconds: float) -> datetime | None:
        """Return when no wave of a policy whose window is open may begin any more; None: always one may."""
        if policy.spec.windows is None:
            return None
        until = opening([policy.spec.windows], self._now, seconds).until
        return None if until is None else shifted(until, _JUST_AFTER - seconds if seconds else 0)

    def never_opens(self, policy: RolloutPolicy, seconds: float) -> bool:
        """Return whether no window ahead is long enough for so many seconds."""
        if policy.spec.windows is None:
            return False
        found = opening([policy.spec.windows], self._now, seconds)
        return not found.is_open and found.next is None


def _said(entry: Governed) -> float:
    """Return the seconds that a DaemonSet's policies say a replacement takes, 0 where they say nothing."""
    durations = (policy.spec.durations for policy in entry.policies)
    parts = [(found.terminate, found.create, found.ready) for found in durations]
    return max((sum(parse_duration(text) or 0.0 for text in texts) for texts in parts), default=0.0)
