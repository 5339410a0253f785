"""Bounds on work that hold on slow and busy machines: processor time, against a known piece of work in the same run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

REFERENCE_ROUNDS = 400_000
REFERENCES_A_SECOND = 60
"""How many times the reference work fits into a second of the machines that the bounds were set on."""

NOISE = 6
"""How many times as long the same work may take while others use the same processor and its caches."""


def reference_work() -> float:
    """Return the processor seconds of a fixed loop: what this machine is worth at this moment."""
    began = time.process_time()
    total = 0
    for number in range(REFERENCE_ROUNDS):
        total += number & 7
    assert total
    return time.process_time() - began


@contextmanager
def within_seconds(seconds: float = 1.0) -> Iterator[None]:
    """Assert that the block costs no more than `seconds` of a reference machine, with a factor for noise.

    What these bounds are for, work that grows faster than its input, takes tens of times as long.
    """
    before = reference_work()
    began = time.process_time()
    yield
    spent = time.process_time() - began
    worth = max(before, reference_work())
    ratio = spent / worth
    assert ratio <= NOISE * seconds * REFERENCES_A_SECOND, f"{ratio:.0f} times the reference work ({spent:.2f} s)"
