"""Everything that can go wrong, at random: hosts that die, freeze and compete, a network and a server that fail, nodes
that flap, people who edit, delete and pause.

    python -m tests.host.chaos --steps 100000 --seed 1

What must hold at every moment, judged from the server: never two live pods on a node without surge; of the pods that
hosts took down while they served, never more than the budget are without a serving successor; and once all is well
again, everything is at rest in bounded time.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

from dsplan.host import Host
from dsplan.testing.apiserver import (
    DirectClient,
    Fault,
    Meddler,
    Request,
    internal_error,
    is_write,
    run_virtually,
    throttled,
)
from dsplan.testing.apiserver.store import Change
from tests.testing.apiserver.objects import daemonset, node, nodes, policy

from .worlds import Stage, is_pod_write, place_of, serves

NODES, BUDGET = 6, 2
AT_REST_WITHIN = 1200.0
ROUND = 40
"""Steps between two moments of rest."""


class Watchdog:
    """Judges every change of the store; `violations` must stay empty."""

    def __init__(self, stage: Stage) -> None:
        self.violations: list[str] = []
        self._stage = stage
        self._disrupted: dict[str, str] = {}
        self._deleting = False
        told = stage.stand_in.api.store.on_change

        def on_change(change: Change) -> None:
            told(change)
            if change.place[0] == "pods":
                self._judge(change)

        stage.stand_in.api.store.on_change = on_change

    def by_host(self, request: Request) -> None:
        """Note that what comes next is a host's."""
        self._deleting = request.method == "DELETE" and "/pods/" in request.path

    def _judge(self, change: Change) -> None:
        pods = self._stage.pods()
        living: dict[str, int] = {}
        serving = set()
        for pod in pods:
            if pod["status"].get("phase") not in ("Failed", "Succeeded"):
                living[place_of(pod)] = living.get(place_of(pod), 0) + 1
            if serves(pod):
                serving.add(place_of(pod))
        twins = sorted(name for name, number in living.items() if number > 1)
        if twins:
            self.violations.append(f"two live pods on {twins} at {self._stage.time.monotonic():.1f}")
        for place in list(self._disrupted):
            if place in serving:
                del self._disrupted[place]
        if self._deleting and change.before is not None and serves(change.before.tree):
            place = place_of(change.before.tree)
            if place not in serving:
                self._disrupted[place] = change.place[2]
                if len(self._disrupted) > BUDGET:
                    text = f"{len(self._disrupted)} taken down at once at {self._stage.time.monotonic():.1f}"
                    self.violations.append(f"{text}: {sorted(self._disrupted)}")
        self._deleting = False


class Tagged(DirectClient):
    """A host's way to the server; it can be cut for good, and frozen for a while."""

    def __init__(self, stage: Stage, dog: Watchdog) -> None:
        super().__init__(stage.stand_in)
        self._dog = dog
        self.dead = False
        self.frozen_until = 0.0
        self._time = stage.time

    async def request(self, method: str, path: str, *rest: Any) -> Any:
        await self._alive()
        return await super().request(method, path, *rest)

    def _found(self, request: Request, fault: Fault | None) -> Any:
        # What the cluster does by itself until now is not the host's.
        self._stand_in.life.advance(self._stand_in.clock())
        self._dog.by_host(request)
        found = super()._found(request, fault)
        self._dog._deleting = False
        return found

    async def _alive(self) -> None:
        if self.dead:
            raise ConnectionError("dead")
        while self._time.monotonic() < self.frozen_until:
            await asyncio.sleep(self.frozen_until - self._time.monotonic())


