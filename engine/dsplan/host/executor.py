"""What goes out: from a delta to writes, each of them behind the fence, the floor, and what somebody asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from ..constraints import Rule
from ..diff import Action, Actor
from ..model.meta import Identity
from ..reconciler import Delta, Reconciler
from .answers import ApiError, Outcome, status_of, tree_in
from .api import Api, Unanswered
from .client import Answer
from .guards import Guards
from .intake import Intake
from .kinds import path_of
from .lease import Lease
from .options import HostOptions
from .pacing import Backoff, Rate, retry_after
from .records import Record, RecordKind, record_of
from .reporting import Reporter
from .state_store import StateStore
from .tombstones import tombstone
from .writes import Sender, name_of, told

__all__ = ["Executor", "Held", "LeaseLost"]

_HELD_FOR = 10.0
_FLOORED_FOR = 1.0
_REMEMBERED = 1000
"""Writes that are remembered to have waited, before those of long ago are dropped."""

Key = tuple[Identity, tuple[str, str, str, str]]


class Held(msgspec.Struct, frozen=True):
    """A write that is wanted and must wait: for which DaemonSet and node, and why, with the name of what holds it."""

    daemonset: Identity
    node: str
    why: str


class LeaseLost(Exception):
    """Nothing may be written any more until the Lease is held again."""


class Executor:
    """Carries out what the Reconciler wants, a batch at a time; `pending` is what waits for its turn."""

    def __init__(
        self,
        api: Api,
        reconciler: Reconciler,
        intake: Intake,
        store: StateStore,
        lease: Lease | None,
        options: HostOptions,
        dice: Random,
        audit: Callable[[Record], None],
        wish: Callable[[], str],
        rules: tuple[Rule, ...],
    ) -> None:
        self._api, self._clock = api, api.clock
        self._reconciler, self._intake = reconciler, intake
        self._store, self._lease = store, lease
        self._options = options
        self._audit = audit
        self._wish = wish
        self._sender = Sender(api, timeout=options.terms.write_timeout, evicts=options.evicts)
        self._rate = Rate(options.writes_per_second, burst=max(1, round(options.writes_per_second)))
        self._guards = Guards(api, reconciler, intake, options, rules)
        self.reporter = Reporter(api, audit)
        self._dice = dice
        self._backoffs: dict[Key, Backoff] = {}
        self._not_before: dict[Key, float] = {}
        self._quiet_until = float("-inf")
        self._saving = Backoff(dice)
        self._held: dict[Key, Held] = {}
        self.pending: dict[Key, Action] = {}

    async def take(self, delta: Delta) -> None:
        """Take over what is wanted now, and drop what is not wanted any more."""
        for identity, why in self._guards.decided():
            await self.reporter.report(identity, "Warning", "HandedBack", why)
        for action in delta.withdrawn:
            self.pending.pop(_key(action), None)
        for action in delta.started:
            if self._is_mine(action):
                self.pending[_key(action)] = action
                self._audit(record_of(self._clock.now(), RecordKind.DECIDED, action))
        if len(self._not_before) > _REMEMBERED:
            self._forget_past()

    def _forget_past(self) -> None:
        """Drop what is remembered of writes that are not wanted any more, and whose waiting is over."""
        now = self._clock.monotonic()
        kept = {key for key, until in self._not_before.items() if key in self.pending or until > now}
        self._not_before = {key: until for key, until in self._not_before.items() if key in kept}
        self._backoffs = {key: backoff for key, backoff in self._backoffs.items() if key in kept}
        self._held = {key: held for key, held in self._held.items() if key in kept}

    def _is_mine(self, action: Action) -> bool:
        chosen = self._options.daemonsets
        if chosen is not None and action.daemonset not in chosen:
            return False
        return action.actor is Actor.HOST or self._options.replaces_controller

    @property
    def held(self) -> tuple[Held, ...]:
        """What waits for something other than its turn, as of the last look."""
        return tuple(found for key, found in self._held.items() if key in self.pending)

    async def act(self) -> float | None:
        """Send the next batch; return in how many seconds to go on, None where there is nothing to do.

        Raises LeaseLost, FenceLost and Refused.
        """
        if not self.pending:
            return None
        if self._wish() in ("pause", "abort"):
            return 1.0
        now = self._clock.monotonic()
        if now < self._quiet_until:
            return self._quiet_until - now
        batch = self._ready(now)
        if not batch:
            return min(self._not_before.get(key, now) for key in self.pending) - now
        await self._guards.check_alone(batch)
        batch = await self._above_floor(batch)
        if not batch:
            return _FLOORED_FOR
        return await self._send_behind_fence(batch)

    def _ready(self, now: float) -> list[Action]:
        found = [action for key, action in self.pending.items() if self._not_before.get(key, now) <= now]
        return found[: self._options.batch]

    async def _above_floor(self, batch: Sequence[Action]) -> list[Action]:
        """Return what may be sent; a deletion counts at once, so that the next of the batch stands behind it."""
        kept = []
        for action in batch:
            deletes = action.verb == "delete" and action.kind == "Pod"
            why = await self._guards.floored(action) if deletes else ""
            if why:
                self._hold(action, why, _FLOORED_FOR)
            else:
                kept.append(action)
        return kept

    # Behind the fence

    async def _send_behind_fence(self, batch: list[Action]) -> float:
        self._check_lease()
        self._reconciler.issued(*batch)
        for action in batch:
            self.pending.pop(_key(action), None)
        try:
            await self._store.save(self._reconciler.state)
        except (ApiError, Unanswered) as error:
            self._reconciler.recall(*batch)
            self._tell(RecordKind.TROUBLE, f"State is not saved, so nothing is sent: {error}"[:500])
            self._quiet_until = self._clock.monotonic() + max(getattr(error, "wait", None) or 0.0, self._saving.next())
            return self._quiet_until - self._clock.monotonic()
        self._saving.reset()
        self._tell(RecordKind.SAVED, f"{len(batch)} writes are about to be sent")
        left = list(batch)
        try:
            while left and await self._send_next(left[0]):
                del left[0]
        finally:
            if left:
                self._reconciler.recall(*left)
                self._guards.forget()
        return 0.0

    async def _send_next(self, action: Action) -> bool:
        """Send one action, or skip it; return False where it and all after it must be decided again."""
        await self._intake.drain()
        if self._wish() in ("pause", "abort") or self._clock.monotonic() < self._quiet_until:
            return False
        if not self._reconciler.in_flight(action):
            return True
        wait = self._rate.wait(self._clock.monotonic())
        if wait:
            await self._clock.sleep(wait)
        why = await self._guards.second_thought(action)
        if why:
            self._audit(record_of(self._clock.now(), RecordKind.RECALLED, action, message=why))
            return False
        name = self._name(action)
        self._check_lease()
        self._reconciler.sent(action, now=self._clock.now())
        self._held.pop(_key(action), None)
        self._audit(record_of(self._clock.now(), RecordKind.SENT, action))
        # Once it is on its way it is waited for, whatever else ends: a write that nobody waits for is unknown.
        outcome, answer = await self._sender.send(action, name, self._check_lease, uid=self._uid(action))
        await self._ended(action, outcome, answer, name)
        return True

    def _check_lease(self) -> None:
        if self._lease is not None and not self._lease.held:
            raise LeaseLost

    def _uid(self, action: Action) -> str:
        """Return the uid of the object that an action is about, as it is known; empty where it is to be created."""
        place = action.namespace, action.name
        for item in self._reconciler.known(action.kind) if action.kind != "Pod" else ():
            if (item.metadata.namespace, item.metadata.name) == place:
                return str(item.metadata.uid)
        return ""

    def _name(self, action: Action) -> str:
        if action.verb != "create" or action.kind != "Pod":
            return ""
        uid = action.body["metadata"]["ownerReferences"][0]["uid"]
        there = self._reconciler.pods_on(action.daemonset, action.node)
        return name_of(action, uid, (pod.metadata.uid for pod in there))

    # Afterwards

    async def _ended(self, action: Action, outcome: Outcome, answer: Answer, name: str) -> None:
        message = "" if outcome is Outcome.DONE else told(answer)
        kind = RecordKind.UNKNOWN if outcome is Outcome.UNKNOWN else RecordKind.ANSWERED
        self._audit(record_of(self._clock.now(), kind, action, outcome=str(outcome), message=message[:500]))
        key = _key(action)
        if outcome is Outcome.DONE:
            self._backoffs.pop(key, None)
            self._done(action, answer)
        elif outcome is Outcome.UNKNOWN:
            self._reconciler.unknown(action)
            self._intake.lost()
        elif outcome is Outcome.THROTTLED:
            self._quiet_until = self._clock.monotonic() + (retry_after(answer[1]) or self._next(key))
            self._reconciler.recall(action)
        elif outcome is Outcome.HELD:
            causes: list[dict[str, Any]] = (status_of(answer[2]).details or {}).get("causes") or [{}]
            self._hold(action, str(causes[0].get("message") or "a PodDisruptionBudget"), _HELD_FOR)
            self._reconciler.recall(action)
        elif outcome in (Outcome.CONFLICT, Outcome.GONE, Outcome.EXISTS):
            await self._look_at(action, action.name or name)
        else:
            self._not_before[key] = self._clock.monotonic() + self._next(key)
            event = self._reconciler.failed(action, told(answer))
            if event is not None:
                await self.reporter.report(action.daemonset, event.type, event.reason, event.message)

    def _done(self, action: Action, answer: Answer) -> None:
        """Take in what the answer shows of the object: one need not wait to see one's own writes."""
        try:
            tree = tree_in(answer)
        except ApiError:
            return
        if tree.get("kind") == action.kind:
            self._intake.observe(action.kind, "MODIFIED", tree)

    async def _look_at(self, action: Action, name: str) -> None:
        """After a refusal that says that the object is another than was thought: look at it, then decide again."""
        key = _key(action)
        self._not_before[key] = self._clock.monotonic() + self._next(key)
        try:
            tree = await self._api.get(path_of(action.kind, action.namespace, name))
        except ApiError as error:
            if error.status != 404:
                self._reconciler.unknown(action)
                self._intake.lost()
                return
            self._intake.observe(action.kind, "DELETED", tombstone(action.kind, action.namespace, name, action))
        except Unanswered:
            self._reconciler.unknown(action)
            self._intake.lost()
            return
        else:
            self._intake.observe(action.kind, "MODIFIED", {"kind": action.kind, **tree})
        if self._reconciler.in_flight(action):
            self._reconciler.recall(action)

    def _hold(self, action: Action, why: str, seconds: float) -> None:
        key = _key(action)
        if self._not_before.get(key, float("-inf")) < self._clock.monotonic():
            self._audit(record_of(self._clock.now(), RecordKind.HELD, action, message=why))
        self._not_before[key] = self._clock.monotonic() + seconds
        self._held[key] = Held(action.daemonset, action.node, why)

    def _next(self, key: Key) -> float:
        return self._backoffs.setdefault(key, Backoff(self._dice)).next()

    def _tell(self, kind: RecordKind, message: str) -> None:
        self._audit(Record(at=self._clock.now(), kind=kind, message=message))


def _key(action: Action) -> Key:
    return action.daemonset, action.key
