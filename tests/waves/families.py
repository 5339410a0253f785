"""Plans of small random worlds against the fewest waves that brute force finds, family by family.

`python -m tests.waves.families --worlds 1000` walks breadth first through all sets of units that can be done, up to 9
units a world; a line a family, exit code 1 if a plan is invalid, a bound is false, or a plan is not the shortest.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from random import Random

from dsplan.waves.schedule import schedule
from tests.waves.oracle import optimum
from tests.waves.problems import random_problem, verdict

FAMILIES: tuple[tuple[str, ...], ...] = (
    (),
    ("order",),
    ("steps",),
    ("touch",),
    ("load",),
    ("order", "touch"),
    ("order", "load"),
    ("steps", "touch"),
    ("order", "steps", "touch", "load"),
)


def tried(rules: tuple[str, ...], worlds: int) -> Counter[str]:
    """Return how many worlds of a family were planned how well."""
    counts: Counter[str] = Counter()
    for seed in range(worlds):
        problem = random_problem(Random(seed), **dict.fromkeys(rules, True))
        found, least = schedule(problem), optimum(problem)
        if verdict(problem):
            counts["wrong"] += 1
        elif found.stalled or least is None:
            counts["stalled"] += 1
        else:
            counts["shortest" if found.waves == least else "longer"] += 1
            counts["with a gap"] += found.gap > 0
    return counts


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.waves.families", description=__doc__)
    parser.add_argument("--worlds", type=int, default=1_000, help="worlds of each family (default: 1000)")
    given = parser.parse_args(arguments)
    bad = 0
    for rules in FAMILIES:
        counts = tried(rules, given.worlds)
        bad += counts["wrong"] + counts["longer"]
        told = ", ".join(
            f"{name} {counts[name]:,}" for name in ("shortest", "longer", "with a gap", "stalled", "wrong")
        )
        print(f"{' + '.join(rules) or 'limits alone'}: {told}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
