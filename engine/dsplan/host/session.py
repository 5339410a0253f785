"""One term of a host: from claiming the State until the Lease, the fence or the wish to go on is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import msgspec

from ..constraints import Rule
from ..errors import DsplanError
from ..model.state import State
from ..reconciler import Condition, Delta, Reconciler
from .answers import ApiError
from .api import Api, Unanswered
from .executor import Executor, Held, LeaseLost
from .intake import Intake, Offload
from .lease import Lease
from .options import HostOptions
from .pacing import Backoff
from .policy_answers import policy_of, read_answer, with_answer
from .records import Audit, Record, RecordKind
from .state_store import FenceLost, StateStore

__all__ = ["Session"]

_LOOK_AGAIN = 5.0
_CONTROL_EVERY = 5.0
_MOST_TOLD = 100_000


class Session:
    """List, watch, decide, save, send, report, until `stop` is set or something ends the term."""

    def __init__(
        self,
        api: Api,
        options: HostOptions,
        store: StateStore,
        lease: Lease | None,
        dice: Random,
        audit: Audit,
        offload: Offload,
        rules: tuple[Rule, ...],
        wish: Callable[[], str],
    ) -> None:
        self._api, self._clock = api, api.clock
        self._options = options
        self._store, self._lease = store, lease
        self._dice, self._audit, self._offload, self._rules = dice, audit, offload, rules
        self._own_wish = wish
        self._control_at = float("-inf")
        self._intake: Intake | None = None
        self._executor: Executor | None = None
        self._conditions: dict[tuple[str, str], Condition] = {}
        self.reconciler = Reconciler(rules=rules)

    async def ask(self, function: Callable[[Reconciler], Any]) -> Any:
        """Return what a function makes of the Reconciler when it is its turn."""
        if self._intake is None:
            raise DsplanError("the host has not begun to act")
        return await self._intake.ask(function)

    def wake(self) -> None:
        """Look at once: somebody said something."""
        if self._intake is not None:
            self._intake.wake()

    @property
    def held(self) -> tuple[Held, ...]:
        """The writes that wait for something other than their turn."""
        return () if self._executor is None else self._executor.held

    def wish(self) -> str:
        """Return what somebody asked for: this process first, then whoever wrote it beside the State."""
        # What was said of a policy is taken up before anything else is written.
        return self._own_wish() or self._store.control or ("pause" if self._store.answers else "")

    async def run(self, stop: asyncio.Event) -> str:
        """Run one term; return "finished", "aborted" or "stopped".

        Raises LeaseLost and FenceLost where the term is over, StateRefused and Refused where the host has to end.
        """
        state = await self._claimed()
        self.reconciler = Reconciler.resume(state, rules=self._rules)
        intake = Intake(
            self._api,
            self.reconciler,
            self._dice,
            self._tell,
            self._offload,
            policies=self._options.policies,
            streams=self._options.streams_lists,
            settle_after=self._options.terms.write_timeout,
        )
        self._intake = intake
        executor = Executor(
            self._api,
            self.reconciler,
            intake,
            self._store,
            self._lease,
            self._options,
            self._dice,
            self._audit,
            lambda: "pause" if stop.is_set() else self.wish(),
            self._rules,
        )
        self._executor = executor
        try:
            await intake.start()
            return await self._loop(intake, executor, stop)
        finally:
            await intake.stop()

    async def _claimed(self) -> State:
        """Load the State and write it back as one's own; tried again until it is done or the Lease is gone."""
        backoff = Backoff(self._dice)
        while True:
            try:
                state = await self._store.load()
                self._check_lease()
                await self._store.claim(state)
            except (ApiError, Unanswered) as error:
                self._tell(RecordKind.TROUBLE, f"State: {error}"[:500])
                await self._clock.sleep(max(getattr(error, "wait", None) or 0.0, backoff.next()))
                self._check_lease()
            else:
                return state

    async def _loop(self, intake: Intake, executor: Executor, stop: asyncio.Event) -> str:
        wait = 0.0
        while True:
            await intake.wait(wait, stop)
            self._check_lease()
            if stop.is_set():
                await self._save_at_the_end()
                return "stopped"
            await self._heed()
            await self._take_answers(intake)
            if self.wish() == "abort":
                return "aborted"
            again = await intake.settle()
            if not intake.complete:
                wait = _LOOK_AGAIN
                continue
            delta: Delta = await self._offload(self.reconciler.delta, self._clock.now())
            await executor.take(delta)
            await self._report(delta, executor)
            waits = [_LOOK_AGAIN, again, delta.requeue_after, await self._act(executor)]
            wait = max(0.0, min(found for found in waits if found is not None))
            if await self._is_finished(executor):
                return "finished"

    async def _act(self, executor: Executor) -> float | None:
        try:
            return await executor.act()
        except (ApiError, Unanswered) as error:
            self._tell(RecordKind.TROUBLE, str(error)[:500])
            return max(getattr(error, "wait", None) or 0.0, 1.0)

    async def _save_at_the_end(self) -> None:
        """Save what is known now; trouble is told and no more, for whatever was sent was saved before."""
        try:
            await self._store.save(self.reconciler.state)
        except (ApiError, Unanswered, FenceLost) as error:
            self._tell(RecordKind.TROUBLE, f"State at the end: {error}"[:500])

    async def _heed(self) -> None:
        """Look now and then whether somebody wrote a wish beside the State, also while nothing is to be saved."""
        now = self._clock.monotonic()
        if now - self._control_at < _CONTROL_EVERY:
            return
        self._control_at = now
        before = self._store.control
        try:
            if self._store.is_told:
                await self._store.look()
            else:
                await self._store.save(self.reconciler.state)
        except (ApiError, Unanswered) as error:
            self._tell(RecordKind.TROUBLE, f"State: {error}"[:500])
        if self._store.control != before:
            self._tell(RecordKind.CONTROL, self._store.control or "resume")

    async def _take_answers(self, intake: Intake) -> None:
        """Take up what somebody wrote about policies; State and answers are saved together."""
        answers = self._store.answers
        if not answers or not intake.complete:
            return
        for key, text in sorted(answers.items()):
            policy = policy_of(key)
            try:
                said = read_answer(text)
                with_answer(self.reconciler.state, policy, said)
                self.reconciler.answer(policy, said.answer, note=said.note)
            except DsplanError as error:
                self._tell(RecordKind.TROUBLE, str(error)[:500])
            else:
                self._tell(RecordKind.CONTROL, f"policy {policy}: {said.answer} {'; '.join(said.asked)}".rstrip())
        self._store.take(answers)
        try:
            await self._store.save(self.reconciler.state)
        except (ApiError, Unanswered) as error:
            self._tell(RecordKind.TROUBLE, f"State: {error}"[:500])

    async def _report(self, delta: Delta, executor: Executor) -> None:
        for identity in delta.removed:
            for kind in ("Complete", "Progressing", "Stalled"):
                self._conditions.pop((str(identity), kind), None)
        for identity, condition in delta.conditions:
            self._conditions[str(identity), condition.type] = condition
            self._audit(
                Record(
                    at=self._clock.now(),
                    kind=RecordKind.CONDITION,
                    daemonset=str(identity),
                    object=condition.type,
                    outcome=condition.status,
                    reason=condition.reason,
                    message=condition.message,
                )
            )
        self._store.conditions = _told(self._conditions)
        for identity, event in delta.events:
            await executor.reporter.report(identity, event.type, event.reason, event.message)

    async def _is_finished(self, executor: Executor) -> bool:
        finished = self._options.finished
        if finished is None or executor.pending or self.reconciler.state.flights:
            return False
        plan = await self._offload(self.reconciler.plan, self._clock.now())
        if not finished(plan):
            return False
        await self._save_at_the_end()
        return True

    def _check_lease(self) -> None:
        if self._lease is not None and not self._lease.held:
            raise LeaseLost

    def _tell(self, kind: RecordKind, message: str) -> None:
        self._audit(Record(at=self._clock.now(), kind=kind, message=message))


def _told(conditions: Mapping[tuple[str, str], Condition]) -> str:
    """Return the conditions that are true as JSON, by DaemonSet; the first of them where all are too much."""
    found: dict[str, dict[str, str]] = {}
    size = 0
    for (daemonset, kind), condition in sorted(conditions.items()):
        if condition.status != "True":
            continue
        size += len(daemonset) + len(condition.reason) + len(condition.message)
        if size > _MOST_TOLD:
            break
        found[daemonset] = {"type": kind, "reason": condition.reason, "message": condition.message}
    return msgspec.json.encode(found).decode() if found else ""
