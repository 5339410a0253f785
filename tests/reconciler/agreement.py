"""What a Reconciler must agree with: the pass, the policies and the whole plan on the world as it is, and its twin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dsplan
from dsplan.constraints import BUILTIN_RULES
from dsplan.errors import InputError
from dsplan.model.world import World
from dsplan.passes import Step
from dsplan.passes.governed import governed_step, plan_policies
from dsplan.reconciler import Reconciler


def governed(world: World, now: datetime) -> Step:
    """Return the pass as policies leave it. Raises InputError where they contradict each other."""
    step = dsplan.step(world, now=now)
    if not world.rollout_policies:
        return step
    return governed_step(step, plan_policies(world, step, now=now), world, BUILTIN_RULES)


def assert_agrees(reconciler: Reconciler, now: datetime, *, whole: bool = False) -> None:
    """Compare with the pass over the world as it is, with `whole` also with `dsplan.solve`, and with a fresh twin."""
    plan = reconciler.plan(now)
    world = reconciler.world
    try:
        expected = governed(world, now)
    except InputError:
        assert plan.actions == ()
        assert all(decision.error for decision in plan.decisions)
    else:
        assert [_outcome(entry) for entry in plan.decisions] == [_outcome(entry) for entry in expected.daemonsets]
        if whole:
            solved = dsplan.solve(world, now=now)
            assert plan.actions == solved.actions
            assert plan.requeue_after == solved.requeue_after
    assert_same(reconciler.dump(now), Reconciler(world).dump(now))


def assert_same(got: bytes, expected: bytes) -> None:
    """Byte for byte; where it is not, the comparison of what was parsed says where."""
    if got != expected:
        assert list(_leaves(json.loads(got))) == list(_leaves(json.loads(expected)))
    assert got == expected


def _outcome(entry: Any) -> Any:
    return entry.identity, entry.actions, entry.status, entry.deferred, entry.error, entry.events, entry.notes


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if children is None:
        yield path, tree
    for key, child in children or ():
        yield from _leaves(child, f"{path}/{key}")
