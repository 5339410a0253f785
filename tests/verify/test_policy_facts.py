"""What begins is held to steps, soaks, stops and canaries as the pods and State tell them, not as the plan says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

import dsplan
from dsplan.document.encoding import compact_json, read_plan
from dsplan.planner.checking import check_plan as verify
from dsplan.report.documents.plan import plan_document
from tests.policies.fleet import Fleet, a_policy

Tree = dict[str, Any]


def at_the_half() -> Fleet:
    """The canary is over; two more of the step to 50% may go."""
    steps = {"list": ["50%"], "soak": "10m"}
    fleet = Fleet(6, [a_policy(canary={"count": 1, "soak": "1h"}, steps=steps)])
    fleet.act()
    fleet.settle()
    fleet.act()
    fleet.wait(hours=1)
    return fleet


def soaking() -> Fleet:
    fleet = Fleet(6, [a_policy(canary={"count": 1, "soak": "1h"}, steps={"list": ["50%"]})])
    fleet.act()
    fleet.settle()
    fleet.wait(minutes=5)
    return fleet


def _target(tree: Tree) -> Tree:
    found: Tree = tree["state"]["rollouts"][0]["targets"][0]
    return found


def _standing(tree: Tree) -> Tree:
    found: Tree = tree["policies"]["policies"][0]["standing"][0]
    return found


def _one_more_may(tree: Tree) -> None:
    """The plan grants itself a third unit of two."""
    extra = {**next(a for a in tree["actions"] if a.get("actor") == "host")}
    extra |= {"node": "n4", "name": "ds-n4"}
    tree["actions"].append(extra)
    _standing(tree)["allowance"] = 3


def _more_than_may(tree: Tree) -> None:
    _standing(tree)["allowance"] = 1


def _earlier_step_not_over(tree: Tree) -> None:
    _target(tree)["steps"] = []


def _stopped(tree: Tree) -> None:
    _target(tree)["stop"] = {"kind": "gate", "step": "", "note": "", "nodes": []}


def _revision_forgotten(tree: Tree) -> None:
    _target(tree)["hash"] = "another"


@pytest.mark.parametrize(
    ("corrupt", "check"),
    [
        (_one_more_may, "policy steps"),
        (_more_than_may, "policy steps"),
        (_earlier_step_not_over, "policy steps"),
        (_stopped, "policy stops"),
        (_revision_forgotten, "policy state"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_plan_that_lets_begin_what_facts_forbid_is_refused(corrupt: Callable[[Tree], None], check: str) -> None:
    fleet = at_the_half()
    tree = _tree(fleet)
    assert _standing(tree)["allowance"] == 2
    assert verify(_plan(tree), fleet.world()) == ()
    corrupt(tree)
    assert check in {finding.check for finding in verify(_plan(tree), fleet.world())}


def test_a_canary_elsewhere_is_refused() -> None:
    fleet = Fleet(6, [a_policy(canary={"count": 1, "soak": "1h"}, steps={"list": ["50%"]})])
    tree = _tree(fleet)
    assert verify(_plan(tree), fleet.world()) == ()
    _standing(tree)["canary"] = "3"
    assert "policy canary" in {finding.check for finding in verify(_plan(tree), fleet.world())}


def test_a_soak_that_ends_earlier_than_the_pods_say_is_refused() -> None:
    fleet = soaking()
    tree = _tree(fleet)
    assert (_standing(tree)["kind"], verify(_plan(tree), fleet.world())) == ("soak", ())
    _standing(tree)["until"] = "2026-01-01T12:10:00Z"
    assert "policy soak" in {finding.check for finding in verify(_plan(tree), fleet.world())}


def _tree(fleet: Fleet) -> Tree:
    document = plan_document(dsplan.solve(fleet.world(), now=fleet.now))
    found: Tree = msgspec.json.decode(compact_json(document))
    return found


def _plan(tree: Tree) -> Any:
    return read_plan(msgspec.json.encode(tree), "plan.json")
