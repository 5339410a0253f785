"""What kubectl users type: names, lists, sorting, `help`, `version`, and options from the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dsplan
from dsplan.cli import cli
from dsplan.errors import InputError

SPEC = str(Path(__file__).parents[2] / "specs" / "storage.yaml")


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, words, env=environment)


@pytest.mark.parametrize("name", [("csi-node",), ("ds/csi-node",), ("ds", "csi-node"), ("kube-system/csi-node",)])
def test_get_and_describe_take_names(name: tuple[str, ...]) -> None:
    shown = run("get", SPEC, *name, "-o", "name")
    assert shown.stdout.split() == ["daemonset.apps/csi-node"]
    assert run("describe", SPEC, *name).stdout.startswith("Name:")
    assert "rook-agent" not in run("describe", SPEC, *name).stdout


def test_a_list_is_what_kubectl_users_expect() -> None:
    found = json.loads(run("get", SPEC, "-o", "json").stdout)
    assert (found["apiVersion"], found["kind"]) == ("v1", "List")
    assert {item["metadata"]["name"] for item in found["items"]} == {"csi-node", "rook-agent"}
    assert {item["kind"] for item in found["items"]} == {"DaemonSet"}
    assert all("desiredNumberScheduled" in item["status"] for item in found["items"])


def test_sorted_by_a_field() -> None:
    for path, first in ((".metadata.name", "csi-node"), ("{.status.desiredNumberScheduled}", "rook-agent")):
        assert run("get", SPEC, "-o", "name", "--sort-by", path).stdout.split()[0] == f"daemonset.apps/{first}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-n", "kube-sytem"), 'no DaemonSet in namespace "kube-sytem"; did you mean "kube-system"? '),
        (("-n", "nowhere"), "the input has 2 DaemonSets in: kube-system, rook-ceph"),
        (("-l", "app=nothing"), 'no DaemonSet with the labels "app=nothing"; the input has 2 DaemonSets'),
    ],
)
def test_nothing_chosen_is_bad_input_that_says_what_there_is(words: tuple[str, ...], told: str) -> None:
    for command in ("solve", "get", "describe"):
        error = run(command, SPEC, *words).exception
        assert isinstance(error, InputError)
        assert told in str(error.problems[0])


def test_a_name_that_none_has_says_what_was_meant() -> None:
    error = run("get", SPEC, "csi-nod").exception
    assert isinstance(error, InputError)
    assert str(error.problems[0]) == 'no DaemonSet named "csi-nod"; did you mean "csi-node"?'


def test_help_and_version() -> None:
    assert run("help", "solve").stdout == run("solve", "--help").stdout
    assert run("help").stdout == run("--help").stdout
    assert run("help", "slove").exit_code == 2
    assert run("version").stdout.startswith(f"dsplan {dsplan.__version__} (semantics kubernetes/")


def test_options_come_from_the_environment() -> None:
    assert run("get", SPEC, DSPLAN_GET_OUTPUT="name").stdout == run("get", SPEC, "-o", "name").stdout
    assert run("get", SPEC, "-o", "json", DSPLAN_GET_OUTPUT="name").stdout.startswith("{")


def test_ctrl_c_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dsplan.cli.solve.load_world", interrupted)
    assert run("solve", SPEC).exit_code == 130


@pytest.mark.parametrize(("spec", "code"), [("three-nodes-one-at-a-time", 3), ("stall-budget-spent", 4)])
@pytest.mark.parametrize("command", ["timeline", "compare"])
def test_roll_outs_have_an_exit_code(command: str, spec: str, code: int) -> None:
    path = str(Path(SPEC).parent / "roll-outs" / f"{spec}.yaml")
    assert run(command, path).exit_code == 0
    assert run(command, path, "--exit-code").exit_code == code


def test_nothing_to_compare_exits_with_0() -> None:
    assert run("compare", str(Path(SPEC).with_name("three-nodes.yaml")), "--exit-code").exit_code == 0
