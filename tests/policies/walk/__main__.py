"""All orders of events for so many seconds, then so many steps at random; exit code 1 if a rule is broken.

The last line is `N passes to depth D, M steps: P problems`. A random story that fails is named by its seed.
"""

from __future__ import annotations

import argparse
import os
import sys
from multiprocessing import Pool

from .chance import STEPS, play
from .seeds import stories
from .walker import closes, explore


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.policies.walk", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long all orders of events are tried")
    parser.add_argument("--depth", type=int, default=12, help="events after each point of the stories, at most")
    parser.add_argument("--steps", type=int, default=1_000_000, help="steps at random")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="random stories at once")
    given = parser.parse_args(arguments)
    problems = 0
    found = explore(stories(), given.depth, given.seconds)
    print(f"{found.places:,} places, {found.passes:,} passes, all orders to depth {found.depth}", flush=True)
    if found.wrong:
        problems += 1
        print(f"PROBLEM after {found.events}: {found.wrong}", flush=True)
    for place in stories():
        if wrong := closes(place):
            problems += 1
            print(f"PROBLEM: from {place.events} on it never ends: {wrong}", flush=True)
    seeds = range(given.seed, given.seed + -(-given.steps // STEPS))
    steps = 0
    with Pool(given.processes) as pool:
        for seed, (taken, events, wrong) in zip(seeds, pool.imap(play, seeds, chunksize=5), strict=True):
            steps += taken
            if wrong:
                problems += 1
                print(f"PROBLEM with seed {seed} after {len(events)} events: {wrong}", flush=True)
            if seed % 500 == 499:
                print(f"{steps:,} steps", flush=True)
    print(f"{found.passes:,} passes to depth {found.depth}, {steps:,} steps: {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
