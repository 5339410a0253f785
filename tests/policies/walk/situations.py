"""Thirty-three situations in which a careful operator would let little or nothing begin, each as the story of a town.

The names are those of the recorded situations. A story ends just before the pass in question; `most` is what may begin
in it at most: a number of units, and which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dsplan.model.state import State

from .town import NodeFacts, PodFacts, Target, Town, policy_named

__all__ = ["SITUATIONS", "Question"]

CAREFUL: dict[str, Any] = {
    "budgets": [{"maxUnavailable": 2}],
    "canary": {"count": 1, "soak": "1h", "gate": {"manual": True}},
    "steps": {"list": ["50%"], "soak": "10m"},
}
ASKING = {**CAREFUL, "steps": {"list": ["50%"], "soak": "10m", "gate": {"manual": True}}}
MODE = {"brokenNodes": {"mode": "Causal"}}
CAUSAL = {"budgets": [{"maxUnavailable": 2}], **MODE}


class Question(msgspec.Struct):
    """May more than this begin? At most `most` units, of `among` alone; and what has to be `told`, if anything."""

    town: Town
    most: int = 0
    among: frozenset[tuple[str, str]] = frozenset()
    told: str = ""

    def wrong(self) -> str:
        """Return what is wrong with what begins, or with what is told of it; empty where nothing is."""
        texts = self.town.told() if self.told else ""
        if self.told not in texts:
            return f"nothing is told of {self.told!r}: {texts}"
        found = set(self.town.begin())
        if len(found) > self.most or not found <= self.among:
            return f"began {sorted(found)}, at most {self.most} of {len(self.among)} may"
        return ""


SITUATIONS: dict[str, Callable[[], Question]] = {}


def situation(name: str) -> Callable[[Callable[[], Question]], Callable[[], Question]]:
    """Register a story under its name."""

    def register(story: Callable[[], Question]) -> Callable[[], Question]:
        SITUATIONS[name] = story
        return story

    return register


def ten(*policies: dict[str, Any], targets: Iterable[str] = ("agent",), zone: str = "a", **labels: Any) -> Town:
    """Return ten nodes n1 to n10 and DaemonSets that are up to date."""
    nodes = {f"n{n}": NodeFacts(zone=zone, labels=labels.get(f"n{n}", ())) for n in range(1, 11)}
    sets = {name: Target(f"u-{name}", "v1") for name in targets}
    return Town(nodes, sets, *policies).populate(**dict.fromkeys(sets, "v1"))


def units(town: Town, *names: str) -> frozenset[tuple[str, str]]:
    return frozenset((name, node) for name in names or town.targets for node in town.nodes)


def roll(town: Town, passes: int = 12, minutes: int = 61) -> Town:
    """Carry on, with pods that get ready and gates that pass."""
    for _ in range(passes):
        town.begin()
        town.settle()
        town.begin()
        town.settle()
        town.wait(minutes)
        town.begin()
        town.say("pass")
    return town


def nothing(town: Town) -> Question:
    return Question(town)


def canary_under_way(**spec: Any) -> Town:
    town = ten(policy_named(**{**CAREFUL, **spec}))
    town.release("agent", "v2")
    town.begin()
    town.settle()
    return town


@situation("01-target-added-after-done")
def _target_added() -> Question:
    town = ten(policy_named(**CAREFUL), targets=("agent", "b"))
    town.release("agent", "v2")
    roll(town)
    town.release("b", "v2")
    town.edit(targets=[{"name": "agent"}, {"name": "b"}])
    return Question(town, 1, units(town, "b"))


@situation("02-daemonset-absent-once")
def _absent_once() -> Question:
    town = ten(policy_named(**CAREFUL))
    town.release("agent", "v2")
    roll(town)
    pods, target = dict(town.pods), town.targets.pop("agent")
    town.pods = {}
    town.begin()
    town.pods, town.targets["agent"] = pods, target
    town.release("agent", "v3")
    return Question(town, 1, units(town))


@situation("03-budget-percent-lowered")
def _percent_lowered() -> Question:
    town = ten(policy_named(budgets=[{"maxUnavailable": "50%"}]))
    town.release("agent", "v2")
    town.begin()
    town.settle()
    town.edit(budgets=[{"maxUnavailable": "10%"}])
    return Question(town, 1, units(town))


@situation("04-fleet-shrinks-budget-fixed")
def _fleet_shrinks() -> Question:
    town = ten(policy_named(budgets=[{"maxUnavailable": "50%"}], paused=True))
    town.release("agent", "v2")
    town.begin()
    for number in range(6, 11):
        town.leave(f"n{number}")
    town.edit(paused=None)
    return Question(town, 3, units(town))


@situation("05-outage-jumps-to-last-step")
def _outage() -> Question:
    windows = {"allow": [{"start": "22:00", "end": "22:10"}, {"start": "22:20", "end": "23:59"}]}
    town = ten(policy_named(**CAREFUL, windows=windows))
    town.release("agent", "v2")
    town.wait(22 * 60)
    town.begin()
    town.settle()
    town.wait(12)
    old = [node for node in town.nodes if town.pods["agent", node].hash == "v1"]
    for node in old:
        town.set_pod("agent", node, ready=False)
    town.begin()
    for node in old:
        town.set_pod("agent", node, ready=True)
    town.wait(13)
    return nothing(town)


@situation("06-partition-of-network-causal")
def _network() -> Question:
    town = canary_under_way(brokenNodes={"mode": "Causal"})
    old = [node for node in town.nodes if town.pods["agent", node].hash == "v1"]
    for node in old:
        town.down(node)
    town.wait(1)
    town.begin()
    for node in old:
        town.back(node)
    town.wait(1)
    return nothing(town)


@situation("06f-partition-lowered-skips-canary")
def _partition_lowered() -> Question:
    town = ten(policy_named(**{**ASKING, "budgets": [{"maxUnavailable": 5}], "partition": "90%"}))
    town.release("agent", "v2")
    town.begin()
    town.settle()
    town.begin()
    town.wait(1)
    town.edit(partition=None)
    return nothing(town)


@situation("07-gate-failed-mid-step")
def _failed_mid_step() -> Question:
    town = ten(policy_named(**ASKING))
    town.release("agent", "v2")
    roll(town, passes=1)
    town.begin()
    town.settle()
    town.say("fail")
    return nothing(town)


@situation("07c-gate-failed-not-manual")
def _failed_not_manual() -> Question:
    town = ten(policy_named(**CAREFUL))
    town.release("agent", "v2")
    roll(town, passes=1)
    for _ in range(4):
        town.begin()
        town.settle()
    town.say("fail")
    town.wait(11)
    return nothing(town)


@situation("07e-gate-pass-given-early")
def _pass_given_early() -> Question:
    town = ten(policy_named(**CAREFUL, paused=True))
    town.release("agent", "v2")
    town.begin()
    town.say("pass")
    town.edit(paused=None)
    town.begin()
    town.settle()
    town.begin()
    town.wait(61)
    return nothing(town)


def _failed_canary(*targets: str) -> Town:
    town = ten(policy_named("p", targets, **CAREFUL), targets=targets)
    town.release("agent", "v2")
    town.begin()
    town.settle()
    town.begin()
    town.wait(61)
    town.begin()
    town.say("fail")
    town.begin()
    return town


@situation("08-gate-failed-forgotten-other-target")
def _failed_and_other_target() -> Question:
    town = _failed_canary("agent", "b")
    town.release("b", "v3")
    return Question(town, 1, units(town, "b"), told="its gate failed")


@situation("09-causal-stop-forgotten-other-target")
def _broken_and_other_target() -> Question:
    town = ten(policy_named("p", ("agent", "b"), **CAUSAL), targets=("agent", "b"))
    town.release("agent", "v2")
    town.begin()
    town.settle()
    town.down("n1")
    town.begin()
    town.release("b", "v3")
    return Question(town, 3, units(town, "b"))


@situation("10-causal-last-update-broke-node")
def _last_update_broke() -> Question:
    order = {"per": "DaemonSet", "chains": [["agent", "b"]]}
    town = ten(policy_named("p", ("agent", "b"), **CAUSAL, order=order), targets=("agent", "b"))
    town.release("agent", "v2")
    town.release("b", "v2")
    while any(town.pods["agent", node].hash == "v1" for node in town.nodes):
        last = town.begin()
        town.settle()
    town.down(last[0][1])
    return nothing(town)


@situation("13-canary-in-partition")
def _canary_in_partition() -> Question:
    canary = {"selector": {"matchLabels": {"canary": "y"}}}
    town = ten(policy_named(**{**CAREFUL, "canary": canary, "partition": 1}), n9=(("canary", "y"),))
    town.release("agent", "v2")
    return nothing(town)


@situation("14-soak-restarted-pod")
def _restarted() -> Question:
    town = canary_under_way(canary={"count": 1, "soak": "1h"})
    town.begin()
    town.wait(59)
    town.restart("agent", "n1")
    town.wait(1)
    return nothing(town)


@situation("15-canary-deleted-joined-inherits-soak")
def _canary_deleted() -> Question:
    town = canary_under_way(canary={"count": 1, "soak": "1h"})
    town.begin()
    town.wait(59)
    town.leave("n1")
    town.join("n0")
    town.wait(2)
    return nothing(town)


@situation("16-canary-count-raised")
def _count_raised() -> Question:
    town = canary_under_way(canary={"count": 1, "soak": "1h"})
    town.begin()
    town.wait(55)
    town.edit(canary={"count": 3, "soak": "1h"})
    town.wait(6)
    assert town.begin() == [("agent", "n10"), ("agent", "n2")]
    town.settle()
    return nothing(town)


@situation("17-steps-shortened")
def _steps_shortened() -> Question:
    steps = {"list": ["10%", "20%", "30%"], "soak": "1h", "gate": {"manual": True}}
    town = ten(policy_named(budgets=[{"maxUnavailable": 9}], steps=steps))
    town.release("agent", "v2")
    roll(town, passes=2)
    town.begin()
    town.settle()
    town.edit(steps={"list": ["50%"], "soak": "1h", "gate": {"manual": True}})
    return Question(town, 2, units(town))


@situation("17d-gate-failed-step-removed")
def _failed_step_removed() -> Question:
    steps = {"list": ["10%", "30%"], "gate": {"manual": True}}
    town = ten(policy_named(budgets=[{"maxUnavailable": 9}], steps=steps))
    town.release("agent", "v2")
    roll(town, passes=1)
    town.begin()
    town.settle()
    town.begin()
    town.say("fail")
    town.edit(steps={"list": ["30%"], "gate": {"manual": True}})
    return nothing(town)


@situation("18-cohort-steps-shift")
def _cohort_steps_shift() -> Question:
    order = {"per": "DaemonSet", "chains": [["agent", "b"]]}
    steps = {"exponential": {"start": 1, "factor": 2}, "soak": "0s", "gate": {"manual": True}}
    policy = policy_named("p", ("agent", "b"), budgets=[{"maxUnavailable": 9}], order=order, steps=steps)
    town = ten(policy, targets=("agent", "b"))
    town.release("agent", "v2")
    town.release("b", "v2")
    for _ in range(30):
        if any(name == "b" for name, _ in town.begin()):
            break
        town.settle()
        town.begin()
        town.say("pass")
    town.settle()
    town.begin()
    town.leave("n9")
    town.leave("n10")
    return nothing(town)


@situation("19-zone-budget-no-label")
def _no_label() -> Question:
    budget = {"maxUnavailable": 1, "topologyKey": "topology.kubernetes.io/zone"}
    town = ten(policy_named(budgets=[budget]), zone="")
    town.release("agent", "v2")
    return Question(town, 1, units(town))


@situation("19c-no-budget")
def _no_budget() -> Question:
    town = ten(policy_named())
    town.release("agent", "v2")
    return Question(town, 1, units(town))


@situation("21-rate-forgotten-new-template")
def _rate_forgotten() -> Question:
    town = ten(policy_named(budgets=[{"maxUnavailable": 8}], rates={"podsPerMinute": 3}))
    town.release("agent", "v2")
    town.begin()
    town.settle()
    town.release("agent", "v3")
    town.begin()
    return nothing(town)


@situation("22-state-lost-joined-node-skips-canary")
def _joined_skips_canary() -> Question:
    town = ten(policy_named(**CAREFUL))
    town.pods["agent", "n10"] = PodFacts("v1", -5, False, -5)
    town.wait(1)
    town.release("agent", "v2")
    town.wait(1)
    town.join("n95")
    town.wait(60)
    return Question(town, 1, frozenset({("agent", "n1"), ("agent", "n10")}))


@situation("22b-state-lost-joined-node-is-canary")
def _joined_is_canary() -> Question:
    town = canary_under_way(canary={"count": 1})
    town.set_pod("agent", "n1", ready=False, crashes=True)
    town.join("n0")
    town.state = State()
    town.wait(10)
    return nothing(town)


@situation("24b-recreated-uid-skips-canary")
def _recreated() -> Question:
    town = ten(policy_named(**CAREFUL))
    town.release("agent", "v2")
    roll(town)
    pods = dict(town.pods)
    town.targets, town.pods = {}, {}
    town.begin()
    town.targets, town.pods = {"agent": Target("another", "v3")}, pods
    return Question(town, 1, units(town))


@situation("25-target-left-and-back")
def _left_and_back() -> Question:
    policy = policy_named(**CAREFUL)
    policy["spec"]["targets"] = [{"selector": {"matchLabels": {"tier": "x"}}}]
    labels = (("tier", "x"),)
    town = ten(policy, targets=("agent", "b"))
    town.targets = {name: msgspec.structs.replace(target, labels=labels) for name, target in town.targets.items()}
    for name in ("agent", "b"):
        town.release(name, "v2")
    roll(town)
    town.targets["b"] = msgspec.structs.replace(town.targets["b"], labels=())
    town.begin()
    town.targets["b"] = msgspec.structs.replace(town.targets["b"], labels=labels)
    town.release("b", "v3")
    return Question(town, 1, units(town, "b"))


@situation("30-order-node-first-kept-by-partition")
def _first_kept() -> Question:
    wide = [{"maxUnavailable": 9}]
    order = {"per": "Node", "chains": [["agent", "b"]]}
    policies = [
        policy_named("p", partition=8, budgets=wide),
        policy_named("q", ("b",), budgets=wide, order=order),
    ]
    town = ten(*policies, targets=("agent", "b"))
    town.release("agent", "v2")
    town.release("b", "v2")
    return Question(town, 2, units(town, "agent"))


@situation("31-two-pauses")
def _two_pauses() -> Question:
    town = ten(policy_named(**CAREFUL, paused=True), policy_named("q", paused=True))
    town.release("agent", "v2")
    return nothing(town)


@situation("34-canary-smaller-than-count")
def _smaller_than_count() -> Question:
    town = ten(policy_named(**{**CAREFUL, "canary": {"count": 3}, "budgets": [{"maxUnavailable": 5}], **MODE}))
    for number in range(2, 11):
        town.down(f"n{number}")
    town.release("agent", "v2")
    town.begin()
    town.settle()
    town.begin()
    for number in range(2, 11):
        town.back(f"n{number}")
    town.wait(10)
    return Question(town, 2, units(town))


@situation("36-budget-spent-by-new-pods-that-crash")
def _budget_spent() -> Question:
    town = ten(policy_named(**{**CAREFUL, "canary": {"count": 4, "gate": {"minAvailable": "50%"}}}))
    town.release("agent", "v2")
    first = town.begin()
    town.settle()
    town.begin()
    town.settle()
    for name, node in first:
        town.set_pod(name, node, ready=False, crashes=True)
    town.wait(10)
    return Question(town, told="nothing goes on before they run")


@situation("44b-gate-failed-sick-get-failed-revision")
def _sick_after_failure() -> Question:
    town = _failed_canary("agent")
    for node in ("n5", "n6"):
        town.set_pod("agent", node, ready=False)
    pods, targets, policies = dict(town.pods), dict(town.targets), dict(town.policies)
    town.pods, town.targets, town.policies = {}, {}, {}
    town.begin()  # another namespace is looked at, and its State is kept
    town.pods, town.targets, town.policies = pods, targets, policies
    return nothing(town)


@situation("61-causal-broken-node-deleted")
def _broken_deleted() -> Question:
    town = ten(policy_named(**CAUSAL))
    town.release("agent", "v2")
    town.begin()
    town.settle()
    town.down("n1")
    town.begin()
    town.leave("n1")
    return nothing(town)
