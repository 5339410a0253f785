"""What is kept of a cluster: enough for the same plans, and nothing that is nobody's business.

Tried: a digest that does not notice edits of what was kept fails `test_an_edited_template_is_another_one`; a snapshot
made of typed views as they are encoded (their defaults are not the API's) fails
`test_the_scheduler_sees_the_same_pods`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import dsplan
from dsplan.apiserver.admission import Refusal
from dsplan.apiserver.defaulting import template_digest
from dsplan.document.encoding import compact_json
from dsplan.manifests.image_sizes import with_image_sizes
from dsplan.manifests.load import world_of
from dsplan.manifests.overlay import overlay
from dsplan.manifests.snapshot import snapshot, snapshot_json, whole_json
from dsplan.model.world import FIELDS, World
from dsplan.placement.filters.created import Templates
from dsplan.reading.read import Found, stream, stream_bytes
from dsplan.report.documents.plan import plan_document
from dsplan.report.inputs import inputs_digest
from tests.functional.snapshots import needs_snapshots, stems, taken, world

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
RECORDS = Path(__file__).parents[1] / "conformance" / "records"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "daemonsets"
SECRET = "s3cret"


def again(cluster: World) -> World:
    """The world that a snapshot of `cluster` is read as."""

    def stored() -> Iterator[Found]:
        return stream_bytes(snapshot_json(cluster), "snapshot.json")

    return with_image_sizes(world_of(stored()), stored)


def plan(cluster: World, now: datetime = NOW) -> bytes:
    return compact_json(plan_document(dsplan.solve(cluster, now=now), inputs=inputs_digest(cluster)))


def with_secrets() -> list[dict[str, Any]]:
    """Every place of a Pod template where people put what is nobody's business."""
    probe = {"exec": {"command": ["check", SECRET]}, "initialDelaySeconds": 3}
    container = {
        "name": "agent",
        "image": "example.com/agent:1",
        "command": ["agent", SECRET],
        "args": ["--token", SECRET],
        "env": [{"name": "TOKEN", "value": SECRET}],
        "envFrom": [{"secretRef": {"name": SECRET}}],
        "livenessProbe": probe,
        "lifecycle": {"postStart": {"exec": {"command": [SECRET]}}},
        "volumeMounts": [{"name": "config", "mountPath": f"/{SECRET}"}],
        "workingDir": f"/{SECRET}",
        "ports": [{"containerPort": 80, "hostPort": 80}],
        "resources": {"requests": {"cpu": "100m"}},
    }
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"metadata": {"annotations": {"note": SECRET}}, "spec": wanted}
    spec = {
        "containers": [container],
        "volumes": [
            {"name": "config", "configMap": {"name": SECRET}},
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": claim}},
        ],
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": [SECRET]}],
        "nodeSelector": {"disk": "ssd"},
    }
    labels = {"app": "agent"}
    template = {"metadata": {"labels": labels, "annotations": {"note": SECRET}}, "spec": spec}
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": SECRET}
    generation = {"deprecated.daemonset.template.generation": "3"}
    meta = {"name": "agent", "namespace": "ops", "uid": "u", "resourceVersion": "1"}
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u", "controller": True}
    status = {"images": [{"names": [SECRET]}], "allocatable": {"cpu": "1", "pods": "10"}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {**meta, "annotations": annotations | generation},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {"name": "agent-1", "namespace": "ops", "labels": labels, "ownerReferences": [owner]},
            "data": {"spec": {"template": {**template, "$patch": "replace"}}},
            "revision": 1,
        },
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "n1", "labels": {"disk": "ssd"}, "annotations": annotations},
            "status": status,
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "namespace": "ops", "labels": labels, "annotations": annotations},
            "spec": {**spec, "nodeName": "n1"},
        },
    ]


def loaded(trees: list[dict[str, Any]]) -> World:
    return world_of(stream_bytes(json.dumps({"apiVersion": "v1", "kind": "List", "items": trees}).encode()))


