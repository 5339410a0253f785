"""What the passes share, and what one pass sees before it decides anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from ..constraints import BUILTIN_RULES, Rule, constraints_of
from ..eligibility import NodeIndex, Verdicts, propagate
from ..model.daemonset import HASH_LABEL, DaemonSet
from ..model.meta import Identity
from ..model.pod import Pod
from ..model.state import Backoff, Expectations
from ..model.world import Note, World
from ..observe import Group, Observed, PodFact, observe, observe_history
from ..observe.learning import NOTHING_LEARNED, learn_hash
from ..observe.ownership import OwnedIndex, PodIndex, RevisionIndex, claim, claim_pods
from .memory import InFlight, in_flight
from .observer import NO_OBSERVER, Observer, during

__all__ = ["Observation", "Surroundings", "observe_daemonset", "surroundings_of"]

_READY, _AVAILABLE = int(PodFact.READY), int(PodFact.AVAILABLE)


class Surroundings(msgspec.Struct, frozen=True):
    """What the passes over all DaemonSets share: indexes of the world, and State by key."""

    index: NodeIndex
    pods: PodIndex
    revisions: RevisionIndex
    rules: tuple[Rule, ...]
    now: datetime
    backoffs: dict[tuple[str, int, str], Backoff]
    expectations: dict[Identity, Expectations]
    hashes: dict[Identity, str]
    stored: Mapping[Identity, DaemonSet] = {}
    flights: Mapping[Identity, InFlight] = {}
    observer: Observer = NO_OBSERVER


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass over one DaemonSet sees. Whoever keeps it up to date from events may hand it to `pass_over`."""

    verdicts: Verdicts
    observed: Observed
    notes: tuple[Note, ...] = ()

    def live_hashes(self) -> set[str]:
        """Return the hash labels of pods with a target node; clean-up spares their revisions (H9)."""
        adrift = {pod.metadata.name for pod in self.observed.adrift}
        labels = (pod.metadata.labels for pod in self.observed.claim.claimed if pod.metadata.name not in adrift)
        return {hash_label.get(HASH_LABEL, "") for hash_label in labels} - {""}

    def becoming_available(self, index: NodeIndex) -> Iterator[Pod]:
        """Yield the pods that are ready and not yet available, at least the one that will be first (R29)."""
        observed = self.observed
        for situation in observed.situations:
            if any(map(_becomes_available, situation.shape)):
                for position in situation.nodes:
                    yield from _becoming_available(observed.groups[index.names[position]])
        for group in observed.vanished.values():
            yield from _becoming_available(group)


def _becomes_available(facts: int) -> bool:
    return bool(facts & _READY) and not facts & _AVAILABLE


def _becoming_available(group: Group) -> Iterator[Pod]:
    return (pod for pod, facts in zip(group.pods, group.shape, strict=True) if _becomes_available(facts))


def surroundings_of(
    world: World,
    *,
    now: datetime,
    rules: tuple[Rule, ...] = BUILTIN_RULES,
    index: NodeIndex | None = None,
    observer: Observer = NO_OBSERVER,
) -> Surroundings:
    """Return the indexes that all passes over a world share."""
    state = world.state
    with during(observer, "index"):
        index = NodeIndex(world.nodes) if index is None else index
    with during(observer, "owners"):
        pods = OwnedIndex(world.pods, world.daemonsets)
        revisions = OwnedIndex(world.revisions, world.daemonsets)
    return Surroundings(
        index=index,
        pods=pods,
        revisions=revisions,
        rules=rules,
        now=now,
        backoffs={(entry.daemonset_uid, entry.observed_generation, entry.node): entry for entry in state.backoffs},
        expectations={entry.daemonset: entry for entry in state.expectations},
        hashes={entry.daemonset: entry.hash for entry in state.hashes},
        stored={entry.identity: entry for entry in world.stored},
        flights=in_flight(state.flights, now),
        observer=observer,
    )


def observe_daemonset(daemonset: DaemonSet, around: Surroundings, verdicts: Verdicts | None = None) -> Observation:
    """Return what a pass sees of one DaemonSet: claims, the current hash, pods by situation (H, M1-M6).

    `verdicts` may be given where nodes, template and rules are those of an earlier call.
    """
    notes: tuple[Note, ...] = ()
    with during(around.observer, "claim"):
        pods = claim_pods(daemonset, around.pods)
        revisions = claim(daemonset, around.revisions)
        known = around.hashes.get(daemonset.identity, "")
        learned = NOTHING_LEARNED
        if not revisions.claimed and not known and pods.claimed:
            learned = learn_hash(daemonset, pods.claimed, around.stored.get(daemonset.identity))
            notes = (Note(str(daemonset.identity), f"no ControllerRevisions in the input; {learned.how}"),)
        history = observe_history(daemonset, revisions, known or learned.hash)
    if verdicts is None:
        with during(around.observer, "propagate"):
            verdicts = propagate(constraints_of(daemonset, around.rules), around.index)
    with during(around.observer, "observe"):
        observed = observe(
            daemonset, pods, history, verdicts, around.index, now=around.now, looks_updated=learned.looks_updated
        )
    return Observation(verdicts=verdicts, observed=observed, notes=notes)
