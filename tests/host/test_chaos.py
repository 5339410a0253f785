"""Faults at random, as many as a run in CI can bear; `python -m tests.host.chaos` plays on through a night."""

from __future__ import annotations

import os

import pytest

from .chaos import run

STEPS = int(os.environ.get("DSPLAN_STEPS_A_SEED", "160"))


@pytest.mark.parametrize("owner", ["Controller", "Host"])
@pytest.mark.parametrize("seed", range(6))
def test_never_two_pods_never_beyond_a_budget_always_at_rest(seed: int, owner: str) -> None:
    assert run(seed, STEPS, owner) == []
