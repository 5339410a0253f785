"""Whatever is no cluster says what it is and how to get what is needed, with exit code 1; watch events are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from dsplan.cli import cli
from dsplan.cli.failures import reporting_failures
from dsplan.manifests.load import load
from dsplan.reading.resources import CURRENT, GET_ALL, resource_of

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
WHOLE = "kubectl get nodes,pods,daemonsets,controllerrevisions,"


def solved(path: Path, *more: str) -> Result:
    def guarded() -> None:
        with reporting_failures():
            cli.main(["solve", str(path), "--now", "2026-11-28T12:00:00Z", *more], prog_name="dsplan")

    return CliRunner().invoke(click.command()(guarded))


def written(folder: Path, content: Any, name: str = "input.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


STATUS = {
    "kind": "Status",
    "apiVersion": "v1",
    "status": "Failure",
    "message": 'pods is forbidden: User "u" cannot list resource "pods"',
    "reason": "Forbidden",
    "code": 403,
}
TABLE = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": [], "rows": []}
PARTIAL = {
    "kind": "PartialObjectMetadataList",
    "apiVersion": "meta.k8s.io/v1",
    "items": [{"metadata": {"name": "n1"}}],
}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (STATUS, ["a Status", "Forbidden", "pods is forbidden", WHOLE]),
        (TABLE, ["a Table", WHOLE]),
        (PARTIAL, ["a PartialObjectMetadata", WHOLE]),
        ({"kind": "List", "apiVersion": "v1", "items": None}, ["empty", WHOLE]),
        ({"kind": "NodeList", "apiVersion": "v1", "items": None}, ["empty", WHOLE]),
        ({"kind": "Config", "apiVersion": "v1", "clusters": []}, ["a kubeconfig", "--live --kubeconfig"]),
        ({"type": "ERROR", "object": STATUS}, ["a Status", "pods is forbidden"]),
        ("", ["the input is empty", WHOLE]),
        ("\n# nothing\n---\n", ["the input is empty", WHOLE]),
        ("null\n", ["the input is empty", WHOLE]),
        ('resource "aws_instance" "a" {\n  ami = "x"\n}\n', ["Terraform", WHOLE]),
        ('terraform {\n  required_version = ">= 1"\n}\n', ["Terraform", WHOLE]),
        ({"version": 4, "terraform_version": "1.9.0", "resources": []}, ["Terraform", WHOLE]),
        ("Name:               n1\nRoles:              <none>\nLabels:             a=b\n", ["kubectl describe", WHOLE]),
        ("NAME   STATUS   ROLES    AGE   VERSION\nn1     Ready    <none>   1d    v1.36.0\n", ["a table", WHOLE]),
        (
            "NAMESPACE   NAME      READY   STATUS    IP\nops         agent-1   1/1     Running   10.0.0.1\n",
            ["a table", WHOLE],
        ),
        ("Error from server (Forbidden): nodes is forbidden\n", ["a message of kubectl", WHOLE]),
        ("No resources found\n", ["a message of kubectl", WHOLE]),
        ("<!DOCTYPE html>\n<html></html>\n", ["a web page", WHOLE]),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", ["kustomization", "kubectl kustomize"]),
        ("apiVersion: v2\nname: agent\nversion: 1.0.0\n", ["Chart.yaml", "helm template"]),
        ("{{- if .Values.enabled }}\napiVersion: v1\nkind: Node\n{{- end }}\n", ["unrendered", "helm template"]),
        ("apiVersion: v1\nkind: Node\nmetadata:\n  name: {{ .Values.name }}\n", ["unrendered", ":4:"]),
        ('{{ include "x" . }}\n', ["unrendered", ":1:1:"]),
        ("{% if x %}\nkind: Node\n{% endif %}\n", ["unrendered Jinja"]),
    ],
)
def test_what_is_no_cluster_says_so(content: Any, said: list[str], tmp_path: Path) -> None:
    result = solved(written(tmp_path, content, "input.yaml" if isinstance(content, str) else "input.json"))
    assert result.exit_code == 1
    for part in said:
        assert part in result.stderr
    assert result.stderr.count("error: ") == 1, "one thing is wrong"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("values.yaml", "kind: DaemonSet\nimage: {repository: x}\n", "values for a Helm chart"),
        ("values-prod.yaml", "image: {repository: x}\n", "values for a Helm chart"),
        ("Chart.yaml", "apiVersion: v2\nname: agent\nversion: 1.0.0\n", "helm template"),
        ("package.json", '{"name": "x", "version": "1.0.0", "dependencies": {}}', "JavaScript"),
        ("kustomization.yaml", "resources: [a.yaml]\n", "kubectl kustomize"),
        ("docker-compose.yml", "services: {a: {image: x}}\n", "Compose"),
    ],
)
def test_a_file_that_is_named_says_what_it_is(name: str, content: str, said: str, tmp_path: Path) -> None:
    result = solved(written(tmp_path, content, name))
    assert result.exit_code == 1
    assert said in result.stderr


@pytest.mark.parametrize(
    ("version", "kind", "meant"),
    [
        ("apps/v1", "Daemonset", "DaemonSet in apps/v1"),
        ("apps/v1", "DaemonSets", "DaemonSet in apps/v1"),
        ("apps/v1", "DeamonSet", "DaemonSet in apps/v1"),
        ("v1", "node", "Node in v1"),
        ("v1", "DaemonSet", "DaemonSet in apps/v1"),
        ("apps/v2", "DaemonSet", "DaemonSet in apps/v1"),
        ("extensions/v1", "Deployment", "Deployment in apps/v1"),
        ("apps/v1", "Pod", "Pod in v1"),
        ("policy/v1", "PodDisruptionBudgets", "PodDisruptionBudget in policy/v1"),
    ],
)
def test_kinds_that_nobody_knows(version: str, kind: str, meant: str, tmp_path: Path) -> None:
    result = solved(written(tmp_path, {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}}))
    assert result.exit_code == 1
    assert f'no matches for kind "{kind}" in version "{version}", did you mean {meant}?' in result.stderr


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("apps.kruise.io/v1alpha1", "DaemonSet"),
        ("longhorn.io/v1beta2", "Node"),
        ("v1", "Service"),
        ("v1", "PodTemplate"),
        ("apps/v1", "ReplicaSet"),
        ("storage.k8s.io/v1", "CSIDriver"),
        ("monitoring.coreos.com/v1", "PodMonitor"),
    ],
)
def test_kinds_of_others_are_passed_over(version: str, kind: str, tmp_path: Path) -> None:
    trees = [NODE, {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}}]
    assert solved(written(tmp_path, {"apiVersion": "v1", "kind": "List", "items": trees})).exit_code == 0


def test_manifests_without_nodes_are_told_to_name_the_cluster(tmp_path: Path) -> None:
    daemonset = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n"
    template = "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'i:1'}]}}\n"
    result = solved(written(tmp_path, daemonset + template, "ds.yaml"))
    assert result.exit_code == 1
    assert "there are no nodes in the input" in result.stderr
    assert "--cluster FILE" in result.stderr
    assert WHOLE in result.stderr


def test_the_command_gets_everything_that_planning_reads() -> None:
    kinds = GET_ALL.split()[2].split(",")
    assert kinds == [resource_of(kind) for kind in CURRENT]
    for wanted in ("resourcequotas", "limitranges", "namespaces", "runtimeclasses", "serviceaccounts", "csinodes"):
        assert wanted in kinds
    docs = (Path(__file__).parents[2] / "docs" / "input.md").read_text()
    assert GET_ALL in docs


def event(kind: str, name: str, version: str, node: str = "n1") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "ops", "uid": f"u-{name}", "resourceVersion": version}
    spec = {"nodeName": node, "containers": [{"name": "c", "image": "i:1"}]}
    return {"type": kind, "object": {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}}


@pytest.mark.parametrize("indent", [None, 2])
def test_of_watch_events_the_last_state_counts(indent: int | None, tmp_path: Path) -> None:
    events = [
        event("ADDED", "a", "1"),
        event("ADDED", "b", "2"),
        event("MODIFIED", "a", "3", "n2"),
        {"type": "BOOKMARK", "object": {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "4"}}},
        event("DELETED", "b", "5"),
        event("ADDED", "c", "6"),
    ]
    path = tmp_path / "watch.json"
    path.write_text("\n".join(json.dumps(entry, indent=indent) for entry in events))
    world = load([path])
    assert [(pod.metadata.name, pod.spec.node_name) for pod in world.pods] == [("a", "n2"), ("c", "n1")]
    assert [note.text for note in world.notes] == ["5 watch events; the last state of each object is read"]


INTERNAL = {
    "selfLink": "/api/v1/nodes",
    "resourceVersion": "9",
    "Items": [
        {
            "name": "n1",
            "uid": "u1",
            "resourceVersion": "1",
            "labels": {"Zone": "a"},
            "Spec": {
                "PodCIDR": "",
                "Unschedulable": True,
                "Taints": [{"Key": "gpu", "Value": "", "Effect": "NoSchedule"}],
            },
            "Status": {
                "Capacity": {"cpu": "4"},
                "Allocatable": {"cpu": "4", "memory": "8Gi"},
                "Conditions": [{"Type": "Ready", "Status": "True"}],
                "NodeInfo": {"OperatingSystem": "linux"},
            },
        }
    ],
}
INTERNAL_DAEMONSET = {
    "name": "agent",
    "namespace": "ops",
    "Spec": {
        "Selector": {"matchLabels": {"app": "agent"}},
        "Template": {
            "labels": {"app": "agent"},
            "Spec": {
                "Containers": [{"Name": "c", "Image": "i:1", "Resources": {"Requests": {"cpu": "1"}, "Limits": None}}],
                "NodeSelector": {"Zone": "a"},
                "SecurityContext": {"HostNetwork": True},
                "Tolerations": [{"Key": "gpu", "Operator": "Exists", "TolerationSeconds": None}],
            },
        },
        "UpdateStrategy": {"Type": "RollingUpdate", "RollingUpdate": {"MaxUnavailable": 2}},
        "MinReadySeconds": 5,
    },
    "Status": {"DesiredNumberScheduled": 1, "ObservedGeneration": 1},
}


def test_kubectls_internal_form_is_read_and_told(tmp_path: Path) -> None:
    written(tmp_path, INTERNAL, "nodes.json")
    written(tmp_path, {"Items": [INTERNAL_DAEMONSET]}, "sets.json")
    world = load([tmp_path / "nodes.json", tmp_path / "sets.json"])
    node, daemonset = world.nodes[0], world.daemonsets[0]
    assert (node.name, node.metadata.labels, node.spec.unschedulable) == ("n1", {"Zone": "a"}, True)
    assert [(taint.key, taint.effect) for taint in node.spec.taints] == [("gpu", "NoSchedule")]
    assert node.status.allocatable == {"cpu": "4", "memory": "8Gi"}
    assert daemonset.spec.min_ready_seconds == 5
    spec = daemonset.pod.spec
    assert (spec.host_network, spec.node_selector, spec.tolerations[0].key) == (True, {"Zone": "a"}, "gpu")
    assert spec.containers[0].resources.requests == {"cpu": "1"}
    told = {note.text for note in world.notes}
    assert "in the form of kubectl's memory, without kind; read by its fields" in told
    assert "has no kind; read as a Node for what its fields are" in told


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Node", {"status": {"nodeInfo": {}}}),
        ("Pod", {"spec": {"containers": []}}),
        ("DaemonSet", {"spec": {"template": {}, "selector": {}}, "status": {"desiredNumberScheduled": 1}}),
        ("ControllerRevision", {"revision": 1, "data": {}}),
        ("PriorityClass", {"value": 10, "globalDefault": False}),
        ("Namespace", {"status": {"phase": "Active"}}),
    ],
)
def test_objects_without_kind_are_known_by_their_fields(kind: str, fields: dict[str, Any], tmp_path: Path) -> None:
    from dsplan.reading.read import read

    [item] = read([written(tmp_path, [{"metadata": {"name": "a"}, **fields}])]).objects
    assert item.kind == kind
