"""How benchmarks measure beside pytest-benchmark: processor seconds, ratios, growth exponents."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any

from dsplan.bench.results import exponent

__all__ = ["best", "growth"]


def best(action: Callable[[], Any], rounds: int = 5) -> float:
    """Return the least seconds of processor time, which other work on the machine changes little.

    Garbage is collected before every round, outside the timer; what the last round returned is dropped after it.
    """
    found = float("inf")
    for _ in range(rounds):
        gc.collect()
        began = time.process_time()
        result = action()
        found = min(found, time.process_time() - began)
        del result
    return found


def growth(make: Callable[[int], Callable[[], Any]], sizes: Sequence[int], rounds: int = 5) -> float:
    """Return e of time ~ size ** e; `make(size)` prepares, what it returns is timed."""
    return exponent([(size, best(make(size), rounds)) for size in sizes])