def test_nothing_secret_is_kept() -> None:
    cluster = loaded(with_secrets())
    data = snapshot_json(cluster)
    assert SECRET.encode() not in data
    assert b'"deprecated.daemonset.template.generation":"3"' in data
    assert snapshot_json(again(cluster)) == data
    assert plan(again(cluster)) == plan(cluster)


def test_a_secret_that_changes_is_an_update() -> None:
    """What is left out still decides: the digest is of the whole template."""
    before, changed = with_secrets(), with_secrets()
    changed[0]["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "other"
    kept, manifest = again(loaded(before)), loaded(changed[:1])
    same = loaded(with_secrets()[:1])
    assert overlay(kept, same).daemonsets[0].metadata.generation == 0
    assert overlay(kept, manifest).daemonsets[0].metadata.generation == 1
    history = [observed_history(overlay(kept, manifests)) for manifests in (same, manifest)]
    assert history == [True, False]


def observed_history(cluster: World) -> bool:
    observed = dsplan.step(cluster, now=NOW).daemonsets[0].observed
    assert observed is not None
    return observed.history.learned


def test_an_edited_template_is_another_one() -> None:
    template = next(item for item in snapshot(loaded(with_secrets())) if item["kind"] == "DaemonSet")["spec"][
        "template"
    ]
    whole = with_secrets()[0]["spec"]["template"]
    assert template_digest(template) == template_digest(whole)
    edits = [deepcopy(template) for _ in range(3)]
    edits[0]["spec"]["hostNetwork"] = True
    edits[1]["spec"]["containers"][0]["env"] = [{"name": "A", "value": "b"}]
    edits[2]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = "now"
    digests = {template_digest(edit) for edit in edits} | {template_digest(whole)}
    assert len(digests) == 4
    del edits[0]["spec"]["hostNetwork"]
    assert template_digest(edits[0]) == template_digest(whole)


@needs_snapshots
@pytest.mark.parametrize("stem", stems())
def test_plans_are_those_of_the_cluster(stem: str) -> None:
    cluster = world(stem)
    assert plan(again(cluster), taken(stem)) == plan(cluster, taken(stem))


@needs_snapshots
def test_manifests_over_a_snapshot_come_to_the_same() -> None:
    cluster = world(stems()[0])
    kept = again(cluster)
    for daemonset in cluster.daemonsets:
        template = deepcopy(daemonset.spec.template)
        template["spec"].pop("dnsPolicy")
        for image in ("", "-edited"):
            template["spec"]["containers"][0]["image"] += image
            manifest = {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "metadata": {"name": daemonset.name, "namespace": daemonset.metadata.namespace},
                "spec": {
                    "selector": {"matchLabels": dict(template["metadata"]["labels"])},
                    "template": template,
                    "updateStrategy": {"type": "OnDelete"},
                },
            }
            over = loaded([manifest])
            assert plan(overlay(kept, over)) == plan(overlay(cluster, over))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs(path: Path) -> None:
    cluster = dsplan.load([path])
    assert plan(again(cluster)) == plan(cluster)


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus of public manifests is not here ({CORPUS})")
def test_public_manifests() -> None:
    """Not stored by any cluster, so what is kept of them is judged by the rules again."""
    for path in sorted(CORPUS.iterdir()):
        try:
            cluster = dsplan.load([path])
        except dsplan.InputError:
            continue
        notes = [note for note in cluster.notes if "is converted from" not in note.text]
        if cluster.daemonsets and len(notes) == len(cluster.notes):
            kept = again(cluster)
            assert plan(kept) == plan(cluster), path.name
            assert snapshot_json(kept) == snapshot_json(cluster)


def test_the_scheduler_sees_the_same_pods() -> None:
    """Templates that use what admission reads, recorded from a real API server."""
    text = gzip.decompress((RECORDS / "admitted.jsonl.gz").read_bytes())
    for record in map(json.loads, text.splitlines()):
        meta = {"name": "ds", "namespace": record["namespace"], "uid": "u", "resourceVersion": "1"}
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": record["template"]}
        cluster = loaded([{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": spec}])
        kept = again(cluster)
        want, got = (Templates(each).of_daemonset(each.daemonsets[0]) for each in (cluster, kept))
        if isinstance(want, Refusal):
            assert isinstance(got, Refusal)
            assert got.message == want.message
        else:
            assert got == want, record["id"]


def test_policies_are_kept() -> None:
    text = """
apiVersion: dsplan.dev/v1alpha1
kind: RolloutPolicy
metadata: {name: p}
spec: {targets: [{name: cni}], budgets: [{maxUnavailable: 10%}]}
---
apiVersion: dsplan.dev/v1alpha1
kind: NodePool
metadata: {name: w}
spec: {replicas: 3}
"""
    cluster = world_of(stream_bytes(text.encode()))
    assert again(cluster).rollout_policies == cluster.rollout_policies
    assert again(cluster).nodes == cluster.nodes


def test_whole_objects(tmp_path: Path) -> None:
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": with_secrets()}))
    cluster = dsplan.load([file])
    other = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    found = [*stream([file]), *stream_bytes(json.dumps(other).encode())]
    assert json.loads(whole_json(found, cluster))["items"] == with_secrets()


def test_a_snapshot_is_small() -> None:
    """Real nodes are 7 KB of YAML; what planning reads of them is a third or less."""
    from dsplan.bench.nodes import nodes_json

    data = nodes_json(50)
    data = data if isinstance(data, bytes) else data.encode()
    cluster = world_of(stream_bytes(data))
    assert len(snapshot_json(cluster)) < len(data) / 2


ONE_OF_EACH = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: n1, uid: u, resourceVersion: "1"}}
- {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ops}, spec: {nodeName: n1, containers: [{name: c}]}}
- apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: d, namespace: ops, uid: d, resourceVersion: "1"}
  spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}}}
