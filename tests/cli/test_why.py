"""dsplan why, from the command line to the text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from dsplan.cli import cli

NOW = "2026-05-01T12:00:00Z"
CLUSTER = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: ops}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      nodeSelector:
        disk-type: ssd
      containers: [{name: agent, image: "example.com/agent:1"}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere, namespace: ops}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      tolerations: [{operator: Exists}]
      containers: [{name: agent, image: "example.com/agent:1"}]
---
{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {disktype: ssd}}}
---
{apiVersion: v1, kind: Node, metadata: {name: n2, labels: {disktype: hdd}}}
---
apiVersion: v1
kind: Node
metadata: {name: cp, labels: {node-role.kubernetes.io/control-plane: ""}}
spec: {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER)
    return str(path)


def run(*words: str) -> Result:
    result = CliRunner().invoke(cli, list(words), catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_pair_shows_both_sides_the_line_the_hint_and_the_price(cluster: str) -> None:
    text = run("why", cluster, "agent", "n1", "--now", NOW).output
    assert text == (
        "ops/agent on n1: no, excluded by design\n"
        "  DENY: this DaemonSet does not select the node\n"
        "\n"
        f"{reason(cluster, 'no label disk-type')}"
        "\n"
        "  hint: no node has the label disk-type; 2 nodes have disktype\n"
        "\n"
        "Ways to change this (each verified by re-planning):\n"
        "  1. on the node: label node n1 disk-type=ssd\n"
        "     side effects: none\n"
        "     try: --set node/n1:disk-type=ssd\n"
        "     run: kubectl label node n1 disk-type=ssd --overwrite\n"
        "  2. on the DaemonSet: ops/agent: drop disk-type=ssd (nodeSelector[disk-type])\n"
        "     side effects: also selects 1 worker node (n2)\n"
        "     try: --set 'ds/ops/agent:spec.template.spec.nodeSelector[disk-type]-'\n"
    )


def reason(cluster: str, observed: str) -> str:
    at = f"{cluster}:11:20"
    head = "  REASON                FIELD                    NEEDS          NODE HAS            AT\n"
    row = f"  NodeSelectorMismatch  nodeSelector[disk-type]  disk-type=ssd  {observed}  {at}\n"
    if len(row) <= 121:
        return head + row
    return (
        "  NodeSelectorMismatch  nodeSelector[disk-type]\n"
        "    needs     disk-type=ssd\n"
        f"    node has  {observed}\n"
        f"    at        {at}\n"
    )


def test_classes_add_up_and_shared_causes_are_told_once(cluster: str) -> None:
    text = run("why", "-f", cluster, "agent", "--now", NOW).output
    assert text.startswith("ops/agent on 3 nodes: 3 excluded by design\n")
    assert text.count("needs disk-type=ssd") == 1
    assert "[1] [2]" in text
    assert text.count("needs toleration of node-role.kubernetes.io/control-plane:NoSchedule") == 1


def test_a_node_shows_all_daemonsets(cluster: str) -> None:
    text = run("why", cluster, "cp", "--now", NOW).output
    assert text.startswith("2 DaemonSets on cp: 1 yes + 1 excluded by design = 2\n")


def test_names_come_in_either_order_and_with_their_kind(cluster: str) -> None:
    expected = run("why", cluster, "agent", "n1", "--now", NOW).output
    for words in (("n1", "agent"), ("node/n1", "ds/agent"), ("ops/agent", "n1")):
        assert run("why", cluster, *words, "--now", NOW).output == expected


def test_a_misspelt_name_is_bad_input_that_names_what_was_meant(cluster: str) -> None:
    from dsplan.errors import InputError

    with pytest.raises(InputError) as error:
        run("why", cluster, "agnet")
    assert error.value.problems[0].accepted == ("agent",)
    assert str(error.value.problems[0]) == 'no DaemonSet or node named "agnet"; did you mean "agent"?'


def test_every_format_holds_the_same(cluster: str) -> None:
    document = json.loads(run("why", cluster, "agent", "n1", "--now", NOW, "-o", "json").output)
    assert yaml.safe_load(run("why", cluster, "agent", "n1", "--now", NOW, "-o", "yaml").output) == document
    answer = document["explanations"][0]["classes"][0]["answer"]
    assert (answer["verdict"], answer["kind"]) == ("DENY", "excluded by design")
    assert [entry["size"] for entry in document["counterfactuals"]] == [1, 1]
    markdown = run("why", cluster, "agent", "n1", "--now", NOW, "-o", "markdown").output
    assert "| NodeSelectorMismatch | `nodeSelector[disk-type]` | `disk-type=ssd` | `no label disk-type` |" in markdown


def test_what_if_gives_the_difference_and_the_new_answer(cluster: str) -> None:
    text = run("why", cluster, "agent", "n1", "--set", "node/n1:disk-type=ssd", "--now", NOW).output
    assert "> excluded -> created 1  n1" in text
    assert "ops/agent on n1: yes\n" in text


def test_without_names_every_daemonset_is_explained(cluster: str) -> None:
    text = run("why", cluster, "--now", NOW).output
    assert "ops/agent on 3 nodes" in text
    assert "ops/everywhere on 3 nodes: 3 yes" in text


def test_three_names_are_wrong_usage(cluster: str) -> None:
    assert run("why", cluster, "agent", "n1", "n2").exit_code == 2
