"""Files to a World: everything that is wrong at once, with its place; what a cluster stored is not judged again.

Tried: a collector that stops at the first refused object fails `test_everything_of_all_files_at_once`; one that judges
stored objects fails `test_a_dump_is_never_refused_for_a_rule`; one that trusts whatever has a uid fails
`test_a_uid_alone_is_no_proof`.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import dsplan
from dsplan.errors import InputError
from dsplan.manifests.load import load, problems_of, world_of
from dsplan.reading.read import stream, stream_bytes

SHARED = Path(__file__).parents[3] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the recorded truth is not here ({SHARED})")

BAD_DAEMONSET = """\
# a comment
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: Agent, namespace: ops}
spec:
  minReadySeconds: five
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: other}
    spec:
      restartPolicy: always
      containers:
      - name: agent
        imag: x
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: d}\n"
BAD_NODE = """\
apiVersion: v1
kind: NodeList
items:
- metadata: {name: n1}
  spec:
    taints:
    - {key: dedicated, effect: NoSchedul}
"""


def problems(*paths: Path, **options: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        dsplan.load(paths, **options)
    return [str(problem) for problem in caught.value.problems]


def test_everything_of_all_files_at_once(tmp_path: Path) -> None:
    daemonset, node = tmp_path / "ds.yaml", tmp_path / "nodes.yaml"
    daemonset.write_text(BAD_DAEMONSET)
    node.write_text(BAD_NODE)
    found = problems(daemonset, tmp_path / "absent.yaml", node)
    places = {text.removeprefix(f"{tmp_path}/").split(": ")[0]: text for text in found}
    assert set(places) == {
        "ds.yaml:4:18",
        "ds.yaml:6:20",
        "ds.yaml:11:15",
        "ds.yaml:13:22",
        "ds.yaml:16:15",
        "absent.yaml",
        "nodes.yaml:7:32",
    }
    assert "spec.template.spec.containers[0].imag: is not a known field" in places["ds.yaml:16:15"]
    assert "did you mean 'Always'?" in places["ds.yaml:13:22"]
    assert "metadata.taints[0].effect" in places["nodes.yaml:7:32"]
    assert "did you mean 'NoSchedule'?" in places["nodes.yaml:7:32"]


def test_a_dump_is_never_refused_for_a_rule(tmp_path: Path) -> None:
    """Older servers took what 1.36 refuses, and fields that it does not know."""
    stored = {"name": "N_1", "uid": "u", "resourceVersion": "7"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": stored, "spec": {"formerly": "x", "podCIDRs": ["hidden"]}}
    file = tmp_path / "dump.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [node]}))
    assert [found.name for found in dsplan.load([file]).nodes] == ["N_1"]
    assert len(problems(file, trust_stored=False)) == 3
    node["spec"] = {"unschedulable": "yes", "taints": 3, "formerly": "x"}
    file.write_text(json.dumps(node))
    assert [text.split(": ")[2] for text in problems(file)] == ["spec.unschedulable", "spec.taints"]


def test_a_uid_alone_is_no_proof(tmp_path: Path) -> None:
    file = tmp_path / "node.yaml"
    file.write_text("apiVersion: v1\nkind: Node\nmetadata: {name: N_1, uid: u}\n")
    assert len(problems(file)) == 1


def test_a_pod_of_a_test_may_leave_out_what_creation_demands(tmp_path: Path) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(f"{POD}spec: {{nodeName: n1}}\n")
    assert len(dsplan.load([file]).pods) == 1
    assert "spec.containers" in problems(file, trust_stored=False)[0]
    file.write_text(f"{POD}spec: {{nodeName: N 1}}\n")
    assert "spec.nodeName" in problems(file)[0]


def test_levels(tmp_path: Path) -> None:
    file = tmp_path / "node.yaml"
    file.write_text("apiVersion: v1\nkind: Node\nmetadata: {name: a, nmae: b, name: a}\nspec: {podCIDR: x}\n")
    assert len(problems(file)) == 3
    noted = dsplan.load([file], validate="warn")
    assert len(noted.nodes) == 1
    assert [note.text.split(": ")[0] for note in noted.notes] == [f"{file}:3:30", f"{file}:3:27", f"{file}:4:7"]
    assert dsplan.load([file], validate=False).notes == ()
    assert dsplan.load([file], validate="ignore").nodes == noted.nodes
    file.write_text("apiVersion: v1\nkind: Node\nmetadata: {name: 3}\n")
    for level in ("warn", "ignore"):
        assert "metadata.name" in problems(file, validate=level)[0]


def test_all_problems_without_raising(tmp_path: Path) -> None:
    file = tmp_path / "ds.yaml"
    file.write_text(BAD_DAEMONSET)
    assert len(problems_of(stream([file]))) == 6
    assert problems_of(stream_bytes(b"apiVersion: v1\nkind: Node\nmetadata: {name: a}")) == ()


def test_there_is_an_end_to_problems() -> None:
    """Ten thousand bad nodes: the first thousand problems have lines, the rest is counted."""
    items = "".join(f"- {{metadata: {{name: n{index}}}, spec: {{podCIDR: x}}}}\n" for index in range(3000))
    found = problems_of(stream_bytes(b"apiVersion: v1\nkind: NodeList\nitems:\n" + items.encode()))
    assert len(found) == 1001
    assert "2,000 more" in found[-1].message
    assert found[999].line == 1003


def test_kinds_that_are_read_in_part_report_every_wrong_type() -> None:
    text = b"""
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, labels: {x: 1}}
spec:
  replicas: two
  strategy: 7
  template: {spec: {hostNetwork: "yes", nodeName: null, containers: [{name: [c]}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: 3}
spec: {selector: []}
"""
    found = problems_of(stream_bytes(text))
    assert [(problem.field, problem.line) for problem in found] == [
        ("metadata.labels[x]", 4),
        ("spec.replicas", 6),
        ("spec.template.spec.hostNetwork", 8),
        ("spec.template.spec.containers[0].name", 8),
        ("metadata.name", 12),
        ("spec.selector", 13),
    ]


def test_former_groups_are_judged_as_what_they_become() -> None:
    text = b"""
apiVersion: extensions/v1beta1
kind: DaemonSet
metadata: {name: a}
spec:
  templateGeneration: 3
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: c, image: i}]}
"""
    assert len(world_of(stream_bytes(text)).daemonsets) == 1
    (found,) = problems_of(stream_bytes(text.replace(b"image: i", b"image: ''")))
    assert (found.field, found.line) == ("spec.template.spec.containers[0].image", 9)


@needs_shared
def test_the_corpus_is_refused_where_the_server_refused_it() -> None:
    """`corpusbad/*` rows, and rows that strict validation refused; but for objects that a cluster has stored."""
    rows = truth("validation")
    bad = {row["file"] for row in rows if row["id"].startswith("corpusbad/") and not _stored(row["manifest"])}
    rows = truth("defaulting")
    good = {row["file"] for row in rows if row["source"] == "corpus" and not row.get("strict")} - bad
    strict = {row["file"] for row in rows if row.get("strict")}
    assert len(good) > 100
    assert len(bad) > 4
    for path in sorted((SHARED / "corpus" / "daemonsets").iterdir()):
        try:
            world = dsplan.load([path])
        except InputError:
            assert path.name not in good
        else:
            assert path.name not in bad
            assert path.name not in strict or all(found.metadata.uid for found in world.daemonsets)


def truth(kind: str) -> list[dict[str, Any]]:
    text = gzip.decompress((SHARED / "truth" / f"{kind}.jsonl.gz").read_bytes())
    return [json.loads(line) for line in text.split(b"\n") if line]


def _stored(manifest: dict[str, Any]) -> bool:
    return "uid" in manifest.get("metadata", {})


@needs_shared
def test_files_that_are_none_are_refused_and_all_others_are_read() -> None:
    for path in sorted((SHARED / "corpus" / "bad").iterdir()):
        assert problems(path, validate=False)
    for folder in ("nodes", "pods"):
        for path in sorted((SHARED / "corpus" / folder).iterdir()):
            assert dsplan.load([path]).pods or dsplan.load([path]).nodes


def test_what_validation_says_of_a_field_is_not_said_twice(tmp_path: Path) -> None:
    path = tmp_path / "revision.yaml"
    path.write_text(
        "apiVersion: apps/v1\nkind: ControllerRevision\nmetadata: {name: r, namespace: d}\nrevision: 1\ndata: 5\n"
    )
    with pytest.raises(InputError) as refused:
        load([path])
    assert [str(problem) for problem in refused.value.problems] == [
        f"{path}:5:7: ControllerRevision r: data: must be an object"
    ]
