"""What one DaemonSet comes to, evaluated pod by pod and node by node, as plainly as the rules are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from ...diff.budget import allows_surge
from ...model.daemonset import DaemonSet
from ...model.pod import Pod, target_node
from ...model.selectors import is_empty_selector, selector_problem
from ...model.world import World
from ...observe.groups import oldest_first
from ...observe.history import observe_history
from ...observe.learning import NOTHING_LEARNED, learn_hash
from ...observe.observed import template_generation
from ...observe.ownership import Ownership, PodIndex, RevisionIndex, claim, ownership_of
from ...observe.shape import PodFact, fact_reader
from .order import written_order, zones_of

__all__ = ["Case", "Member", "Wanted"]

_TERMINATING, _FAILED, _SUCCEEDED, _READY, _AVAILABLE, _CURRENT, _UPDATED = map(int, list(PodFact)[:-1])
Wanted = tuple[str, str, str]
Member = tuple[Pod, int]


class Case:
    """One DaemonSet of a world; `groups` have the pods of a node with their facts, in the order M19."""

    def __init__(
        self, daemonset: DaemonSet, world: World, pods: PodIndex, revisions: RevisionIndex, now: datetime
    ) -> None:
        self.daemonset, self.state, self.now, self.verdicts = daemonset, world.state, now, dict[str, str]()
        self.surge = allows_surge(daemonset)
        self.names = [node.name for node in world.nodes]
        self.places = {name: place for place, name in enumerate(self.names)}
        self.zones = zones_of(world.nodes)
        self.sick = {place for place, node in enumerate(world.nodes) if not node.ready}
        near = (*pods.owned_by(daemonset), *pods.orphans(daemonset.metadata.namespace))
        own = {id(pod) for pod in pods.adoptable(daemonset)}
        found = [(pod, ownership_of(daemonset, pod)) for pod in near]
        self.ownership_of = [(pod, how) for pod, how in found if how is not Ownership.ADOPTED or id(pod) in own]
        self.claimed = [pod for pod, how in self.ownership_of if how in (Ownership.CLAIMED, Ownership.ADOPTED)]
        kept, learned, generation = claim(daemonset, revisions), NOTHING_LEARNED, template_generation(daemonset)
        known = "".join(one.hash for one in world.state.hashes if one.daemonset == daemonset.identity)
        if self.claimed and not (kept.claimed or known):
            stored = next((one for one in world.stored if one.identity == daemonset.identity), None)
            learned = learn_hash(daemonset, self.claimed, stored)
        self.history = observe_history(daemonset, kept, known or learned.hash)
        self.facts = fact_reader(
            current_hash=self.history.hash,
            template_generation=generation,
            min_ready_seconds=daemonset.spec.min_ready_seconds,
            now=now,
            looks_updated=learned.looks_updated,
        )
        key = (daemonset.metadata.uid, daemonset.status.observed_generation)
        self.backoffs = [one for one in world.state.backoffs if (one.daemonset_uid, one.observed_generation) == key]
        shut = {one.node: one.last_deletion + timedelta(seconds=one.delay) for one in self.backoffs}
        self.shut = {node for node, until in shut.items() if now < until}
        self.groups: dict[str, list[Member]] = defaultdict(list)
        for pod in sorted(self.claimed, key=oldest_first):
            node, facts = target_node(pod), self.facts(pod)
            if node is not None and not (facts & _TERMINATING and facts & (_FAILED | _SUCCEEDED)):  # M6
                self.groups[node].append((pod, facts))
        self.live = {n: [one for one in group if not one[1] & _TERMINATING] for n, group in self.groups.items()}

    @property
    def is_untouched(self) -> bool:
        """Whether a pass ends before it looks at any node: C3, C4, a selector that cannot be read."""
        selector = self.daemonset.spec.selector
        empty = selector is not None and is_empty_selector(selector)
        return empty or self.daemonset.metadata.deletion_timestamp is not None or bool(selector_problem(selector))

    def status(self) -> tuple[int, ...]:
        """Return desired, current, misscheduled, ready, updated, available, unavailable (S3-S8)."""
        letters = self.verdicts.items()
        wanted = [node for node, letter in letters if letter == "R"]
        judged = [self.groups[node][0][1] for node in wanted if node in self.groups]
        ready, updated, available = (sum(bool(one & fact) for one in judged) for fact in (_READY, _UPDATED, _AVAILABLE))
        missed = sum(node in self.groups for node, letter in letters if letter != "R")
        return len(wanted), len(judged), missed, ready, updated, available, len(wanted) - available

    def manage(self) -> tuple[list[Wanted], list[Wanted], list[Wanted]]:
        """Return what is created, deleted, and held back, as (node, pod, reason) (M7-M22)."""
        create: list[Wanted] = []
        delete: list[Wanted] = []
        held: list[Wanted] = []
        for node in sorted(self.verdicts):
            reason, gone, waiting = self._ruling(node, self.verdicts[node])
            create += [(node, "", reason)] if reason else []
            delete += sorted((node, pod.name, why) for pod, why in gone)
            held += [(node, f"failed pod {pod.name} is in back-off", "BackOff") for pod in waiting]
        for node in sorted(self.groups.keys() - self.verdicts.keys()):
            delete += [(node, pod.name, "NodeVanished") for pod, _ in self.groups[node] if not pod.spec.node_name]
        return create, delete, held

    def _ruling(self, node: str, letter: str) -> tuple[str, list[tuple[Pod, str]], list[Pod]]:
        live = self.live.get(node, [])
        if letter == "D":
            return "", [(pod, "NotEligible") for pod, _ in live], []
        if node not in self.groups:
            return "Missing" * (letter == "R"), [], []
        failed = [pod for pod, facts in live if facts & _FAILED]
        may_go = 0 if node in self.shut else 1
        gone = [(pod, "Failed") for pod in failed[:may_go]]
        gone += [(pod, "Succeeded") for pod, facts in live if facts & _SUCCEEDED]
        running = [(pod, facts) for pod, facts in live if not facts & (_FAILED | _SUCCEEDED)]
        if not self.surge:
            return "", gone + [(pod, "Duplicate") for pod, _ in running[1:]], failed[may_go:]
        reason = "MissingUnderSurge" * (letter == "R" and not running)
        new = [one for one in running if one[1] & _CURRENT]
        old = [one for one in running if not one[1] & _CURRENT]
        gone += [(pod, "Duplicate") for pod, _ in (*new[1:], *old[1:])]
        if new and old and (not old[0][1] & _READY or new[0][1] & _AVAILABLE):
            gone.append((old[0][0], "Replaced"))
        return reason, gone, failed[may_go:]

    def terminating(self, creating: Collection[str]) -> list[Wanted]:
        """Return the wanted nodes where nothing but terminating pods is, and no pod is created next to them (M13)."""
        waiting = [node for node in sorted(self.groups) if self.verdicts.get(node) == "R" and not self.live[node]]
        text = "waits for {} to be gone"
        return [
            (node, text.format(self.groups[node][0][0].name), "Terminating") for node in waiting if node not in creating
        ]

    def garbage(self) -> list[tuple[str, str]]:
        """Return the live pods bound to nodes that do not exist; pod GC removes them (M22)."""
        vanished = sorted(self.groups.keys() - self.verdicts.keys())
        return [(node, pod.name) for node in vanished for pod, _ in self.live[node] if pod.spec.node_name]

    def outdated(self) -> list[str]:
        """Return the wanted nodes with exactly one live pod, and that one out of date (R5, H12)."""
        alone = {node: group[0][1] for node, group in self.live.items() if len(group) == 1}
        return sorted(n for n, facts in alone.items() if self.verdicts.get(n) == "R" and not facts & _UPDATED)

    def new_and_old(self, node: str) -> tuple[list[Member], list[Member]]:
        """Return the live pods of a node: up to date, and not (R5)."""
        live = self.live.get(node, [])
        return [one for one in live if one[1] & _UPDATED], [one for one in live if not one[1] & _UPDATED]

    def available(self, member: Member) -> bool:
        """Return whether a pod is available (S2)."""
        return bool(member[1] & _AVAILABLE)

    def ordered(self, names: list[str]) -> list[str]:
        """Return names in the written order, those of nodes that do not exist last."""
        here = [self.places[name] for name in names if name in self.places]
        gone = sorted(name for name in names if name not in self.places)
        wanted = [self.places[name] for name, letter in self.verdicts.items() if letter == "R"]
        return [self.names[place] for place in written_order(here, self.zones, self.sick, wanted)] + gone
