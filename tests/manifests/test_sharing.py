"""Equal parts of pods are held once, and nothing else about the pods changes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dsplan.bench import make_world
from dsplan.bench.files import write_cluster
from dsplan.manifests.load import load
from dsplan.manifests.sharing import SharedParts
from dsplan.model.meta import ObjectMeta
from dsplan.model.pod import Pod


def test_a_cluster_that_was_read_holds_equal_parts_once(tmp_path: Path) -> None:
    made = make_world("eks-like", 40, daemonsets=4)
    write_cluster(made, tmp_path / "cluster.json")
    pods = load([tmp_path / "cluster.json"]).pods
    assert pods == made.pods
    for parts in (
        [pod.metadata.labels for pod in pods],
        [pod.metadata.owner_references for pod in pods],
        [pod.spec.tolerations for pod in pods],
        [pod.spec.containers for pod in pods],
    ):
        assert len({id(part) for part in parts}) == len({msgspec.json.encode(part) for part in parts})
    assert len({id(pod.spec.node_name) for pod in pods}) == len({pod.spec.node_name for pod in pods})


def test_too_many_different_parts_are_not_kept() -> None:
    shared = SharedParts(most_different=2)
    pods = [Pod(metadata=ObjectMeta(labels={"app": app})) for app in ("a", "a", "b", "c", "a", "a")]
    for pod in pods:
        shared.share(pod)
    first, second, *_, fifth, sixth = (pod.metadata.labels for pod in pods)
    assert first is second
    assert [pod.metadata.labels["app"] for pod in pods] == ["a", "a", "b", "c", "a", "a"]
    assert fifth is not sixth
    assert fifth is not first
