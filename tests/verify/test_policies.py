"""Plans of policies: every one is accepted, and each kind of corruption is refused with what is wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsplan
from dsplan.document.encoding import compact_json, read_plan
from dsplan.document.idsets import ids_of
from dsplan.document.types import PlanDocument
from dsplan.manifests.rollout_policies import decode_policy
from dsplan.planner.checking import check_plan
from dsplan.report.documents.plan import plan_document
from dsplan.testing import a_daemonset, a_node, a_pod
from dsplan.verify import verify
from tests.policies.fleet import NEW, OLD, Fleet, a_policy
from tests.policies.test_properties import BYTES, random_fleet

Tree = dict[str, Any]


def documented(fleet: Fleet) -> PlanDocument:
    return plan_document(dsplan.solve(fleet.world(), now=fleet.now))


@settings(max_examples=40, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_every_plan_is_accepted(rng: Random) -> None:
    fleet = random_fleet(rng)
    for _ in range(4):
        assert check_plan(documented(fleet), fleet.world()) == ()
        fleet.act()
        fleet.settle(*(node for node in fleet.nodes if rng.random() < 0.3))
        fleet.wait(seconds=61)


def wild_fleet(rng: Random) -> Fleet:
    """DaemonSets of every strategy, some owned by the host; partitions, pauses, broken nodes."""
    fleet = random_fleet(rng)
    surging, rolling = {"max_surge": 2, "max_unavailable": 0}, {"max_unavailable": "50%"}
    fleet.daemonsets = [
        a_daemonset(ds.name, **rng.choice(({"on_delete": True}, {"on_delete": True}, surging, rolling)))
        for ds in fleet.daemonsets
    ]
    more: dict[str, Any] = rng.choice(({}, {"partition": 2}, {"partition": "30%"}, {"paused": True}, {"frozen": True}))
    more |= rng.choice(({}, {"owner": "Host"}, {"owner": "Host", "surge": True}))
    changes = [more, *({} for _ in fleet.policies[1:])]
    for place, policy in enumerate(fleet.policies):
        if rng.random() < 0.4:
            changes[place]["brokenNodes"] = {"mode": "Causal", "forgiveUnschedulable": rng.randint(0, 2)}
        tree = msgspec.to_builtins(policy)
        tree["spec"] |= changes[place]
        fleet.policies[place] = decode_policy(tree)
    for name in fleet.nodes:
        if rng.random() < 0.15:
            fleet.set_node(name, ready=False)
    return fleet


@settings(max_examples=40, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_plans_of_every_strategy_and_owner_are_accepted(rng: Random) -> None:
    """Also of a host that owns a DaemonSet with maxSurge; steps whose pods stall were found here."""
    fleet = wild_fleet(rng)
    for _ in range(3):
        plan = dsplan.solve(fleet.world(), now=fleet.now)
        assert check_plan(plan_document(plan), fleet.world()) == ()
        for action in plan.actions:
            if action.actor == "host" and action.kind == "Pod":
                ds = next(ds for ds in fleet.daemonsets if ds.identity == action.daemonset)
                fleet.pods[ds.name, action.node] = a_pod(ds, action.node, hash_label=NEW, ready_since=None)
        fleet.state = plan.state
        fleet.settle(*(name for name, node in fleet.nodes.items() if rng.random() < 0.3 or not node.ready))
        fleet.wait(seconds=61)


def a_fleet() -> Fleet:
    """Two zones, three DaemonSets in an order, limits of every kind, steps for one of them."""
    nodes = [a_node(f"n{number}", labels={"zone": "ab"[number % 2]}) for number in range(8)]
    policies = [
        a_policy(
            "p",
            ["a", "b"],
            budgets=[{"maxUnavailable": "30%"}, {"maxUnavailable": 2, "scope": "All", "topologyKey": "zone"}],
            order={"chains": [["a", "b"]]},
            domains=[{"topologyKey": "zone"}],
        ),
        a_policy("q", ["a", "b", "c"], budgets=[{"maxUnavailable": 1, "scope": "Node"}]),
        a_policy(
            "r", ["c"], budgets=[{"maxUnavailable": 2}], canary={"count": 1}, steps={"list": [4]}, rates={**BYTES}
        ),
    ]
    fleet = Fleet(nodes, policies, ["a", "b", "c"])
    fleet.set_ready("a", "n0", ready=False, hash_label=OLD)
    return fleet


@pytest.fixture(scope="module")
def plan() -> Tree:
    document = documented(a_fleet())
    assert verify(document) == ()
    found: Tree = msgspec.json.decode(compact_json(document))
    return found


def _first_run(tree: Tree) -> Tree:
    found: Tree = next(run for run in tree["policies"]["runs"] if run.get("takes"))
    return found


def _take_of(tree: Tree, name: str) -> tuple[Tree, int]:
    """The first run that takes pods of a DaemonSet, and the place of that take."""
    number = next(place for place, entry in enumerate(tree["daemonsets"]) if entry["name"] == name)
    for run in tree["policies"]["runs"]:
        for place, (_, daemonset, _) in enumerate(run.get("takes", [])):
            if daemonset == number:
                return run, place
    raise AssertionError(name)


def _one_more(tree: Tree) -> None:
    _first_run(tree)["takes"][0][2] += 1


def _one_less(tree: Tree) -> None:
    _first_run(tree)["takes"][0][2] -= 1


def _take_dropped(tree: Tree) -> None:
    _first_run(tree)["takes"].pop()


def _waves_swapped(tree: Tree) -> None:
    tree["policies"]["runs"].reverse()


def _wave_repeated(tree: Tree) -> None:
    _first_run(tree)["repeat"] += 1


def _waves_merged(tree: Tree) -> None:
    first, second, *rest = tree["policies"]["runs"]
    first["takes"] = [*first.get("takes", []), *second["takes"]]
    tree["policies"]["runs"] = [first, *rest]
    tree["policies"]["waves"] -= 1


def _all_at_once(tree: Tree) -> None:
    """All pods of one DaemonSet in the first wave."""
    first, place = _take_of(tree, "c")
    number = first["takes"][place][1]
    for run in tree["policies"]["runs"]:
        moved = [take for take in run.get("takes", []) if take[1] == number]
        run["takes"] = [take for take in run.get("takes", []) if take[1] != number]
        first["takes"] = [*first.get("takes", []), *([c, d, n * run.get("repeat", 1)] for c, d, n in moved)]


def _limit_raised(tree: Tree) -> None:
    tree["policies"]["limits"][0]["limit"] += 1


def _percent_of_another_base(tree: Tree) -> None:
    next(limit for limit in tree["policies"]["limits"] if "%" in str(limit["written"]))["base"] += 20


def _down_forgotten_and_used(tree: Tree) -> None:
    limit = next(limit for limit in tree["policies"]["limits"] if limit.get("down"))
    limit["down"] = limit["limit"]


def _false_bound(tree: Tree) -> None:
    tree["policies"]["bound"] = tree["policies"]["waves"] + 1


def _bound_too_low(tree: Tree) -> None:
    tree["policies"]["bound"] = 1
    tree["policies"]["minimal"] = tree["policies"]["waves"] == 1


def _minimal_without_proof(tree: Tree) -> None:
    tree["policies"]["minimal"] = not tree["policies"]["minimal"]


def _order_turned(tree: Tree) -> None:
    edge = tree["policies"]["order"][0]
    edge["first"], edge["then"] = edge["then"], edge["first"]


def _node_in_two_classes(tree: Tree) -> None:
    tree["policies"]["classes"][1]["nodes"] = tree["policies"]["classes"][0]["nodes"]


def _canary_elsewhere(tree: Tree) -> None:
    steps = tree["policies"]["steps"][0]
    steps["canary"] = [place for place in range(len(tree["policies"]["classes"])) if place not in steps["canary"]]


def _step_longer(tree: Tree) -> None:
    tree["policies"]["steps"][0]["ends"][0] += 1


def _one_domain_more(tree: Tree) -> None:
    tree["policies"]["domains"][0]["limit"] = 0


def _per_node_stricter(tree: Tree) -> None:
    tree["policies"]["perNode"][0]["limit"] = 0


def _action_on_another_node(tree: Tree) -> None:
    actions = [action for action in tree["actions"] if action.get("actor") == "host"]
    for action in tree["actions"]:
        if action.get("actor") == "host":
            action["node"] = "n7" if actions[0]["node"] != "n7" else "n6"


def _actions_of_all_nodes(tree: Tree) -> None:
    pattern = next(action for action in tree["actions"] if action.get("actor") == "host")
    for node in tree["nodes"]:
        tree["actions"].append({**pattern, "node": node, "name": f"{pattern['name']}-{node}"})


def _rules_forgotten(tree: Tree) -> None:
    """The plan states no rule, and takes everything in one wave: the documents know better."""
    entry = tree["policies"]
    for field in ("limits", "perNode", "order", "steps", "domains", "rates"):
        entry[field] = []
    size = dict(enumerate(entry["classes"]))
    number = {place: len(ids_of(part["nodes"])) for place, part in size.items()}
    takes = [[place, own, number[place]] for place, part in size.items() for own in part["daemonsets"]]
    entry |= {"runs": [{"repeat": 1, "takes": takes}], "waves": 1, "bound": 1, "minimal": True}


def _stalled_invented(tree: Tree) -> None:
    tree["policies"]["stalled"] = [{"place": 0, "daemonset": 0, "count": 1, "rule": "none"}]


def _rate_lowered(tree: Tree) -> None:
    tree["policies"]["rates"][0]["limit"] //= 2


def _heavier(tree: Tree) -> None:
    for weight in tree["policies"]["rates"][0]["weights"]:
        weight[2] *= 2


@pytest.mark.parametrize(
    ("corrupt", "check"),
    [
        (_one_more, "policy"),
        (_one_less, "policy waves"),
        (_take_dropped, "policy waves"),
        (_waves_swapped, "policy"),
        (_wave_repeated, "policy waves"),
        (_waves_merged, "policy"),
        (_all_at_once, "policy budget: default/c: "),
        (_limit_raised, "policy budget"),
        (_percent_of_another_base, "policy budget"),
        (_down_forgotten_and_used, "policy"),
        (_false_bound, "policy bound"),
        (_bound_too_low, "policy bound"),
        (_minimal_without_proof, "policy bound"),
        (_order_turned, "policy order"),
        (_node_in_two_classes, "policy classes"),
        (_canary_elsewhere, "policy steps"),
        (_step_longer, "policy steps"),
        (_one_domain_more, "policy domains"),
        (_per_node_stricter, "policy"),
        (_action_on_another_node, "actions"),
        (_actions_of_all_nodes, "policy actions"),
        (_stalled_invented, "policy"),
        (_rate_lowered, "policy rate"),
        (_heavier, "policy rate"),
        (_rules_forgotten, "policy budget: default/p: wave 1 takes 7 where its document allows 2"),
        (_rules_forgotten, "policy budget: default/q: "),
        (_rules_forgotten, "policy budget: default/r: "),
        (_rules_forgotten, "policy domains: default/p: wave 1 touches 2"),
        (_rules_forgotten, "policy order: default/p: "),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_corruption_is_refused(plan: Tree, corrupt: Callable[[Tree], None], check: str) -> None:
    tree = copy.deepcopy(plan)
    corrupt(tree)
    findings = check_plan(read_plan(compact_json(tree)), a_fleet().world())
    assert any(f"{finding.check}: {finding.text}".startswith(check) for finding in findings), [
        str(finding) for finding in findings
    ]
