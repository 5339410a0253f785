"""Events in, decisions out: the incremental core that a controller is built around."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from ..constraints import BUILTIN_RULES, Rule
from ..diff import Action
from ..eligibility import Evaluation, evaluate
from ..errors import DsplanError, InputError
from ..model.arguments import check_moment, check_world
from ..model.meta import Identity
from ..model.pod import Pod
from ..model.state import State
from ..model.world import World
from ..passes import Event
from ..planner import Plan, solve
from ..policies.answers import answered
from .cluster_cache import ClusterCache
from .decisions import CurrentPlan, Delta, Metric
from .deltas import DeltaLog
from .events import WatchEventType, read_stamped
from .freshness import EventOutcome, is_older
from .lists import read_list
from .metrics import dump_of, metrics_of
from .observed_writes import is_write_visible
from .passes import Passes
from .single_writer import SingleWriter

__all__ = ["Reconciler"]


class Reconciler:
    """Keeps verdicts, status, actions and the first wave of every DaemonSet up to date, event by event.

    After any sequence of events it decides what `dsplan.step` decides on the world as it then is; what an event costs
    depends on what it changes, not on the size of the cluster. It does no I/O, reads no clock and starts no thread. One
    writer at a time; what it returns is frozen and may go to any thread.

    `rules` are as for `dsplan.step`: an embedder's own constraints take part in everything.

    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> reconciler = Reconciler()
    >>> reconciler.observe(("ADDED", {
    ...     "kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default", "uid": "u1"},
    ...     "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}}}}))
    <EventOutcome.APPLIED: 'applied'>
    >>> _ = reconciler.delta(now)
    >>> reconciler.observe(("ADDED", {"kind": "Node", "metadata": {"name": "n1", "resourceVersion": "7"}}))
    <EventOutcome.APPLIED: 'applied'>
    >>> [(action.verb, action.kind, action.node) for action in reconciler.delta(now).started]
    [('create', 'Pod', 'n1'), ('update', 'DaemonSet', '')]
    """

    def __init__(self, world: World | None = None, *, rules: Iterable[Rule] = BUILTIN_RULES) -> None:
        self._rules = tuple(rules)
        if world is not None:
            check_world(world)
        self._cache = ClusterCache(World() if world is None else world, self._rules)
        self._passes = Passes(self._cache)
        self._deltas = DeltaLog()
        self._news: Counter[tuple[str, str]] = Counter()
        self._writer = SingleWriter()

    def __repr__(self) -> str:
        stores = self._cache.store.kind_stores
        return f"Reconciler({', '.join(f'{kind}={len(stores[kind])}' for kind in stores if len(stores[kind]))})"

    @classmethod
    def resume(cls, state: State, *, rules: Iterable[Rule] = BUILTIN_RULES) -> Reconciler:
        """Return one that goes on from the State of another, after a crash or fail-over, and has yet to be told all.

        It decides nothing until nodes, pods, DaemonSets and revisions, and policies if there were any, were each given
        by `replace`, as of no older version than the other had seen: a replica that lags behind cannot make it act on
        what is long past (C5).

        >>> from datetime import UTC, datetime
        >>> Reconciler.resume(State(seen=(("Node", "41"),))).replace("Node", [], resource_version="40")
        <EventOutcome.STALE: 'stale'>
        """
        resumed = cls(World(state=state), rules=rules)
        resumed._cache.await_lists()
        return resumed

    # In

    def observe(self, event: Any, *, kind: str = "") -> EventOutcome:
        """Take one watch event, of any shape that `dsplan.reconciler.read_event` understands; return what it was worth.

        Only APPLIED changes anything. Events may come late, twice or in any order. `kind` helps where an object does
        not say its own. Raises InputError where the event is not understood, and ConstraintFault where a constraint
        raises; then nothing has changed.
        """
        with self._writer:
            kind_of_event, (item, stamp, images) = read_stamped(event, kind)
            if item is None:
                self._news["", EventOutcome.UNREAD] += 1
                return EventOutcome.UNREAD
            name, kind_store = self._cache.kind_store_of(item)
            deleted = kind_of_event is WatchEventType.DELETED
            news = kind_store.judge_deletion(stamp) if deleted else kind_store.judge(item, stamp)
            if news is EventOutcome.APPLIED:
                if deleted:
                    self._cache.remove(name, stamp)
                else:
                    self._cache.put(name, item, stamp)
                    self._cache.learn(images)
            elif deleted and news is not EventOutcome.DUPLICATE:
                kind_store.end(stamp)
            self._news[name, news] += 1
            return news

    def replace(
        self, kind: str, objects: Iterable[Any], *, resource_version: str = "", settles: bool = False
    ) -> EventOutcome:
        """Take a complete list of a kind, as after a relist: what is missing in it has been deleted.

        `settles` says that the list was asked for when no write of before could arrive any more: what it does not show
        to have landed, of the writes that a host before this one left in flight and of those whose answer is `unknown`,
        has not happened and may be decided again.

        `resource_version` is the list's. A list older than what was seen already (a read from a replica that lags
        behind) is STALE and changes nothing. Raises InputError where objects are not understood, with the name of each;
        the others have been taken then, and of those it believes what it knew before: one bad object must not make it
        blind to all the rest. Raises ConstraintFault where a constraint raises.
        """
        with self._writer:
            kind_store = self._cache.kind_store(kind)
            listing = read_list(objects, kind)
            items = [(found.item, found.stamp) for found in listing.read]
            if is_older(resource_version, kind_store.newest):
                self._news[kind, EventOutcome.STALE] += 1
                return EventOutcome.STALE
            missing = kind_store.missing(listing.keys) if listing.certain else []
            for _, stamp in missing:
                self._cache.remove(kind, stamp)
            kind_store.listed_at = ""
            fresh = [(item, stamp) for item, stamp in items if kind_store.judge(item, stamp) is EventOutcome.APPLIED]
            for item, stamp in fresh:
                self._cache.put(kind, item, stamp)
            self._cache.listed(kind, resource_version, settles=settles)
            for found in listing.read:
                self._cache.learn(found.images)
            news = EventOutcome.APPLIED if missing or fresh else EventOutcome.DUPLICATE
            self._news[kind, news] += 1
            if listing.problems:
                raise InputError.of(listing.problems)
            return news

    def issued(self, *actions: Action) -> int:
        """Note that actions are about to be sent, all of a batch at once; return how many were not in flight yet.

        Call it before sending: what is in flight counts as spent, holds back the next pass over its DaemonSet, and is
        wanted again only when it has been seen and undone, has failed, or was not seen for five minutes (C6-C8).
        Raises DsplanError if there was no plan or delta yet, for then nothing can have been decided.
        """
        with self._writer:
            now = self._cache.clock
            if now is None:
                raise DsplanError("issued before the first plan")
            return sum(self._issue(action, now) for action in actions)

    def _issue(self, action: Action, now: datetime) -> bool:
        cache = self._cache
        self._deltas.issued(action)
        if is_write_visible(action, cache.store, cache.pods_on(action.daemonset, action.node)):
            return False
        known = cache.kind_store("DaemonSet").get((action.daemonset.namespace, action.daemonset.name))
        sent = cache.live_state.issued(action, known, now)
        cache.live_policies.issued(action.daemonset)
        cache.wake(action.daemonset)
        return sent

    def sent(self, *actions: Action, now: datetime) -> None:
        """Note that actions that were issued are sent at this moment: the five minutes count from here (C7)."""
        with self._writer:
            for action in actions:
                self._cache.live_state.sent(action, now)

    def unknown(self, *actions: Action) -> None:
        """Note that the answer to writes was lost: nobody knows whether they were carried out.

        They stay in flight, and count as spent, until they are seen or `replace` is given a later list that settles
        them: nothing is done a second time because an answer did not arrive.
        """
        with self._writer:
            for action in actions:
                self._cache.live_state.unknown(action)
                self._news[action.kind, "unknown"] += 1

    def recall(self, *actions: Action) -> None:
        """Note that actions that were issued will not be sent after all; what is still wanted is handed out again."""
        with self._writer:
            for action in actions:
                self._cache.live_state.write_seen(action.daemonset, action.key)
                self._cache.wake(action.daemonset)
                self._deltas.failed(action)

    @property
    def unsettled(self) -> frozenset[str]:
        """The kinds of which `replace` has to be given a list that settles what became of writes."""
        with self._writer:
            return frozenset(self._cache.live_state.unsettled())

    def pods_on(self, daemonset: Identity, node: str) -> tuple[Pod, ...]:
        """Return the pods of a DaemonSet whose target is a node, as far as they were seen."""
        with self._writer:
            return self._cache.pods_on(daemonset, node)

    def known(self, kind: str) -> tuple[Any, ...]:
        """Return the typed objects of a kind as they were last seen, in no particular order."""
        with self._writer:
            return tuple(self._cache.kind_store(kind))

    def in_flight(self, action: Action) -> bool:
        """Return whether an action that was issued may still be sent: it is neither done nor given up (C7).

        A host that lets a batch wait must ask before each write: what it decided long ago may be decided again, and
        differently.
        """
        with self._writer:
            return action.key in self._cache.live_state.in_flight.get(action.daemonset, {})

    def failed(self, action: Action, error: BaseException | str) -> Event | None:
        """Note that an action was refused; return the event to record about its DaemonSet, if there is one.

        It is wanted again at once if it still is: how fast to retry is the host's business. That a pod to be deleted
        is not found is no error (C14), nor is a namespace that is going away (C15): those stay in flight.
        """
        with self._writer:
            if _is_moot(action, error):
                return None
            cache = self._cache
            cache.live_state.write_seen(action.daemonset, action.key)
            cache.wake(action.daemonset)
            self._deltas.failed(action)
            self._news[action.kind, "failed"] += 1
            if action.kind != "Pod" or action.verb not in ("create", "delete"):
                return None
            verb = "creating" if action.verb == "create" else "deleting"
            reason = "FailedCreate" if action.verb == "create" else "FailedDelete"
            return Event("Warning", reason, f"Error {verb}: {error}")

    # Out

    def plan(self, now: datetime) -> CurrentPlan:
        """Return the decisions for all DaemonSets at `now`, an aware datetime; asking changes nothing."""
        with self._writer:
            self._decide(now)
            decisions = tuple(decision for tracker in self._cache.trackers() if (decision := tracker.decision))
            return CurrentPlan(
                now=now,
                decisions=decisions,
                state=self._cache.state(),
                requeue_after=self._passes.requeue_after(now),
            )

    def delta(self, now: datetime) -> Delta:
        """Return what changed since the last call of `delta`, and when to ask again."""
        with self._writer:
            self._decide(now)
            found = self._deltas.take()
            return Delta(
                now=now,
                decisions=tuple(found.decisions),
                removed=tuple(found.removed),
                started=tuple(found.started),
                withdrawn=tuple(found.withdrawn),
                events=tuple(found.events),
                conditions=tuple(found.conditions),
                requeue_after=self._passes.requeue_after(now),
            )

    def _decide(self, now: datetime) -> None:
        check_moment(now)
        for identity, decision in self._passes.decide(now):
            self._deltas.decided(identity, decision)

    def solve(self, now: datetime) -> Plan:
        """Return the whole plan with all waves for the world as it is; this costs what `dsplan.solve` costs."""
        return solve(self.world, now=now, rules=self._rules)

    def keep_progress(self, plan: Plan) -> None:
        """Remember where the roll-outs of policies stand, once what `solve` planned was carried out."""
        with self._writer:
            self._cache.live_policies.keep(plan.state.rollouts)

    def gate(self, policy: str, *, passed: bool, note: str = "") -> None:
        """Tell what was decided at the gate where the roll-out of a policy (`namespace/name`) waits.

        Raises DsplanError where nothing is asked, or nothing is known to roll out: see `answer`.
        """
        self.answer(policy, "pass" if passed else "fail", note=note)

    def answer(self, policy: str, answer: str, *, note: str = "") -> None:
        """Tell what somebody says of the roll-outs of a policy: pass, fail, resume, pause (`dsplan.policies.answers`).

        Raises DsplanError where there is nothing to say it of.
        """
        with self._writer:
            self._cache.live_policies.keep(answered(self._cache.state(), policy, answer, note=note).rollouts)

    def evaluate(self, daemonset: Identity, node: str) -> Evaluation | None:
        """Return the verdict for one pair with every reason; None where one of the two is not known."""
        tracker, known = self._cache.tracker(daemonset), self._cache.nodes.get(node)
        return None if tracker is None or known is None else evaluate(tracker.constraints, known)

    @property
    def world(self) -> World:
        """Everything as it is now, as a frozen World: `Reconciler(reconciler.world)` goes on from here."""
        with self._writer:
            return self._cache.world()

    @property
    def state(self) -> State:
        """What a restarted host needs besides the objects: expectations, back-off, what is in flight."""
        with self._writer:
            return self._cache.state()

    def metrics(self) -> tuple[Metric, ...]:
        """Return counters of events and gauges of the present, sorted."""
        with self._writer:
            found = [
                Metric("dsplan_events_total", (("kind", kind), ("news", str(news))), count)
                for (kind, news), count in self._news.items()
            ]
            return tuple(sorted([*found, *metrics_of(self._cache)]))

    def dump(self, now: datetime) -> bytes:
        """Return everything it knows and decides as canonical JSON: same world, same bytes, whatever came before."""
        with self._writer:
            self._decide(now)
            return msgspec.json.encode(dump_of(self._cache), order="deterministic", enc_hook=str)


def _is_moot(action: Action, error: BaseException | str) -> bool:
    status: Any = getattr(error, "status", None)
    code = getattr(status, "code", status)
    if action.verb == "delete" and action.kind == "Pod":
        return code == 404 or type(error).__name__ == "NotFoundError"
    body = getattr(error, "body", "")
    return action.verb == "create" and "NamespaceTerminating" in f"{error}{body}"
