"""Safe at every step whatever goes wrong, and at rest in bounded time once nothing does any more.

The mutants in tests/mutants/reconciling.py break the Reconciler in one place each, and each is caught here or in
tests/reconciler. `python -m tests.nightly` goes much further than what runs here.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from dsplan.reconciler import Delta, Reconciler
from dsplan.testing import NOW, Host, Scene
from dsplan.testing.faults import FAULTS, Fault
from tests.faults.chance import play, world
from tests.faults.exhaustive import ROOTS, explore, governed_world


def told(seed: int, faults: tuple[Fault, ...] = FAULTS) -> None:
    recovery, story = play(seed, faults=faults)
    assert recovery.problems == (), f"seed {seed}: {story.lines}"
    assert recovery.seconds <= recovery.bound


@pytest.mark.parametrize("block", range(4))
def test_all_faults_at_random(block: int) -> None:
    for seed in range(40 * block, 40 * (block + 1)):
        told(seed)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_alone(fault: Fault) -> None:
    for seed in range(10):
        told(seed, (fault,))


@pytest.mark.parametrize("root", ROOTS, ids=" then ".join)
def test_every_interleaving_of_a_small_world(root: tuple[str, ...]) -> None:
    report = explore(3, root=root)
    assert report.problems == (), report.wrong
    assert report.points > 70


def test_every_interleaving_of_a_small_world_with_a_policy() -> None:
    report = explore(3, root=("look", "all events"), make=governed_world)
    assert report.problems == (), report.wrong
    assert report.points > 100


def test_a_story_is_told_the_same_way_twice() -> None:
    assert play(7)[1].lines == play(7)[1].lines


class Forgetful(Host):
    """A host that never says what it has sent, and sends all that is wanted each time."""

    def look(self) -> Delta:
        self.reconciler = Reconciler(self.reconciler.world)
        delta = self.reconciler.delta(self.now)
        self.to_send = list(delta.started)
        return delta

    def send(self, number: int | None = None) -> int:
        for action in self.to_send[:number]:
            self.about_to_write(self, action)
            with suppress(Exception):
                self.cluster.carry_out(action)
        return len(self.to_send)


def test_a_host_that_forgets_what_is_in_flight_is_found_out() -> None:
    scene = Scene(world(4, 1), now=NOW, make_host=Forgetful)
    [host] = scene.hosts
    for _ in range(2):
        scene.look(host)
        host.send()
    assert any("created twice" in violation for violation in scene.safety.violations)
