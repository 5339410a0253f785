"""Killed at any moment, stopped past the Lease, two at once: the next one goes on without delay and breaks nothing."""

from __future__ import annotations

import asyncio
import gc
import os
from random import Random
from typing import Any

import pytest

from dsplan.host import Host, LeaseTerms, StateRefused, load_state
from dsplan.testing.apiserver import DirectClient, Fault, Request, run_virtually
from tests.testing.apiserver.objects import daemonset, nodes, policy

from .worlds import Stage, acting

NODES, BUDGET = 6, 2
POINTS = int(os.environ.get("DSPLAN_KILLS", "40"))
HOURS = int(os.environ.get("DSPLAN_HOURS", "3"))


class Killed(BaseException):
    """The process is no more: nothing after this line of it is run."""


class Deadly:
    """A client whose process dies at the n-th request: before it is sent, or when its answer is on its way."""

    def __init__(self, stage: Stage, at: int, *, after: bool) -> None:
        self._client = DirectClient(stage.stand_in)
        self._left = at
        self._after = after
        self.dead = asyncio.Event()

    async def request(self, method: str, path: str, *rest: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            await self._die()
        answer = await self._client.request(method, path, *rest)
        if self._left == 0:
            await self._die()
        return answer

    async def _die(self) -> None:
        self.dead.set()
        await asyncio.Event().wait()

    def stream(self, *args: Any) -> Any:
        return self._client.stream(*args)


async def lives_until_killed(host: Host, client: Deadly) -> bool:
    """Run a host until it dies; return whether it did. Nothing of it runs on: not even what cleans up."""
    task = asyncio.create_task(host.run())
    dying = asyncio.create_task(client.dead.wait())
    await asyncio.wait({task, dying}, timeout=600, return_when=asyncio.FIRST_COMPLETED)
    died = client.dead.is_set()
    dying.cancel()
    _kill(task)
    await asyncio.gather(task, dying, return_exceptions=True)
    return died


def _kill(task: asyncio.Task[Any]) -> None:
    """End a task and what it started; what they send on their way out goes nowhere, since their client is dead."""
    task.cancel()


class Cut(Deadly):
    """After death nothing gets through any more."""

    async def request(self, method: str, path: str, *rest: Any) -> Any:
        if self.dead.is_set():
            raise ConnectionError("dead")
        return await super().request(method, path, *rest)


def objects(owner: str) -> list[dict[str, Any]]:
    strategy = "RollingUpdate" if owner == "Host" else "OnDelete"
    ruling = policy(owner=owner, budgets=[{"maxUnavailable": BUDGET}])
    return [*nodes(NODES), daemonset(strategy=strategy), ruling]


def second(owner: str) -> dict[str, Any]:
    return daemonset("agent:2", strategy="RollingUpdate" if owner == "Host" else "OnDelete", generation=2)


@pytest.mark.parametrize("owner", ["Controller", "Host"])
def test_killed_at_any_point_the_next_one_goes_on(owner: str) -> None:
    dice = Random(owner)

    async def play(at: int, *, after: bool) -> float:
        stage = Stage(*objects(owner), controller=owner != "Host")
        async with stage.live():
            async with acting(stage.host("first", controller_is_off=True)):
                await stage.until(stage.rolled_out("agent:1", NODES))
            stage.stand_in.api.add(second(owner))
            client = Cut(stage, at, after=after)
            died = await lives_until_killed(stage.host("same", client=client), client)
            # The same identity, restarted at once: its Lease is its own.
            async with acting(stage.host("same")):
                took = await stage.until(stage.rolled_out("agent:2", NODES))
                await asyncio.sleep(20)
            assert stage.rolled_out("agent:2", NODES)()
        assert stage.most_down <= BUDGET, (at, after)
        assert stage.twins == set(), (at, after)
        assert stage.stand_in.api.refused == []
        return took if died else 0.0

    longest = 0.0
    for _ in range(POINTS // 2):
        at, after = dice.randint(8, 90), dice.random() < 0.5
        longest = max(longest, run_virtually(play(at, after=after)))
    # Three waves of some ten seconds each; five minutes of standstill would show.
    assert 0 < longest < 90


def test_stopped_past_its_lease_while_another_goes_on() -> None:
    """SIGSTOP at any request: what it wakes up to is another one's, and it writes nothing more."""
    dice = Random(7)

    class Stopping(Deadly):
        def __init__(self, stage: Stage, at: int, *, after: bool, seconds: float) -> None:
            super().__init__(stage, at, after=after)
            self.seconds = seconds

        async def _die(self) -> None:
            self.dead.set()
            await asyncio.sleep(self.seconds)

    class StoppedClock:
        """A stopped process does not run its timers; its monotonic clock goes on."""

        def __init__(self, stage: Stage, client: Stopping) -> None:
            self._time, self._client = stage.time, client
            self._until = 0.0

        def now(self) -> Any:
            return self._time.now()

        def monotonic(self) -> float:
            return self._time.monotonic()

        async def sleep(self, seconds: float) -> None:
            if self._client.dead.is_set() and not self._until:
                self._until = self.monotonic() + self._client.seconds
            await self._time.sleep(max(seconds, self._until - self.monotonic()))

    async def play(at: int, *, after: bool) -> None:
        stage = Stage(*objects("Host"), controller=False)
        async with stage.live():
            async with acting(stage.host("first")):
                await stage.until(stage.rolled_out("agent:1", NODES))
            stage.stand_in.api.add(second("Host"))
            client = Stopping(stage, at, after=after, seconds=60.0)
            stopped = stage.host("stopped", client=client, clock=StoppedClock(stage, client))
            async with acting(stopped):
                await asyncio.sleep(1)
                async with acting(stage.host("other")):
                    await stage.until(stage.rolled_out("agent:2", NODES))
                    await asyncio.sleep(90)
            assert stage.rolled_out("agent:2", NODES)()
        assert stage.most_down <= BUDGET, (at, after)
        assert stage.twins == set(), (at, after)

    for _ in range(POINTS // 4):
        run_virtually(play(dice.randint(8, 70), after=dice.random() < 0.5))


def test_of_two_hosts_one_acts() -> None:
    async def play() -> None:
        stage = Stage(*objects("Controller"))
        async with stage.live():
            await stage.until(lambda: stage.serving() == NODES)
            stage.stand_in.api.add(second("Controller"))
            async with acting(stage.host("one"), stage.host("two")):
                await stage.until(stage.rolled_out("agent:2", NODES))
        assert len(stage.requests("DELETE", "/pods/")) == NODES
        assert stage.most_down <= BUDGET

    run_virtually(play())


def test_a_lease_is_taken_over_when_it_has_run_out_and_at_once_when_it_was_given_back() -> None:
    async def play() -> None:
        terms = LeaseTerms(duration=15, renew_deadline=10, retry=2)
        stage = Stage(*objects("Controller"))
        async with stage.live():
            async with acting(stage.host("one", terms=terms)):
                await asyncio.sleep(5)
                client = Cut(stage, 10**6, after=False)
            began = stage.time.monotonic()
            async with acting(stage.host("two", terms=terms, client=client)):
                await stage.until(lambda: "held by two" in [record.message for record in stage.told("lease")])
                assert stage.time.monotonic() - began < 5
                client.dead.set()
                await asyncio.sleep(1)
                began = stage.time.monotonic()
                async with acting(stage.host("three", terms=terms)):
                    await stage.until(lambda: "held by three" in [record.message for record in stage.told("lease")])
                    assert 10 < stage.time.monotonic() - began < 25

    run_virtually(play())


@pytest.mark.parametrize("text", ["", "{", '{"kind":"dsplan-state","format":99}'])
def test_state_that_cannot_be_used_stops_and_is_left_alone(text: str) -> None:
    async def play() -> None:
        stage = Stage(*objects("Controller"))
        stage.stand_in.api.add({"kind": "ConfigMap", "metadata": {"name": "dsplan"}, "data": {"state": text}})
        async with stage.live():
            with pytest.raises(StateRefused, match="ConfigMap default/dsplan"):
                await stage.host().run()
        known = stage.stand_in.api.get("ConfigMap", "default", "dsplan")
        assert known is not None
        assert known["data"] == {"state": text}
        assert stage.requests("DELETE") == []

    run_virtually(play())


def test_what_another_wrote_into_the_state_ends_the_term_before_the_next_write() -> None:
    async def play() -> None:
        stage = Stage(*objects("Controller"))
        changed: list[int] = []

        def intrude(request: Request) -> None:
            known = stage.stand_in.api.get("ConfigMap", "default", "dsplan")
            if request.method == "PUT" and "/configmaps/" in request.path and known and not changed:
                changed.append(1)
                data = {**known["data"], "writer": "another", "state": known["data"]["state"] + " "}
                stage.stand_in.api.add({**known, "data": data})

        async with stage.live():
            await stage.until(lambda: stage.serving() == NODES)
            stage.stand_in.api.add(second("Controller"))
            async with acting(stage.host(client=DirectClient(stage.stand_in, intrude))):
                await stage.until(stage.rolled_out("agent:2", NODES))
        assert changed
        assert any("somebody else wrote the State" in record.message for record in stage.told("lease"))
        assert stage.most_down <= BUDGET

    run_virtually(play())


def test_it_ends_cleanly_when_asked_to() -> None:
    async def play() -> None:
        stage = Stage(*objects("Controller"))
        stop = asyncio.Event()
        async with stage.live():
            task = asyncio.create_task(stage.host().run(stop))
            await stage.until(lambda: bool(stage.told("listed")))
            stop.set()
            assert await task == "stopped"
        lease = stage.stand_in.api.get("Lease", "default", "dsplan")
        assert lease is not None
        assert lease["spec"]["holderIdentity"] == ""
        assert len(asyncio.all_tasks()) == 1

    run_virtually(play())


@pytest.mark.parametrize("owner", ["Controller", "Host"])
def test_every_write_is_in_the_saved_state_before_it_goes_out(owner: str) -> None:
    async def play() -> None:
        stage = Stage(*objects(owner), controller=owner != "Host")
        unsaved: list[str] = []

        def check(request: Request) -> None:
            known = stage.stand_in.api.get("ConfigMap", "default", "dsplan")
            verb = {"DELETE": "delete", "POST": "create"}.get(request.method, "")
            if not verb or request.path.split("/")[5:6] != ["pods"]:
                return
            assert known is not None
            flights = load_state(known["data"]["state"]).flights
            if not any(flight.verb == verb and flight.kind == "Pod" for flight in flights):
                unsaved.append(f"{request.method} {request.path}")

        async with stage.live(), acting(stage.host(client=DirectClient(stage.stand_in, check))):
            await stage.until(stage.rolled_out("agent:1", NODES))
            stage.stand_in.api.add(second(owner))
            await stage.until(stage.rolled_out("agent:2", NODES))
        assert unsaved == []

    run_virtually(play())


def test_a_day_of_a_host_leaves_nothing_behind() -> None:
    """Roll-outs, watches that end and events without end: what is kept is what is there. DSPLAN_HOURS=24 is the day."""

    async def play() -> None:
        stage = Stage(*objects("Controller"))
        sizes = []
        terms = LeaseTerms(duration=60, renew_deadline=40, retry=15)
        async with stage.live(judged=False), acting(stage.host(terms=terms)):
            for hour in range(HOURS):
                stage.stand_in.api.add(daemonset(f"agent:{hour % 2 + 1}", strategy="OnDelete", generation=hour + 2))
                await asyncio.sleep(3600)
                stage.stand_in.api.store.compact()
                for kept in (stage.records, stage.stand_in.api.seen, stage.stand_in.life.cluster.log):
                    kept.clear()
                gc.collect()
                sizes.append((len(gc.get_objects()), len(asyncio.all_tasks())))
        # Every roll-out leaves tombstones of its pods; time itself leaves nothing.
        assert sizes[-1][1] <= sizes[0][1]
        assert sizes[-1][0] - sizes[-2][0] < 40 * NODES, sizes

    run_virtually(play())


def test_a_creation_that_a_dead_host_left_on_its_way_is_refused_beside_one_of_a_later_template() -> None:
    """Found at random: the server was slow with the dead one's write, and meanwhile the template was edited."""

    async def play() -> None:
        stage = Stage(*nodes(1), daemonset(), policy(owner="Host"), controller=False)
        picks = lambda request: request.method == "POST" and request.path.endswith("/pods")  # noqa: E731
        stage.stand_in.faults.add(Fault(picks=picks, slow=3.0))
        sent = asyncio.Event()

        def note(request: Request) -> None:
            if picks(request):
                sent.set()

        async with stage.live():
            client = DirectClient(stage.stand_in, note)
            dying = asyncio.create_task(stage.host("same", client=client).run())
            await sent.wait()
            await asyncio.sleep(0.01)
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
            stage.stand_in.api.add(daemonset("agent:2", generation=2))
            async with acting(stage.host("same")):
                await stage.until(stage.rolled_out("agent:2", 1))
                await asyncio.sleep(30)
        assert len(stage.requests("POST", "/pods")) >= 2
        assert stage.twins == set()

    run_virtually(play())