class Chaos:
    """One cluster, its hosts, and a pair of dice."""

    def __init__(self, dice: Random, owner: str) -> None:
        self.dice, self.owner = dice, owner
        self.strategy = "RollingUpdate" if owner == "Host" else "OnDelete"
        self.image, self.generation = 1, 1
        ruling = policy(owner=owner, budgets=[{"maxUnavailable": BUDGET}])
        self.stage = Stage(*nodes(NODES), self.template(), ruling, controller=owner != "Host")
        self.dog = Watchdog(self.stage)
        self.hosts: dict[str, tuple[asyncio.Task[Any], Tagged]] = {}
        self.births = 0

    def template(self) -> dict[str, Any]:
        return daemonset(f"agent:{self.image}", strategy=self.strategy, generation=self.generation)

    # What happens

    def start_host(self) -> None:
        if len(self.hosts) < 2:
            name = self.dice.choice(["one", "two", "three"])
            if name in self.hosts:
                return
            client = Tagged(self.stage, self.dog)
            self.births += 1
            host = self.stage.host(name, client=client, policies=None)
            host._dice.seed(self.births)
            self.hosts[name] = asyncio.create_task(run_quietly(host)), client

    def kill_host(self) -> None:
        if self.hosts:
            name = self.dice.choice(sorted(self.hosts))
            task, client = self.hosts.pop(name)
            client.dead = True
            task.cancel()

    def freeze_host(self) -> None:
        if self.hosts:
            _, client = self.hosts[self.dice.choice(sorted(self.hosts))]
            client.frozen_until = self.stage.time.monotonic() + self.dice.uniform(1, 60)

    def edit(self) -> None:
        self.image, self.generation = self.image % 3 + 1, self.generation + 1
        self.stage.stand_in.api.add(self.template())

    def flap_node(self) -> None:
        name = f"n{self.dice.randrange(NODES):04}"
        self.stage.stand_in.api.add(node(name, ready=self.dice.random() < 0.6))

    def revert(self) -> None:
        """A GitOps tool sets the strategy back; for a while the fleet is the controller's."""
        if self.owner == "Controller":
            self.strategy = "RollingUpdate" if self.strategy == "OnDelete" else "OnDelete"
            self.generation += 1
            self.stage.stand_in.api.add(self.template())

    def pause(self) -> None:
        paused = self.dice.random() < 0.5
        budgets = [{"maxUnavailable": BUDGET}]
        self.stage.stand_in.api.add(policy(owner=self.owner, budgets=budgets, paused=paused))

    def meddle(self) -> None:
        """Somebody deletes a pod by hand."""
        self.stage.stand_in.life.others = [Meddler(self.stage.stand_in.api, self.dice, every=0.0)]
        self.stage.stand_in.life.advance(self.stage.time())
        self.stage.stand_in.life.others = []

    def compact(self) -> None:
        self.stage.stand_in.api.store.compact()

    def jump(self) -> None:
        self.stage.time.skew = self.dice.choice([0.0, 0.0, 30.0, -30.0, 4000.0, -4000.0])

    def fault(self) -> None:
        dice = self.dice
        picks: Callable[[Request], bool] = dice.choice(
            [lambda request: True, is_write, is_pod_write, lambda request: "watch" in request.query]
        )
        found = dice.choice(
            [
                Fault(lost=True),
                Fault(refused=True),
                Fault(answer=internal_error()),
                Fault(answer=throttled(dice.randint(1, 5))),
                Fault(slow=dice.uniform(0.5, 8)),
                Fault(cut=dice.randint(0, 3)),
                Fault(behind=dice.randint(1, 30)),
            ]
        )
        found.picks, found.times = picks, dice.randint(1, 6)
        self.stage.stand_in.faults.add(found)

    # The whole

    async def play(self, steps: int) -> list[str]:
        """Play so many steps; return what was violated."""
        events: list[tuple[int, Callable[[], None]]] = [
            (6, self.fault), (4, self.edit), (3, self.start_host), (2, self.kill_host), (1, self.freeze_host),
            (2, self.flap_node), (1, self.pause), (1, self.compact), (1, self.jump),
            (1, self.revert), (1, self.meddle),
        ]  # fmt: skip
        weights, happen = [weight for weight, _ in events], [event for _, event in events]
        async with self.stage.live():
            for step in range(steps):
                self.dice.choices(happen, weights)[0]()
                await asyncio.sleep(self.dice.expovariate(0.5))
                if step % ROUND == ROUND - 1 or step == steps - 1:
                    await self.rest()
                if self.dog.violations:
                    break
            for name in sorted(self.hosts):
                self.hosts[name][0].cancel()
            await asyncio.gather(*(task for task, _ in self.hosts.values()), return_exceptions=True)
        return self.dog.violations

    async def rest(self) -> None:
        """Let all be well; everything must be at rest soon, and stay so."""
        self.stage.stand_in.faults.clear()
        if self.owner == "Controller" and self.strategy != "OnDelete":
            self.revert()
        self.stage.time.skew = 0.0
        budgets = [{"maxUnavailable": BUDGET}]
        self.stage.stand_in.api.add(policy(owner=self.owner, budgets=budgets))
        for place in range(NODES):
            self.stage.stand_in.api.add(node(f"n{place:04}"))
        for _, client in self.hosts.values():
            client.frozen_until = 0.0
        while not self.hosts:
            self.start_host()
        done = self.stage.rolled_out(f"agent:{self.image}", NODES)
        began = self.stage.time.monotonic()
        while not done():
            if self.stage.time.monotonic() - began > AT_REST_WITHIN:
                counts = dict(self.stage.images()), self.stage.serving(), sorted(self.hosts)
                self.dog.violations.append(f"not at rest after {AT_REST_WITHIN:.0f} s: {counts}")
                return
            await asyncio.sleep(1)
        version = self.stage.stand_in.api.store.version
        self.stage.stand_in.api.store.compact(version - 500 if version > 500 else 0)
        self.stage.stand_in.api.seen.clear()
        self.stage.records.clear()


async def run_quietly(host: Host) -> None:
    await host.run()


def run(seed: int, steps: int, owner: str) -> list[str]:
    """Return what was violated in so many random steps."""
    return run_virtually(Chaos(Random(seed), owner).play(steps))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    done, seed, began = 0, given.seed, time.monotonic()
    while done < given.steps:
        for owner in ("Controller", "Host"):
            found = run(seed, 1000, owner)
            if found:
                print(f"seed {seed}, owner {owner}:", *found, sep="\n  ")
                return 1
            done += 1000
        seed += 1
        print(f"{done:,} steps, {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
