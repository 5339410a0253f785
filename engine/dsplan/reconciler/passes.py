"""Passes over the DaemonSets for which one is due: because of events, of time, or of what policies come to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush

from ..model.meta import Identity
from ..model.moments import shifted
from ..passes.observation import Surroundings
from ..passes.step import ends_at_once, pass_over
from ..policies.subjects import Subject
from .cluster_cache import ClusterCache
from .conditions import conditions_of
from .decisions import Decision
from .observed_writes import nodes_in_flight
from .tracker import Tracker

__all__ = ["Passes"]


class Passes:
    """Decides from the cache, and knows when a decision falls due without an event."""

    def __init__(self, cache: ClusterCache) -> None:
        self._cache = cache
        self._due: list[tuple[datetime, Identity]] = []

    def decide(self, now: datetime) -> Iterator[tuple[Identity, Decision | None]]:
        """Make the passes that are due; yield the new decisions, None for DaemonSets that are gone."""
        cache = self._cache
        if cache.clock is not None and now < cache.clock:
            for tracker in cache.trackers():
                tracker.dirty = True
        cache.clock = now
        for daemonset in cache.live_state.give_up(now):
            cache.wake(daemonset)
        while self._due and self._due[0][0] <= now:
            tracker_due = cache.tracker(heappop(self._due)[1])
            if tracker_due is not None:
                tracker_due.dirty = True
        for identity in sorted(cache.gone):
            yield identity, None
        cache.gone.clear()
        around = self._surroundings(now)
        if cache.behind:
            yield from self._held_back()
            return
        due = [found for found in cache.trackers() if found.dirty or found.restless or found.has_newly_available(now)]
        for tracker in self._with_policies(due, around):
            yield tracker.daemonset.identity, self._pass(tracker, around)

    def _held_back(self) -> Iterator[tuple[Identity, Decision]]:
        waiting = f"not caught up after the restart, to be listed: {', '.join(self._cache.behind)}"
        for tracker in self._cache.trackers():
            if tracker.dirty:
                identity = tracker.daemonset.identity
                decision = Decision(identity=identity, uid=tracker.daemonset.metadata.uid, error=waiting)
                tracker.decided(decision, restless=False)
                yield identity, decision

    def _with_policies(self, due: list[Tracker], around: Surroundings) -> list[Tracker]:
        """Return the trackers whose decision is due, also those for which policies come to something else."""
        policies, live_policies = tuple(self._cache.store.kind_stores["RolloutPolicy"]), self._cache.live_policies
        concerned = live_policies.dirty or live_policies.is_due(around.now)
        concerned = concerned or any(live_policies.governs(tracker.daemonset.identity) for tracker in due)
        if not concerned or not (policies or live_policies.rule.shares):
            return due
        changed = live_policies.decide(
            policies, self._subjects(around), self._cache.nodes, self._cache.state(), around.now
        )
        found = {id(tracker) for tracker in due}
        return [t for t in self._cache.trackers() if id(t) in found or t.daemonset.identity in changed]

    def _subjects(self, around: Surroundings) -> list[Subject]:
        """Return all DaemonSets that can be observed, as policies see them; what is in flight counts as spent (C7)."""
        found = []
        for tracker in self._cache.trackers():
            if ends_at_once(tracker.daemonset) is None:
                tracker.refresh(around)
                seen, identity = tracker.observation(), tracker.daemonset.identity
                flying = frozenset(nodes_in_flight(self._cache.live_state, self._cache.store, identity))
                found.append(Subject(tracker.daemonset, seen.verdicts, seen.observed, flying))
        return found

    def _surroundings(self, now: datetime) -> Surroundings:
        return Surroundings(
            index=self._cache.nodes,
            pods=self._cache.store.pods,
            revisions=self._cache.store.revisions,
            rules=self._cache.rules,
            now=now,
            backoffs=self._cache.live_state.backoffs,
            expectations=self._cache.live_state.expectations,
            hashes=self._cache.live_state.hashes,
            flights=self._cache.live_state.in_flight,
        )

    def _pass(self, tracker: Tracker, around: Surroundings) -> Decision:
        tracker.refresh(around)
        observation = tracker.observation()
        entry = pass_over(tracker.daemonset, around, observation, brief=True)
        entry, by_policy = self._cache.live_policies.governed(entry, observation, around)
        share = self._cache.live_policies.share(entry.identity)
        wait = entry.requeue_after
        dues = [None if wait is None else shifted(around.now, wait), share.due if share else None]
        due = min((moment for moment in dues if moment is not None), default=None)
        decision = Decision(
            identity=entry.identity,
            uid=tracker.daemonset.metadata.uid,
            actions=entry.actions + by_policy,
            deferred=entry.deferred,
            status=entry.status,
            status_written=entry.status_written,
            desired=len(tracker.situations.verdicts.run),
            budget=entry.budget.arithmetic if entry.budget else "",
            held=tuple(node for node, _ in entry.held),
            conditions=conditions_of(entry, self._cache.nodes, share),
            events=entry.events,
            notes=entry.notes,
            error=entry.error,
            due=due,
        )
        tracker.decided(decision, restless=bool(entry.backoffs and entry.held))
        if due is not None:
            heappush(self._due, (due, entry.identity))
        return decision

    def requeue_after(self, now: datetime) -> float | None:
        """Return the seconds until a decision may change without an event."""
        dues = [due for due in (self._next_due(), self._cache.live_policies.rule.due) if due is not None]
        return max(0.0, (min(dues) - now).total_seconds()) if dues else None

    def _next_due(self) -> datetime | None:
        while self._due:
            due, identity = self._due[0]
            tracker = self._cache.tracker(identity)
            if tracker is not None and tracker.decision is not None and tracker.decision.due == due:
                return due
            heappop(self._due)
        return None
