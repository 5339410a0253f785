"""Random fleets under random policies, rolled out to the end. No budget is ever broken, order holds, all of it ends.

The rules are checked here from the documents' own words, with none of the planner's code. Broken planners that were
tried and fail: a budget off by one, percentages resolved again over what is left, order ignored, steps that do not
wait, windows that are always open, the pods that are already down forgotten (see test_mutants).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.model.policy import RolloutPolicy
from dsplan.testing import a_node
from tests.policies.fleet import NEW, OLD, Fleet, a_policy
from tests.policies.rules import broken_rules

LABELS = ("zone", "pool")
BYTES = {"imageBytesPerSecond": "1Mi", "imageBytes": {"app:1": "25Mi"}}
"""Two pods a minute."""
DAYTIME = {
    "timeZone": "Europe/Berlin",
    "allow": [{"start": "14:01", "end": "14:04"}, {"start": "14:05", "end": "15:00"}],
}
"""14:01 in Berlin is 12:01 UTC; fleets begin at noon UTC."""


def random_fleet(rng: Random) -> Fleet:
    names = [f"n{number}" for number in range(rng.randint(1, 9))]
    nodes = [a_node(name, labels={key: rng.choice("abc") for key in LABELS if rng.random() < 0.9}) for name in names]
    daemonsets = ["a", "b", "c"][: rng.randint(1, 3)]
    policies = [_policy(rng, f"p{number}", daemonsets, alone=number == 0) for number in range(rng.randint(1, 2))]
    fleet = Fleet(nodes, policies, daemonsets)
    for (name, node), _ in list(fleet.pods.items()):
        if rng.random() < 0.1 and not any(_goes_in_step(policy) for policy in policies):
            fleet.set_ready(name, node, ready=rng.random() < 0.5, hash_label=rng.choice((NEW, OLD)))
    return fleet


def _goes_in_step(policy: RolloutPolicy) -> bool:
    """Return whether order per node and steps hold together: where a step of one pod is spent on different nodes before
    it begins, nothing can follow on either, which is a stall (`order against steps`) and not what is asked here."""
    return bool(policy.spec.steps and policy.spec.order and policy.spec.order.per == "Node")


def _policy(rng: Random, name: str, daemonsets: Sequence[str], *, alone: bool) -> Any:
    spec: dict[str, Any] = {"budgets": [_budget(rng) for _ in range(rng.randint(0, 2))]}
    if rng.random() < 0.3:
        spec["budgets"].append({"maxUnavailable": rng.randint(1, 2), "scope": "Node"})
    if rng.random() < 0.2:
        spec["domains"] = [{"topologyKey": rng.choice(LABELS), "maxAtOnce": rng.randint(1, 2)}]
    if alone and len(daemonsets) > 1 and rng.random() < 0.4:
        spec["order"] = {"chains": [list(daemonsets)], "per": rng.choice(("Node", "DaemonSet"))}
    if alone and rng.random() < 0.5:
        spec["steps"] = rng.choice(({"list": [1, "40%"]}, {"linear": {"by": "34%"}}, {"slowStart": {}}))
        if rng.random() < 0.5:
            spec["canary"] = {"count": rng.randint(1, 2), "soak": "1m"}
    if rng.random() < 0.2:
        spec["windows"] = rng.choice((DAYTIME, {"block": [{"start": "12:01", "end": "12:03"}]}))
    if alone and rng.random() < 0.2:
        spec["rates"] = rng.choice(({"podsPerMinute": rng.randint(1, 3)}, BYTES))
    chosen = (
        sorted(rng.sample(list(daemonsets), rng.randint(1, len(daemonsets)))) if not spec.get("order") else daemonsets
    )
    return a_policy(name, chosen, **spec)


def _budget(rng: Random) -> dict[str, Any]:
    found: dict[str, Any] = {"maxUnavailable": rng.choice((1, 2, 3, "20%", "50%"))}
    if rng.random() < 0.5:
        found["topologyKey"] = rng.choice(LABELS)
    if rng.random() < 0.4:
        found["scope"] = "All"
    return found


@settings(max_examples=25, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_rollouts_keep_every_rule_and_end(rng: Random) -> None:
    assert roll_out(random_fleet(rng), rng) == []


def roll_out(fleet: Fleet, rng: Random) -> list[str]:
    """Roll out to the end while pods take their time; return what goes wrong first."""
    for _ in range(200):
        plan = fleet.plan()
        if broken := broken_rules(fleet, plan):
            return broken
        assert plan.stalls == ()
        assert plan.schedule.waves >= plan.schedule.bound
        assert plan.schedule.minimal == (plan.schedule.waves == plan.schedule.bound)
        governed = {entry.name for report in plan.policies for entry in report.targets}
        if not any(place[0] in governed and OLD in pod.metadata.labels.values() for place, pod in fleet.pods.items()):
            return []
        fleet.act()
        keep = [node for node in fleet.nodes if rng.random() < 0.2]
        seconds = rng.choice((20, 61)) if plan.actions else plan.requeue_after or 20
        fleet.settle(*(keep if seconds < 100 else ()))  # a pod that is not ready for minutes is one that fails
        fleet.wait(seconds=seconds)
    return ["the roll-out did not end"]


@settings(max_examples=30, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_a_fleet_that_obeys_takes_no_more_waves_than_were_planned(rng: Random) -> None:
    fleet = random_fleet(rng)
    fleet.settle()
    fleet.policies = [p for p in fleet.policies if p.spec.windows is None]
    planned = fleet.plan().schedule
    taken = len(fleet.run(seconds=61))
    assert taken >= planned.bound
    assert taken == planned.waves or "greedy" in planned.methods
