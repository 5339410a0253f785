"""The search against brute force on thousands of generated clusters: `python -m tests.placement [--cases N]`.

Up to 6 nodes x 4 DaemonSets. The last line is `N cases agree`; a case that does not is shrunk and shown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import checks
from .scenes import Tree, clusters, knots

Check = Callable[[Sequence[Tree]], Any]

CHECKS: tuple[tuple[str, Check, st.SearchStrategy[list[Tree]]], ...] = (
    ("all assignments of each node", checks.no_order_of_arrival_places_more, clusters(local=True)),
    ("all assignments of all nodes", checks.nor_across_nodes, st.one_of(clusters(near=False), knots())),
    ("all orders of arrival", checks.nor_where_pods_seek_each_other, clusters(most_nodes=3, most_daemonsets=3)),
    ("every cause is necessary", checks.every_cause_is_necessary, st.one_of(clusters(most_nodes=3), knots())),
)


def agreeing(check: Check, strategy: st.SearchStrategy[list[Tree]], cases: int) -> int:
    """Return how many of so many new cases the check was about. Raises AssertionError where it does not hold."""
    count = 0

    @settings(max_examples=cases, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def ask(trees: list[Tree]) -> None:
        nonlocal count
        count += check(trees) is not False

    ask()
    return count


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.placement", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000, help="generated clusters for each check (default: 1000)")
    cases: int = parser.parse_args(arguments).cases
    total = 0
    for name, check, strategy in CHECKS:
        count = agreeing(check, strategy, cases)
        total += count
        print(f"{count:,} cases: {name}", flush=True)
    print(f"{total:,} cases agree")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
