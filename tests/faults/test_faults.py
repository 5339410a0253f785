"""Safe at every step whatever goes wrong, and at rest in bounded time once nothing does any more.

The mutants in tests/mutants/reconciling.py break the Reconciler in one place each, and each is caught here or in
tests/reconciler. `python -m tests.nightly` goes much further than what runs here.
"""

from __future__ import annotations

import pytest

from dsplan.testing.faults import FAULTS, Fault
from tests.faults.chance import play
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
    assert report.points > 100


def test_every_interleaving_of_a_small_world_with_a_policy() -> None:
    report = explore(3, root=("look", "all events"), make=governed_world)
    assert report.problems == (), report.wrong
    assert report.points > 100


def test_a_story_is_told_the_same_way_twice() -> None:
    assert play(7)[1].lines == play(7)[1].lines
