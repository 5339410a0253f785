"""Passes of which a host carries out everything: its policy says whether a node may have two pods for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dsplan.constraints import BUILTIN_RULES
from dsplan.passes import step
from dsplan.passes.governed import governed_step, plan_policies
from dsplan.testing import a_daemonset, a_pod
from tests.policies.fleet import OLD, Fleet, a_policy


@pytest.mark.parametrize("surge", [True, False])
def test_beside_a_terminating_pod_only_a_surging_host_creates(surge: bool) -> None:
    """M13, M15: whatever the DaemonSet's own strategy says."""
    policy = a_policy(owner="Host", surge=surge, budgets=[{"maxUnavailable": 1}])
    fleet = Fleet(2, [policy], [a_daemonset("ds")])
    [owner] = fleet.daemonsets
    fleet.pods["ds", "n1"] = a_pod(owner, "n1", hash_label=OLD, deleted=fleet.now + timedelta(seconds=30))
    world = fleet.world()
    whole = step(world, now=fleet.now)
    governed = governed_step(whole, plan_policies(world, whole, now=fleet.now), world, BUILTIN_RULES)
    created = [action for action in governed.actions if (action.kind, action.verb) == ("Pod", "create")]
    assert [(action.node, str(action.actor)) for action in created] == ([("n1", "host")] if surge else [])
