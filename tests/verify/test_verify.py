"""The checker accepts plans of recorded decisions and refuses each kind of corruption."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

import dsplan.verify
import dsplan.verify.rules
from dsplan.document.encoding import compact_json, read_plan
from dsplan.document.types import PlanDocument
from dsplan.model.world import World
from dsplan.planner import solve
from dsplan.report.documents.plan import plan_document
from dsplan.verify import verify
from tests.conformance.replay import records
from tests.conformance.replay_sync import outcome, world_of
from tests.worlds import NOW, Tree, trees, world

RECORDS = Path(__file__).parents[1] / "conformance" / "records" / "sync.jsonl.gz"
PACKAGE = Path(dsplan.verify.__file__).parent


def planned(record: Tree) -> tuple[PlanDocument, World]:
    given_world, now = world_of(record)
    return plan_document(solve(given_world, now=now)), given_world


def test_plans_of_all_recorded_decisions_are_accepted() -> None:
    """Every action in these plans is the recorded one: the replay says so, and `outcome` compares them here again."""
    refused = {}
    for record in records(RECORDS):
        document, given_world = planned(record)
        if findings := verify(document, given_world):
            refused[record["id"]] = [str(finding) for finding in findings]
        if record["exact"]:
            pods = [a for a in document.actions if a.kind == "Pod" and a.verb in ("create", "delete")]
            real = record["out"]
            assert sorted(a.node for a in pods if a.verb == "create") == sorted(real["m_create"] + real["ru_create"])
            assert sorted(a.name for a in pods if a.verb == "delete") == sorted(real["m_delete"] + real["ru_delete"])
    assert refused == {}
    assert outcome


@given(trees())
def test_generated_plans_are_accepted(found: list[Tree]) -> None:
    given_world = world(found)
    assert verify(plan_document(solve(given_world, now=NOW)), given_world) == ()


def cluster() -> tuple[Tree, World]:
    """A plan with a bit of everything: creations, deletions, waves, exclusions, several classes."""
    from tests.diff.test_rolling import daemonset, pod
    from tests.worlds import revision_of

    ds = daemonset(2)
    ds["spec"]["template"]["spec"] = {"nodeSelector": {"disk": "ssd"}}
    names = [f"n{number:02}" for number in range(12)]
    nodes = [
        {
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {"disk": "hdd" if number > 9 else "ssd", "topology.kubernetes.io/zone": "ab"[number % 2]},
            },
        }
        for number, name in enumerate(names)
    ]
    pods = [pod(name, "old") for name in names[2:9]]
    pods += [pod(names[10], "new"), pod(names[3], "new", name="young")]
    given_world = world([*nodes, ds, revision_of(ds), *pods])
    tree = msgspec.json.decode(compact_json(plan_document(solve(given_world, now=NOW))))
    return tree, given_world


def entry(tree: Tree) -> Tree:
    found: Tree = tree["daemonsets"][0]
    return found


def drop_a_row(tree: Tree) -> None:
    entry(tree)["rows"].pop()


def double_a_row(tree: Tree) -> None:
    entry(tree)["rows"].append(entry(tree)["rows"][0])


def lose_a_lot(tree: Tree) -> None:
    next(row for row in entry(tree)["rows"] if row.get("shape"))["lots"].pop(0)


def another_fate(tree: Tree) -> None:
    next(row for row in entry(tree)["rows"] if row["fate"] == "created")["fate"] = "replaced"


def grow_a_wave(tree: Tree) -> None:
    entry(tree)["course"]["waves"][0][0] += 1


def lose_a_wave(tree: Tree) -> None:
    entry(tree)["course"]["waves"].pop()


def lower_the_budget(tree: Tree) -> None:
    entry(tree)["course"]["budget"]["maxUnavailable"] = 1


def wrong_reason_to_exclude(tree: Tree) -> None:
    entry(tree)["excluded"][0]["code"] = "UntoleratedNoSchedule"


def hide_an_exclusion(tree: Tree) -> None:
    entry(tree)["excluded"].pop()


def flip_a_verdict(tree: Tree) -> None:
    text = entry(tree)["verdicts"]
    entry(tree)["verdicts"] = text[::-1]


def unknown_verdict(tree: Tree) -> None:
    entry(tree)["verdicts"] = entry(tree)["verdicts"].replace("R", "X", 1)


def lose_a_node(tree: Tree) -> None:
    tree["nodes"].pop()


def two_nodes_of_one_name(tree: Tree) -> None:
    tree["nodes"][1] = tree["nodes"][0]


def false_desired(tree: Tree) -> None:
    entry(tree)["desired"] += 1


def false_status(tree: Tree) -> None:
    entry(tree)["status"]["numberUnavailable"] = 0


def false_summary(tree: Tree) -> None:
    tree["summary"]["create"] += 1


def false_part_of_the_summary(tree: Tree) -> None:
    entry(tree)["summary"]["update"] -= 1


def issue_an_action_twice(tree: Tree) -> None:
    tree["actions"].append(copy.deepcopy(next(a for a in tree["actions"] if a["verb"] == "create" and "node" in a)))


def issue_less_than_wanted(tree: Tree) -> None:
    tree["actions"] = [a for a in tree["actions"] if (a["kind"], a["verb"]) != ("Pod", "create")]


def action_of_no_daemonset(tree: Tree) -> None:
    tree["actions"][0]["daemonset"] = 7


def say_it_is_a_no_op(tree: Tree) -> None:
    tree["applyable"] = False


def say_it_failed(tree: Tree) -> None:
    tree["errored"] = True


def unknown_constraint(tree: Tree) -> None:
    entry(tree)["constraints"].append("Embedder/1")


def move_a_wave_to_another_daemonset(tree: Tree) -> None:
    tree["daemonsets"].append({**copy.deepcopy(entry(tree)), "name": "zz"})
    entry(tree)["course"]["waves"] = []


def wrong_hash(tree: Tree) -> None:
    entry(tree)["hash"] = "bbbbb"


def wrong_actor(tree: Tree) -> None:
    tree["actions"][0]["actor"] = "host"


def wrong_actor_everywhere(tree: Tree) -> None:
    tree["actor"] = "host"
    for action in tree["actions"]:
        action["actor"] = "host"


def wrong_reason_of_an_action(tree: Tree) -> None:
    next(a for a in tree["actions"] if a["verb"] == "delete")["reason"] = "Failed"


def wrong_precondition(tree: Tree) -> None:
    next(a for a in tree["actions"] if a["verb"] == "delete")["uid"] = "another"


def wrong_namespace(tree: Tree) -> None:
    tree["actions"][0]["namespace"] = "elsewhere"


def swap_two_stages(tree: Tree) -> None:
    tree["actions"].reverse()


def order_of_no_plan(tree: Tree) -> None:
    entry(tree)["course"]["order"] = 5


def swap_check_sums(tree: Tree) -> None:
    tree["digests"][0], tree["digests"][10] = tree["digests"][10], tree["digests"][0]


def say_it_is_incomplete(tree: Tree) -> None:
    tree["complete"] = False


def say_there_are_conflicts(tree: Tree) -> None:
    tree["conflicts"] = True


def come_back_later(tree: Tree) -> None:
    entry(tree)["requeueAfterSeconds"] = tree["requeueAfterSeconds"] = 3600.0


def forget_the_expectations(tree: Tree) -> None:
    tree["state"]["expectations"] = []


def invent_a_back_off(tree: Tree) -> None:
    tree["state"]["backoffs"] = [
        {
            "daemonset_uid": "ds-uid",
            "observed_generation": 0,
            "node": "n03",
            "delay": 900,
            "last_deletion": "2026-05-01T12:00:00Z",
        }
    ]


def other_semantics(tree: Tree) -> None:
    tree["semantics"] = "kubernetes/v1.20"


def false_counter(tree: Tree) -> None:
    entry(tree)["status"]["numberMisscheduled"] = 5


def false_generation(tree: Tree) -> None:
    entry(tree)["generation"] = 77


def false_field_of_a_class(tree: Tree) -> None:
    next(part for part in tree["classes"] if part["fields"].get("labels/disk"))["fields"]["labels/disk"] = "nvme"


def call_a_node_sick(tree: Tree) -> None:
    tree["sick"] = "4"


def move_a_node_to_another_zone(tree: Tree) -> None:
    tree["zones"] = {"a": "0-11"}


def call_it_untouched(tree: Tree) -> None:
    entry(tree)["untouched"] = "the DaemonSet is being deleted (C4)"


def call_it_in_flight(tree: Tree) -> None:
    entry(tree)["inFlight"] = True


def field_that_cannot_be_read(tree: Tree) -> None:
    tree["reads"] = [*tree["reads"], "status"]


def nobody_fails_a_later_rule(tree: Tree) -> None:
    entry(tree)["excluded"][0]["also"] = 1


CORRUPTIONS: list[Callable[[Tree], None]] = [
    drop_a_row,
    double_a_row,
    lose_a_lot,
    another_fate,
    grow_a_wave,
    lose_a_wave,
    lower_the_budget,
    wrong_reason_to_exclude,
    hide_an_exclusion,
    flip_a_verdict,
    unknown_verdict,
    lose_a_node,
    two_nodes_of_one_name,
    false_desired,
    false_status,
    false_summary,
    false_part_of_the_summary,
    issue_an_action_twice,
    issue_less_than_wanted,
    action_of_no_daemonset,
    say_it_is_a_no_op,
    say_it_failed,
    unknown_constraint,
    move_a_wave_to_another_daemonset,
    wrong_hash,
    wrong_actor,
    wrong_actor_everywhere,
    wrong_reason_of_an_action,
    wrong_precondition,
    wrong_namespace,
    swap_two_stages,
    order_of_no_plan,
    swap_check_sums,
    say_it_is_incomplete,
    say_there_are_conflicts,
    come_back_later,
    forget_the_expectations,
    invent_a_back_off,
    other_semantics,
    false_counter,
    false_generation,
    false_field_of_a_class,
    call_a_node_sick,
    move_a_node_to_another_zone,
    call_it_untouched,
    call_it_in_flight,
    field_that_cannot_be_read,
    nobody_fails_a_later_rule,
]


def test_the_plan_that_is_corrupted_is_a_good_one_and_has_all_parts() -> None:
    tree, given_world = cluster()
    assert verify(read_plan(msgspec.json.encode(tree)), given_world) == ()
    assert {row["fate"] for row in entry(tree)["rows"]} > {"created", "replaced"}
    lots = [lot for row in entry(tree)["rows"] for lot in row.get("lots", ()) if lot["kind"] == "deleted"]
    assert {lot["reason"] for lot in lots} == {"NotEligible", "Duplicate", "Outdated"}
    assert len(tree["orders"][0]) == 7
    assert entry(tree)["excluded"]


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda function: function.__name__)
def test_corruption_is_refused_with_what_is_wrong(corrupt: Callable[[Tree], None]) -> None:
    tree, given_world = cluster()
    corrupt(tree)
    findings = verify(read_plan(msgspec.json.encode(tree)), given_world)
    assert findings
    assert all(finding.check and finding.text for finding in findings)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_nothing_of_the_solver_is_imported() -> None:
    forbidden = ("planner", "waves", "placement", "simulate", "rolling", "manage")
    evaluators = Path(dsplan.verify.rules.__file__).parent
    files = [*PACKAGE.glob("*.py"), *evaluators.glob("*.py")]
    assert len(files) > 8
    modules = {module for path in files for module in imports(path)}
    assert not [module for module in modules if any(word in module for word in forbidden)]


def code_lines(path: Path) -> int:
    tree = ast.parse(path.read_text())
    docstrings: set[int] = set()
    for node in ast.walk(tree):
        body: list[Any] = getattr(node, "body", [])
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            docstrings.update(range(body[0].lineno, (body[0].end_lineno or 0) + 1))
    lines = enumerate(path.read_text().splitlines(), start=1)
    return sum(bool(line.strip()) and number not in docstrings for number, line in lines)


def test_it_is_small_enough_to_be_read_in_one_sitting() -> None:
    assert sum(code_lines(path) for path in PACKAGE.glob("*.py")) < 340
