"""What is remembered of a roll-out, what somebody may say of it, and which States are read."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from dsplan.cli import cli
from dsplan.errors import DsplanError, InputError
from dsplan.model.state import STATE_VERSION, State
from dsplan.policies.answers import answered
from dsplan.policies.waits import Lifted, WaitKind
from tests.policies.fleet import OLD, Fleet, a_policy
from tests.policies.walk.situations import CAUSAL
from tests.policies.walk.town import NodeFacts, Target, Town, policy_named

ASKING = {"canary": {"count": 1, "soak": "10m", "gate": {"manual": True}}}
SPEC = Path(__file__).parents[2] / "specs" / "policy-canary-and-zones.yaml"

VERSION_1 = {
    "version": 1,
    "policies": [
        {
            "policy": {"kind": "RolloutPolicy", "namespace": "default", "name": "p"},
            "revisions": [{"daemonset": {"kind": "DaemonSet", "namespace": "default", "name": "ds"}, "hash": "new"}],
            "step": 2,
            "gates": [{"step": 0, "passed": True}, {"step": 1, "passed": False, "note": "slow"}],
            "canary": ["n1"],
            "started": [{"at": "2026-01-01T11:59:30Z", "pods": 3}],
        }
    ],
}


def asked() -> Fleet:
    fleet = Fleet(4, [a_policy(**ASKING)])
    fleet.act()
    fleet.settle()
    fleet.wait(minutes=10)
    fleet.act()
    return fleet


def test_of_an_old_state_failed_gates_and_rates_are_kept_and_steps_forgotten() -> None:
    state = msgspec.json.decode(msgspec.json.encode(VERSION_1), type=State)
    [progress] = state.rollouts
    assert (state.version, state.policies, [began.pods for began in progress.started]) == (STATE_VERSION, (), [3])
    assert [(target.hash, target.steps, target.canary) for target in progress.targets] == [("new", (), None)]
    fleet = Fleet(4, [a_policy(**ASKING)])
    fleet.state = state
    plan = fleet.act()
    assert (plan.actions, plan.policies[0].waits) == ((), "step 1 of 2 (canary): its gate failed slow")
    assert [target.uid for target in fleet.state.rollouts[0].targets] == ["uid-of-default-ds"]


def test_an_old_state_without_a_failed_gate_begins_at_the_canary() -> None:
    tree = json.loads(json.dumps(VERSION_1))
    tree["policies"][0]["gates"].pop()
    fleet = Fleet(4, [a_policy(**ASKING)])
    fleet.state = msgspec.convert(tree, State)
    assert [action.node for action in fleet.act().actions] == ["n1"]


@pytest.mark.parametrize("state", ['{"version": 3}', '{"version": 1, "policies": [{"policy": 7}]}', '{"version": "2"}'])
def test_a_state_that_cannot_be_trusted_is_refused(state: str, tmp_path: Path) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(state, type=State)
    path = tmp_path / "state.json"
    path.write_text(state)
    found = CliRunner().invoke(cli, ["solve", str(SPEC), "--state", str(path)])
    assert isinstance(found.exception, InputError)


def test_an_answer_counts_only_once_it_is_asked_for() -> None:
    fleet = Fleet(4, [a_policy(**ASKING)])
    fleet.act()
    with pytest.raises(DsplanError, match="nothing is asked"):
        fleet.set_gate(passed=True)
    with pytest.raises(DsplanError, match="no policy default/q is known"):
        fleet.set_gate(passed=True, policy="default/q")


def test_an_answer_is_forgotten_when_the_canary_restarts_before_anybody_looks() -> None:
    fleet = asked()
    fleet.set_gate(passed=True)
    fleet.wait(minutes=1)
    fleet.set_ready("ds", "n1", ready=False)
    fleet.settle()
    assert fleet.act().actions == ()
    fleet.wait(minutes=10)
    assert fleet.act().policies[0].waits == "step 1 of 2 (canary): waits for its gate"


def test_a_failed_gate_holds_until_somebody_resumes_and_is_asked_anew() -> None:
    fleet = asked()
    fleet.set_gate(passed=False)
    for _ in range(3):
        fleet.wait(hours=5)
        assert fleet.act().actions == ()
    fleet.state = answered(fleet.state, "default/p", "resume")
    assert fleet.act().policies[0].waits.endswith("waits for its gate")
    fleet.set_gate(passed=True)
    assert len(fleet.act().actions) == 3


def test_somebody_may_pause_a_policy_whatever_it_says() -> None:
    fleet = Fleet(4, [a_policy()])
    fleet.plan()
    fleet.state = State(rollouts=fleet.plan().progress)
    fleet.state = answered(fleet.state, "default/p", "pause")
    plan = fleet.act()
    assert (plan.actions, {held.kind for held in plan.held}) == ((), {WaitKind.PAUSED})
    fleet.state = answered(fleet.state, "default/p", "resume")
    assert len(fleet.act().actions) == 4


def test_a_revision_that_failed_is_stopped_still_when_somebody_goes_back_to_it() -> None:
    fleet = asked()
    fleet.set_gate(passed=False)
    fleet.release("newer")
    assert [action.node for action in fleet.act().actions] == ["n1"]
    fleet.release("new")
    assert (fleet.act().actions, fleet.plan().is_violated) == ((), True)


def test_new_pods_that_fail_hold_the_roll_out_until_they_run_or_somebody_resumes() -> None:
    fleet = Fleet(6, [a_policy(budgets=[{"maxUnavailable": 3}])])
    fleet.act()
    fleet.settle("n1")
    fleet.wait(minutes=6)
    plan = fleet.act()
    assert plan.actions == ()
    assert plan.policies[0].halted == "step 1 of 1 (all): new pods fail: n1 (not ready for 6m)"
    assert {held.kind.lifted for held in plan.held} == {Lifted.NOBODY}
    resumed = answered(fleet.state, "default/p", "resume")
    fleet.state = resumed
    assert len(fleet.plan().actions) == 2
    fleet.settle()
    assert len(fleet.act().actions) == 3


def test_sick_pods_of_older_revisions_go_as_far_as_the_step_lets_them_or_are_left() -> None:
    spec = {"steps": {"list": [1], "gate": {"manual": True}}}
    for sick, went in (("replace", ["n3"]), ("leave", ["n1"])):
        fleet = Fleet(4, [a_policy(sick=sick, **spec)])
        for node in ("n3", "n4"):
            fleet.set_ready("ds", node, ready=False, hash_label=OLD)
        plan = fleet.act()
        assert [action.node for action in plan.actions] == went
        assert "n4" in {node for held in plan.held for node in held.nodes}


def test_what_begins_says_which_step_facts_and_budgets_let_it() -> None:
    fleet = asked()
    fleet.set_gate(passed=True)
    [begins] = fleet.act().begins
    assert begins.nodes == ("n2", "n3", "n4")
    assert begins.step == "step 2 of 2 (all): 1 have gone, 3 more may"
    assert begins.facts == "canary over at 2026-01-01T12:10:00Z, its gate passed by hand"
    assert begins.budgets == ("default/ds: maxUnavailable 100% of 4 = 4, 0 down",)


def test_a_node_that_was_dead_before_does_not_stop_a_rollback() -> None:
    """n4 fell with the pod that is the present one again after the rollback; that revision has not broken it."""
    town = Town({f"n{n}": NodeFacts() for n in range(1, 5)}, {"agent": Target("u", "v1")}, policy_named(**CAUSAL))
    town.populate(agent="v1")
    town.begin()
    town.wait(60)
    town.release("agent", "v2")
    town.down("n4")
    assert len(town.begin()) == 2
    town.settle()
    town.wait(60)
    town.release("agent", "v1")
    assert len(town.begin()) == 2
