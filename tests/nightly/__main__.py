"""A million steps of faults at random, and every interleaving of a small world; exit code 1 if anything breaks.

The last line is `N steps, M stories, K points: P problems`. A story that fails is named by its seed.
"""

from __future__ import annotations

import argparse
import os
import sys
from itertools import product
from multiprocessing import Pool
from time import monotonic

from tests.faults.chance import STEPS, play
from tests.faults.exhaustive import ROOTS, explore, governed_world, small_world


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.nightly", description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000, help="steps of faults at random (default: a million)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--depth", type=int, default=4, help="moves of the exhaustive part, from each of its roots")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many stories are told at once")
    given = parser.parse_args(arguments)
    started, problems = monotonic(), 0
    points = 0
    for make, root in product((small_world, governed_world), ROOTS):
        depth = given.depth - (make is governed_world)  # every point there costs a plan of the policies
        report = explore(depth, root=root, make=make)
        points += report.points
        print(f"{make.__name__}, depth {depth} from {root or ('rest',)}: {report.points:,} points", flush=True)
        if report.problems:
            problems += 1
            print(f"PROBLEM after {report.wrong}: {report.problems}", flush=True)
    stories = -(-given.steps // STEPS)
    seeds = range(given.seed, given.seed + stories)
    with Pool(given.processes) as pool:
        for number, (seed, wrong) in enumerate(pool.imap_unordered(_tell, seeds, chunksize=20), start=1):
            if wrong:
                problems += 1
                print(f"PROBLEM with seed {seed}: {wrong}", flush=True)
            if number % 1000 == 0:
                print(f"{number * STEPS:,} steps, {monotonic() - started:.0f} s", flush=True)
    print(f"{stories * STEPS:,} steps, {stories:,} stories, {points:,} points: {problems} problems")
    return 1 if problems else 0


def _tell(seed: int) -> tuple[int, tuple[str, ...]]:
    """Return a seed and what goes wrong in its story; every fiftieth is about a larger cluster."""
    recovery, _ = play(seed, largest=40 if seed % 50 == 0 else 6)
    return seed, recovery.problems


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
