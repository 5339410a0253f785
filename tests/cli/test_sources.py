"""Where the cluster comes from: --cluster, manifests over it, and kubectl.

Tried: an overlay that compares templates before defaulting fails `test_what_git_holds_is_no_update`; a reader that
gives -l to the nodes, too, fails `test_the_live_cluster`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dsplan.cli import cli
from dsplan.cli.failures import reporting_failures
from dsplan.cli.kubectl import live_objects

NOW = "2026-05-01T12:00:00Z"
TEMPLATE = {
    "metadata": {"labels": {"app": "agent"}},
    "spec": {
        "containers": [
            {
                "name": "agent",
                "image": "example.com/agent:1",
                "imagePullPolicy": "IfNotPresent",
                "resources": {"requests": {"cpu": "1"}},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    },
}
AS_IN_GIT = """
kind: DaemonSet
apiVersion: apps/v1
spec:
  template:
    spec:
      containers:
      - image: example.com/agent:1
        name: agent
        resources: {requests: {cpu: 1000m}}
    metadata: {labels: {app: agent}}
  selector: {matchLabels: {app: agent}}
metadata: {name: agent}
"""


def meta(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "uid": f"uid-{name}", "resourceVersion": "1", **more}


def owner() -> list[dict[str, Any]]:
    return [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "uid-agent", "controller": True}]


def dump() -> dict[str, Any]:
    """One DaemonSet, rolled out over two nodes."""
    labels = {"app": "agent", "controller-revision-hash": "h1", "pod-template-generation": "1"}
    items: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Node", "metadata": meta(name, labels={"zone": name})} for name in ("n1", "n2")
    ]
    items += [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": meta(f"agent-{node}", namespace="default", labels=labels, ownerReferences=owner()),
            "spec": {"nodeName": node, "containers": [{"name": "agent", "image": "example.com/agent:1"}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }
        for node in ("n1", "n2")
    ]
    annotations = {"deprecated.daemonset.template.generation": "1"}
    items += [
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": meta("agent", namespace="default", generation=1, annotations=annotations, labels={"team": "a"}),
            "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": TEMPLATE},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": meta("agent-h1", namespace="default", labels=labels, ownerReferences=owner()),
            "data": {"spec": {"template": {**TEMPLATE, "$patch": "replace"}}},
            "revision": 1,
        },
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.json"
    path.write_text(json.dumps(dump()))
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "agent.yaml"
    path.write_text(AS_IN_GIT)
    return path


def run(*words: str | Path) -> Result:
    def guarded() -> None:
        with reporting_failures():
            cli.main([*map(str, words)], prog_name="dsplan")

    runner = CliRunner()
    with runner.isolation() as streams:
        code = 0
        try:
            guarded()
        except SystemExit as error:
            code = int(error.code or 0)
        out, err = streams[0].getvalue(), streams[1].getvalue()
    return Result(runner, out, err, out + err, None, code, None)


def summary(*words: str | Path) -> str:
    result = run("solve", *words, "--now", NOW)
    assert result.exit_code == 0, result.stderr
    return result.stdout.rstrip().splitlines()[-1]


def test_what_git_holds_is_no_update(snapshot: Path, manifest: Path) -> None:
    settled = "Plan: 0 to create, 0 to delete, 0 to update; 0 blocked, 0 excluded by design."
    assert summary(snapshot) == settled
    assert summary(manifest, "--cluster", snapshot) == settled
    manifest.write_text(AS_IN_GIT.replace("agent:1", "agent:2"))
    assert summary(manifest, "--cluster", snapshot).startswith("Plan: 0 to create, 0 to delete, 2 to update in 2 waves")


def test_a_new_object_is_added_in_the_namespace_of_the_option(snapshot: Path, manifest: Path) -> None:
    text = run("solve", manifest, "--cluster", snapshot, "-n", "ops", "--now", NOW).stdout
    assert "ops/agent" in text
    assert "default/agent" not in text
    assert text.rstrip().splitlines()[-1].startswith("Plan: 2 to create")


def test_every_command_that_reads_a_cluster_takes_it(snapshot: Path, manifest: Path) -> None:
    manifest.write_text(AS_IN_GIT.replace("agent:1", "agent:2"))
    for command in ("get", "describe", "why"):
        result = run(command, manifest, "--cluster", snapshot, "--now", NOW)
        assert result.exit_code == 0, result.stderr
        assert "agent" in result.stdout
    plan = snapshot.with_name("plan.json")
    assert run("solve", snapshot, "--out", plan, "--now", NOW).exit_code == 0
    assert run("drift", plan, "--cluster", snapshot).exit_code == 0
    assert "everything holds" in run("verify", plan, "--cluster", snapshot).stdout


def test_twice_in_one_role_is_an_error_that_names_both(snapshot: Path, manifest: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(AS_IN_GIT)
    result = run("solve", manifest, other, "--cluster", snapshot)
    assert result.exit_code == 1
    assert f"error: {other}:2:1: DaemonSet default/agent: duplicate of {manifest}:2:1" in result.stderr
    twice = run("solve", manifest, "--cluster", snapshot, "--cluster", snapshot)
    assert twice.exit_code == 0, "the same version of an object is one object"


def test_a_manifest_is_judged_although_it_was_taken_from_a_cluster(snapshot: Path, tmp_path: Path) -> None:
    found = next(item for item in dump()["items"] if item["kind"] == "DaemonSet")
    found["spec"]["minReadySeconds"] = -1
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(found))
    nodes = tmp_path / "nodes.json"
    nodes.write_text(json.dumps({**dump(), "items": [item for item in dump()["items"] if item["kind"] == "Node"]}))
    assert run("solve", bad, nodes, "--now", NOW).exit_code == 0
    assert "spec.minReadySeconds" in run("solve", bad, "--cluster", snapshot).stderr
    assert run("solve", bad, "--cluster", snapshot, "--validate", "ignore").exit_code == 0


def test_wrong_usage(snapshot: Path) -> None:
    assert run("solve", "--cluster", snapshot, "--context", "c").exit_code == 2
    assert run("solve", "-", "--cluster", "-").exit_code == 2


Kubectl = Callable[..., Path]


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    """Put a program called kubectl on PATH that writes down how it was called."""

    def install(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        log = tmp_path / "calls"
        program = folder / "kubectl"
        program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
        return log

    return install


def test_the_live_cluster(kubectl: Kubectl, snapshot: Path) -> None:
    log = kubectl(f"cat {snapshot}")
    everything = "get nodes,pods,daemonsets.apps,controllerrevisions.apps,priorityclasses -A -o json"
    admission = "get namespaces,resourcequotas,limitranges,serviceaccounts -A -o json"
    bound = "--request-timeout=60s"
    assert summary() == summary(snapshot)
    assert log.read_text() == f"{everything} {bound}\n{admission} {bound}\n"
    log.unlink()
    assert summary("--context", "prod", "--kubeconfig", "k.conf") == summary(snapshot)
    assert log.read_text() == "".join(
        f"{words} --context prod --kubeconfig k.conf {bound}\n" for words in (everything, admission)
    )
    log.unlink()
    assert summary("-n", "default", "-l", "team=a") == summary(snapshot)
    assert log.read_text().splitlines() == [
        f"get nodes,pods,controllerrevisions.apps,priorityclasses -A -o json {bound}",
        f"get daemonsets.apps -n default -l team=a -o json {bound}",
        f"{admission} {bound}",
    ]


def test_without_the_right_to_read_quotas_a_plan_is_made_and_says_so(kubectl: Kubectl, snapshot: Path) -> None:
    kubectl(f'case "$2" in namespaces*) echo "resourcequotas is forbidden" >&2; exit 1;; *) cat {snapshot};; esac')
    result = run("solve")
    assert result.exit_code == 0
    assert "Note: live cluster: `kubectl get namespaces" in result.stdout
    assert "is forbidden" in result.stdout


def test_what_kubectl_is_asked_for_is_said_meanwhile(kubectl: Kubectl, snapshot: Path) -> None:
    kubectl(f"cat {snapshot}")
    said: list[str] = []

    @contextmanager
    def waiting(what: str) -> Iterator[None]:
        said.append(what)
        yield
        said.append("")

    assert len(list(live_objects(namespace="default", waiting=waiting))) == 6
    assert said == [
        "kubectl get nodes,pods,controllerrevisions.apps,priorityclasses",
        "",
        "kubectl get daemonsets.apps",
        "",
        "kubectl get namespaces,resourcequotas,limitranges,serviceaccounts",
        "",
    ]


def test_manifests_over_the_live_cluster(kubectl: Kubectl, snapshot: Path, manifest: Path) -> None:
    log = kubectl(f"cat {snapshot}")
    manifest.write_text(AS_IN_GIT.replace("agent:1", "agent:2"))
    assert "2 to update" in summary(manifest, "--live")
    assert log.exists()
    log.unlink()
    assert "2 to create" in summary(manifest, "--live", "-n", "other")
    assert len(log.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'E0101 10:00:00.1   1 memcache.go:1] noise' >&2; echo 'pods is forbidden' >&2; exit 1", "is forbidden"),
        ("exit 3", "failed (3): it said nothing"),
        ("echo 'not json: ['", "no JSON object"),
        ("echo '{not json'", "live cluster:1:"),
        ("", "no JSON object"),
        (r"printf '\377\376'", "no JSON object"),
    ],
)
def test_a_kubectl_that_fails_is_no_traceback(kubectl: Kubectl, script: str, said: str) -> None:
    kubectl(script)
    result = run("solve")
    assert said in result.stderr + result.stdout
    assert "noise" not in result.stderr
    assert result.exit_code == 1


def test_without_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("solve")
    assert result.exit_code == 1
    assert "kubectl is not on PATH; name a FILE" in result.stderr
