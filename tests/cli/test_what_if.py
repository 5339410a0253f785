"""What-if options on any command that reads a cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsplan.cli import COMMANDS, cli
from dsplan.errors import InputError

from .test_why import CLUSTER, NOW, run

POOL = """
apiVersion: dsplan.dev/v1alpha1
kind: NodePool
metadata: {name: fast}
spec:
  replicas: 2
  nameTemplate: fast-{index}
  labels: {disk-type: ssd}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER)
    return str(path)


def change(cluster: str, *words: str) -> dict[str, dict[str, object]]:
    result = run("solve", cluster, "--now", NOW, "-o", "json", *words)
    document = json.loads(result.output)
    assert document["kind"] == "Difference"
    return {entry["daemonset"]["name"]: entry for entry in document["difference"]["daemonsets"]}


def test_every_command_that_reads_a_cluster_has_the_options() -> None:
    import click

    readers = 0
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        names = {param.name for param in command.params}
        if {"more", "now", "namespace"} <= names:
            readers += 1
            assert {"what_if_set", "what_if_taint", "what_if_add_pool"} <= names, name
    assert readers >= 4


def test_set_a_label(cluster: str) -> None:
    assert change(cluster, "--set", "node/n1:disk-type=ssd")["agent"]["create"] == {"more": ["n1"], "less": []}


def test_a_pattern_names_several_nodes(cluster: str) -> None:
    assert change(cluster, "--set", "node/n*:disk-type=ssd")["agent"]["create"] == {"more": ["n1", "n2"], "less": []}


def test_set_and_remove_a_field(cluster: str) -> None:
    path = "ds/agent:spec.template.spec.nodeSelector"
    removed = change(cluster, "--set", f"{path}[disk-type]-")
    assert removed["agent"]["desired"] == [0, 2]
    other = change(cluster, "--set", f"{path}.disk-type=hdd", "--set", "node/n2:disk-type=hdd")
    assert other["agent"]["create"] == {"more": ["n2"], "less": []}


def test_taints(cluster: str) -> None:
    words = ("--set", "ds/agent:spec.template.spec.nodeSelector-")
    both = change(
        cluster, *words, "--taint", "n1:dedicated=x:NoExecute", "--untaint", "cp:node-role.kubernetes.io/control-plane"
    )
    assert both["agent"]["create"] == {"more": ["cp", "n2"], "less": []}


def test_cordoning_changes_nothing_for_a_daemonset(cluster: str) -> None:
    assert change(cluster, "--cordon", "n1") == {}


def test_a_node_goes_and_a_pool_joins(cluster: str, tmp_path: Path) -> None:
    pool = tmp_path / "pool.yaml"
    pool.write_text(POOL)
    found = change(cluster, "--remove-node", "n1", "--add-pool", str(pool))
    joined = ["fast-0", "fast-1"]
    assert found["agent"]["create"] == {"more": joined, "less": []}
    assert found["everywhere"]["create"] == {"more": joined, "less": ["n1"]}
    fates = found["everywhere"]["fates"]
    assert isinstance(fates, list)
    assert [fate["nodes"] for fate in fates if (fate["before"], fate["after"]) == ("", "created")] == [joined]


def test_every_bad_edit_is_told_at_once(cluster: str) -> None:
    with pytest.raises(InputError) as error:
        run("solve", cluster, "--set", "node/nx:a=b", "--taint", "n1:a:Never", "--set", "ds/agent:spec.templat.x=1")
    assert [problem.value for problem in error.value.problems] == ["nx", "spec.templat.x", "n1:a:Never"]
    assert error.value.problems[1].accepted == ("template",)


def test_exit_code_tells_whether_anything_differs(cluster: str) -> None:
    assert run("solve", cluster, "--exit-code", "--cordon", "n1", "--now", NOW).exit_code == 0
    assert run("solve", cluster, "--exit-code", "--remove-node", "n1", "--now", NOW).exit_code == 3


def test_text_and_markdown_speak_only_of_what_changed(cluster: str) -> None:
    text = run("solve", cluster, "--set", "node/n1:disk-type=ssd", "--now", NOW).output
    assert "everywhere" not in text
    assert text.splitlines()[:2] == ["What if", "  * label node n1 disk-type=ssd"]
    markdown = run("why", cluster, "agent", "--set", "node/n1:disk-type=ssd", "-o", "markdown", "--now", NOW).output
    assert "| `ops/agent` | + create | 1 | n1 |" in markdown


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ("spec.updateStrategy.type=Foo", "spec.updateStrategy"),
        ("spec.updateStrategy.rollingUpdate.maxUnavailable=abc", "maxUnavailable"),
        ("spec.updateStrategy.rollingUpdate.maxSurge=1", "maxSurge"),
        ("spec.template.spec.restartPolicy=Never", "spec.template.spec.restartPolicy"),
        ("spec.template.spec.containers[0].image=", "containers[0].image"),
        ("spec.minReadySeconds=-1", "spec.minReadySeconds"),
        ("spec.selector.matchLabels.more=x", "spec.selector"),
    ],
)
def test_an_edit_is_judged_as_a_manifest_is(cluster: str, edit: str, field: str) -> None:
    words = ("solve", cluster, "--now", NOW, "--set", f"ds/agent:{edit}")
    with pytest.raises(InputError) as raised:
        run(*words)
    assert any(field in problem.field for problem in raised.value.problems)
    warned = run(*words, "--validate", "warn")
    assert (warned.exit_code, "warning: DaemonSet" in warned.stderr) == (0, True)
    assert run(*words, "--validate", "ignore").stderr == ""


def test_edits_are_judged_together(cluster: str) -> None:
    path = "ds/agent:spec.updateStrategy.rollingUpdate"
    result = run("solve", cluster, "--now", NOW, "--set", f"{path}.maxSurge=1", "--set", f"{path}.maxUnavailable=0")
    assert result.exit_code == 0


GREEN = """
apiVersion: dsplan.dev/v1alpha1
kind: NodePool
metadata: {name: green}
spec: {replicas: 2, nameTemplate: "green-{index}", labels: {disk-type: ssd}}
"""


def test_a_drained_node_and_a_pool_that_nobody_has(cluster: str, tmp_path: Path) -> None:
    assert "drain node n1" in run("solve", cluster, "--now", NOW, "--drain", "n1").output
    path = tmp_path / "green.yaml"
    path.write_text(GREEN)
    for text in (f"blue={path},2", f"={path}", "blue=", f"blue={path},0"):
        with pytest.raises(InputError):
            run("solve", cluster, "--now", NOW, "--replace-pool", text)


def test_a_pool_is_replaced(cluster: str, tmp_path: Path) -> None:
    labelled, path = tmp_path / "labelled.yaml", tmp_path / "green.yaml"
    labelled.write_text(
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {karpenter.sh/nodepool: blue, disk-type: ssd}}\n"
    )
    path.write_text(GREEN)
    words = ("solve", str(labelled), "--cluster", cluster, "--now", NOW, "--replace-pool", f"blue={path},2")
    output = run(*words).output
    assert "replace the nodes of pool blue by 2" in output
    assert "1 nodes leave and 2 join in 1 round of at most 2" in output


@pytest.mark.parametrize("text", ["ds/agent:x", "ds/agent:", "ds/nobody", "ds/agent:9"])
def test_an_undo_that_cannot_be(cluster: str, text: str) -> None:
    with pytest.raises(InputError):
        run("solve", cluster, "--now", NOW, "--undo", text)