- {apiVersion: apps/v1, kind: ControllerRevision, metadata: {name: r, namespace: ops}, revision: 1, data: {spec: {}}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: w, namespace: ops, uid: w, resourceVersion: "1"}
  spec: {selector: {matchLabels: {a: c}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: c}]}}}
- {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: 1000}
- {apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: kata}, handler: kata}
- {apiVersion: v1, kind: Namespace, metadata: {name: ops}}
- {apiVersion: v1, kind: LimitRange, metadata: {name: l, namespace: ops}, spec: {limits: [{type: Pod}]}}
- {apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: ops}, spec: {hard: {pods: "9"}}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: s, namespace: ops}}
- {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, namespace: ops}, spec: {maxUnavailable: 1}}
- {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: ops}, spec: {volumeName: v}}
- {apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: 1Gi}}}
- {apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n1}, spec: {drivers: []}}
- apiVersion: dsplan.dev/v1alpha1
  kind: RolloutPolicy
  metadata: {name: r, namespace: ops, uid: x, resourceVersion: "4", managedFields: [{manager: kubectl}]}
  spec: {targets: [{name: d}], budgets: [{maxUnavailable: 1}]}
  status: {phase: Waiting}
- apiVersion: dsplan.dev/v1alpha1
  kind: PlacementPolicy
  metadata: {name: p, namespace: ops, uid: yy, resourceVersion: "5", generation: 2}
  spec: {apart: [{daemonSets: [d, e]}]}
"""


def test_every_kind_that_plans_depend_on_is_read_and_kept() -> None:
    cluster = world_of(stream_bytes(ONE_OF_EACH.encode()))
    assert {kind for kind, field in FIELDS.items() if len(getattr(cluster, field)) != 1} == set()
    kept = again(cluster)
    assert {kind for kind, field in FIELDS.items() if len(getattr(kept, field)) != 1} == set()
    assert inputs_digest(kept) == inputs_digest(cluster)
    whole = world_of(stream_bytes(whole_json(list(stream_bytes(ONE_OF_EACH.encode())), cluster)))
    assert inputs_digest(whole) == inputs_digest(cluster)
