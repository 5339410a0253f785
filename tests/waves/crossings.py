"""Fleets whose limits form no two nested families: zone x kernel x one daemon of a node, groups of uneven size.

`python -m tests.waves.crossings --worlds 1000` prints how far the plans are from the bound; exit code 1 beyond 1 wave.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from random import Random

from dsplan.waves.problem import Limit, NodeClass, PerNode, Problem
from dsplan.waves.schedule import schedule

PERCENTAGES = (10, 20, 25, 34)
SIZES = ((12, 30, 100, 400), (3, 6, 10, 20))
"""Nodes and DaemonSets to choose from."""


def crossing(rng: Random) -> Problem:
    """Return 12 to 400 nodes in uneven zones and kernels with a limit per DaemonSet and zone, and per kernel."""
    nodes, daemonsets = (rng.choice(choice) for choice in SIZES)
    zones, kernels = rng.randint(2, 4), rng.randint(2, 5)
    places = Counter((_uneven(rng, zones), rng.randrange(kernels)) for _ in range(nodes))
    where = sorted(places)
    classes = tuple(NodeClass(places[place], tuple(range(daemonsets))) for place in where)
    limits = [
        limit
        for daemonset in range(daemonsets)
        for side, groups in ((0, zones), (1, kernels))
        for group in range(groups)
        if (limit := _limit(rng, classes, [c for c, place in enumerate(where) if place[side] == group], daemonset))
    ]
    return Problem(
        classes=classes, limits=tuple(limits), per_node=(PerNode("one a node", frozenset(range(daemonsets))),)
    )


def latin_square(size: int, nodes: int) -> Problem:
    """Return `nodes` nodes in a square of zones and kernels, of which each takes one unit of a DaemonSet a wave."""
    where = [(zone, kernel) for zone in range(size) for kernel in range(size)]
    classes = tuple(NodeClass(nodes // size**2, tuple(range(size))) for _ in where)
    limits = tuple(
        Limit("", frozenset((c, d) for c, place in enumerate(where) if place[side] == group), nodes // size**2)
        for d in range(size)
        for side in (0, 1)
        for group in range(size)
    )
    return Problem(classes=classes, limits=limits, per_node=(PerNode("one a node", frozenset(range(size))),))


def _uneven(rng: Random, groups: int) -> int:
    return min(int(rng.expovariate(1.2)), groups - 1) if rng.random() < 0.5 else rng.randrange(groups)


def _limit(rng: Random, classes: tuple[NodeClass, ...], inside: list[int], daemonset: int) -> Limit | None:
    units = sum(classes[place].size for place in inside)
    most = max(1, units * rng.choice(PERCENTAGES) // 100)
    return Limit("", frozenset((place, daemonset) for place in inside), most) if inside else None


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.waves.crossings", description=__doc__)
    parser.add_argument("--worlds", type=int, default=1_000)
    given = parser.parse_args(arguments)
    gaps = Counter(schedule(crossing(Random(seed))).gap for seed in range(given.worlds))
    print(
        f"{given.worlds:,} worlds: "
        + ", ".join(f"{count:,} with a gap of {gap}" for gap, count in sorted(gaps.items()))
    )
    return 1 if max(gaps) > 1 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
