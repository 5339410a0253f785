"""The loop that every controller needs, around a Reconciler: list, watch, decide, save, send, report, retry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from enum import StrEnum
from random import Random
from typing import TypeVar

from ..constraints import BUILTIN_RULES, Rule
from ..errors import DsplanError
from ..reconciler import Reconciler
from .access import MissingRights, missing_rights, rights_needed
from .answers import ApiError
from .api import Api, Unanswered
from .client import Client
from .executor import Held, LeaseLost
from .guards import Refused
from .intake import Offload
from .lease import Lease
from .options import HostOptions
from .pacing import Backoff, Clock, Rate, SystemClock, first_of
from .records import Audit, Record, RecordKind
from .session import Session
from .state_store import FenceLost, StateStore
from .surroundings import controller_runs, server_version

__all__ = ["Ended", "Host"]

T = TypeVar("T")


class Ended(StrEnum):
    """How a host ended."""

    STOPPED = "stopped"
    """It was asked to; State is saved, the Lease given back."""
    FINISHED = "finished"
    """`HostOptions.finished` said so."""
    ABORTED = "aborted"
    """Somebody wrote `abort`; everything is left as it is."""


class Host:
    """Carries out what dsplan decides in a live cluster, for as long as `run` runs.

    Safe to kill at any moment: State is saved under its resourceVersion before each write, so that the next host goes
    on without delay and without breaking a budget. Two of them never act at once. Every decision, write and trouble
    goes to `audit` as one Record.
    """

    def __init__(
        self,
        client: Client,
        options: HostOptions,
        *,
        clock: Clock | None = None,
        audit: Audit | None = None,
        rules: Iterable[Rule] = BUILTIN_RULES,
        dice: Random | None = None,
        offload: Offload | None = None,
    ) -> None:
        self._options = options
        self._clock = clock or SystemClock()
        self._audit: Audit = audit or (lambda record: None)
        self._rules = tuple(rules)
        self._dice = dice or Random()  # noqa: S311
        self._offload: Offload = offload or asyncio.to_thread
        rate = Rate(options.requests_per_second, burst=max(1, round(2 * options.requests_per_second)))
        self.api = Api(client, self._clock, rate, timeout=options.read_timeout)
        # State and Lease stand or fall with their time limit, and must not wait behind lists.
        quick = Rate(options.requests_per_second, burst=max(1, round(options.requests_per_second)))
        self._quick = Api(client, self._clock, quick, timeout=options.terms.write_timeout)
        self._wish = ""
        self._session: Session | None = None

    # What others may ask of it

    def pause(self) -> None:
        """Write nothing from now on, until `resume`; what is on its way ends."""
        self._say("pause")

    def resume(self) -> None:
        """Go on after `pause`."""
        self._say("")

    def abort(self) -> None:
        """Write nothing any more, and end. Everything is left as it is."""
        self._say("abort")

    def _say(self, wish: str) -> None:
        self._wish = wish
        if self._session is not None:
            self._session.wake()

    async def gate(self, policy: str, *, passed: bool, note: str = "") -> None:
        """Answer the manual gate where the roll-out of a policy (`namespace/name`) stands.

        Raises DsplanError where no such roll-out is known, and while this host does not act.
        """
        await self.ask(lambda reconciler: reconciler.gate(policy, passed=passed, note=note))

    async def ask(self, function: Callable[[Reconciler], T]) -> T:
        """Return what a function makes of the Reconciler, when it is its turn: a plan, metrics, a world.

        The Reconciler has one writer, so nothing else may call it while the host acts. Raises what the function raises,
        and DsplanError while this host does not act.
        """
        if self._session is None:
            raise DsplanError("this host does not act at present")
        found: T = await self._session.ask(function)
        return found

    @property
    def acts(self) -> bool:
        """Whether the host holds its Lease and works."""
        return self._session is not None

    @property
    def held(self) -> tuple[Held, ...]:
        """The writes that wait for something other than their turn: a disruption budget, the floor, the rate."""
        return () if self._session is None else self._session.held

    # The loop

    async def run(self, stop: asyncio.Event | None = None) -> Ended:
        """Run until `stop` is set, `abort` is asked for, or all is finished; return which.

        Raises MissingRights before the first write with all rights that are missing, StateRefused where the State that
        is there cannot be used, and Refused where acting would do harm.
        """
        stop = stop or asyncio.Event()
        await self._begin(stop)
        if stop.is_set():
            return Ended.STOPPED
        lease = self._lease() if self._options.leads else None
        try:
            return await self._terms(lease, stop)
        finally:
            if lease is not None:
                await lease.give_back()
            self._tell(RecordKind.ENDED, "")

    async def _begin(self, stop: asyncio.Event) -> None:
        """Look at the server and at one's rights; tried again until there are answers."""
        backoff = Backoff(self._dice)
        while not stop.is_set():
            try:
                await self._look_around()
            except (ApiError, Unanswered) as error:
                if isinstance(error, ApiError) and error.status in (401, 403):
                    raise
                self._tell(RecordKind.TROUBLE, str(error)[:500])
                await self._clock.sleep(max(getattr(error, "wait", None) or 0.0, backoff.next()))
            else:
                return

    async def _look_around(self) -> None:
        version = await server_version(self.api)
        for told in version.differences:
            self._tell(RecordKind.TROUBLE, told)
        options = self._options
        chosen = options.daemonsets
        namespaces = sorted({identity.namespace for identity in chosen}) if chosen is not None else [""]
        needed = rights_needed(
            options.namespace,
            namespaces,
            replaces_controller=options.replaces_controller,
            evicts=options.evicts,
            policies=options.policies is None,
        )
        missing = await missing_rights(self.api, needed)
        if missing:
            raise MissingRights(missing)
        if options.replaces_controller and not options.controller_is_off:
            why = await controller_runs(self.api)
            if why:
                raise Refused(
                    f"the real DaemonSet controller seems to run here: {why}; two pods a node would come of it"
                )
        self._tell(RecordKind.BEGAN, f"server {version.text}, as {options.identity}")

    def _lease(self) -> Lease:
        options = self._options
        return Lease(self._quick, options.namespace, options.name, options.identity, options.terms)

    async def _terms(self, lease: Lease | None, stop: asyncio.Event) -> Ended:
        """Go from term to term: a Lease or a fence that was lost begins the next one from what is saved."""
        while True:
            if lease is not None and not await self._hold(lease, stop):
                return Ended.STOPPED
            store = StateStore(self._quick, self._options.namespace, self._options.name, self._writer())
            self._session = Session(
                self.api,
                self._options,
                store,
                lease,
                self._dice,
                self._audit,
                self._offload,
                self._rules,
                lambda: self._wish,
            )
            keeper = None if lease is None else asyncio.create_task(self._keep(lease), name="dsplan lease")
            try:
                return Ended(await self._session.run(stop))
            except LeaseLost:
                self._tell(RecordKind.LEASE, "lost")
            except FenceLost as error:
                self._tell(RecordKind.LEASE, f"somebody else wrote the State: {error}")
                await self._clock.sleep(self._dice.uniform(0.5, 1.0) * self._options.terms.retry)
            finally:
                self._session = None
                if keeper is not None:
                    keeper.cancel()
                    await asyncio.gather(keeper, return_exceptions=True)

    def _writer(self) -> str:
        """Return the name of this term: another one for each, so that an earlier one of the same process is fenced."""
        return f"{self._options.identity}/{self._dice.getrandbits(64):016x}"

    async def _hold(self, lease: Lease, stop: asyncio.Event) -> bool:
        """Wait until the Lease is held; return False where the wish to stop came first."""
        waited = False
        while not stop.is_set():
            if await self._try_hold(lease):
                self._tell(RecordKind.LEASE, f"held by {self._options.identity}")
                return True
            if not waited:
                self._tell(RecordKind.LEASE, f"waiting: held by {lease.holder or 'nobody who is known'}")
                waited = True
            await first_of(stop.wait(), self._clock.sleep(self._options.terms.retry * self._dice.uniform(0.8, 1.2)))
        return False

    async def _keep(self, lease: Lease) -> None:
        while True:
            await self._clock.sleep(self._options.terms.retry * self._dice.uniform(0.8, 1.0))
            await self._try_hold(lease)

    async def _try_hold(self, lease: Lease) -> bool:
        try:
            return await lease.try_hold()
        except (ApiError, Unanswered) as error:
            self._tell(RecordKind.TROUBLE, f"Lease: {error}"[:500])
            return lease.held

    def _tell(self, kind: RecordKind, message: str) -> None:
        self._audit(Record(at=self._clock.now(), kind=kind, message=message))
