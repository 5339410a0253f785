"""A million steps of faults at random, and every interleaving of a small world; exit code 1 if anything breaks.

The last line is `N steps, M stories, K points: P problems`. A story that fails is named by its seed.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from time import monotonic

from tests.faults.chance import STEPS, play
from tests.faults.exhaustive import ROOTS, explore, governed_world, small_world


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.nightly", description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000, help="steps of faults at random (default: a million)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--depth", type=int, default=4, help="moves of the exhaustive part, from each of its roots")
    given = parser.parse_args(arguments)
    started, problems = monotonic(), 0
    points = 0
    for make, root in product((small_world, governed_world), ROOTS):
        report = explore(given.depth, root=root, make=make)
        points += report.points
        print(f"{make.__name__}, depth {given.depth} from {root or ('rest',)}: {report.points:,} points", flush=True)
        if report.problems:
            problems += 1
            print(f"PROBLEM after {report.wrong}: {report.problems}", flush=True)
    stories = -(-given.steps // STEPS)
    for number in range(stories):
        large = number % 50 == 0
        recovery, _ = play(given.seed + number, largest=40 if large else 6)
        if recovery.problems:
            problems += 1
            print(f"PROBLEM with seed {given.seed + number}: {recovery.problems}", flush=True)
        if number % 1000 == 999:
            print(f"{(number + 1) * STEPS:,} steps, {monotonic() - started:.0f} s", flush=True)
    print(f"{stories * STEPS:,} steps, {stories:,} stories, {points:,} points: {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
