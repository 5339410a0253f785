"""Worlds on which a broken engine shows: recorded decisions, specs, fleets under policies, nodes short of room."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from dsplan.manifests.load import load
from dsplan.model.world import World
from tests.conformance.replay import records
from tests.conformance.replay_sync import world_of
from tests.placement.scenes import NOW as SCENE_NOW
from tests.placement.scenes import clusters
from tests.placement.scenes import world as scene
from tests.policies.test_properties import random_fleet
from tests.worlds import NOW, Tree, trees, world

ROOT = Path(__file__).resolve().parents[2]
Case = tuple[str, World, datetime]


def battery(*, most: int = 1000) -> Iterator[Case]:
    """Yield (name, world, moment), always the same ones; at most so many of a kind."""
    for number, record in enumerate(records(ROOT / "tests/conformance/records/sync.jsonl.gz")):
        if number % 12 == 0 and number < 12 * most:
            yield f"record {record['id']}", *world_of(record)
    for path in sorted((ROOT / "specs").rglob("*.yaml"))[:most]:
        if "schema" not in path.parts:
            yield f"spec {path.name}", load([str(path)]), NOW
    for number, found in enumerate(examples(trees(), min(most, 60))):
        yield f"generated {number}", world(found), NOW
    for number, found in enumerate(examples(clusters(), min(most, 60))):
        yield f"cluster {number}", scene(*found), SCENE_NOW
    for number in range(min(most, 16)):
        rng = Random(number)
        fleet = random_fleet(rng)
        yield f"fleet {number}", fleet.world(), fleet.now
        fleet.act()
        fleet.settle(*(node for node in fleet.nodes if rng.random() < 0.5))
        fleet.wait(seconds=61)
        yield f"fleet {number} later", fleet.world(), fleet.now


def examples(strategy: st.SearchStrategy[list[Tree]], count: int) -> list[list[Tree]]:
    """Return generated values, the same ones on every run."""
    found: list[list[Tree]] = []

    @seed(20)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: list[Tree]) -> None:
        found.append(value)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        collect()
    return found
