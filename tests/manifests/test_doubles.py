"""The same object twice: one object, the newer one, or an error that names both places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dsplan.errors import InputError
from dsplan.manifests.load import load
from dsplan.model.meta import Identity
from dsplan.model.world import World


def pod(version: str = "5", uid: str = "u1", node: str = "n1", created: str = "2026-11-02T00:00:00Z") -> dict[str, Any]:
    metadata = {"name": "p", "namespace": "ops", "uid": uid, "resourceVersion": version, "creationTimestamp": created}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {key: value for key, value in metadata.items() if value},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i:1"}]},
    }


def loaded(folder: Path, *trees: dict[str, Any]) -> World:
    for number, tree in enumerate(trees):
        (folder / f"{number}.json").write_text(json.dumps(tree))
    return load([folder])


def test_equal_versions_are_one_object(tmp_path: Path) -> None:
    world = loaded(tmp_path, pod(), pod(), pod())
    assert len(world.pods) == 1
    assert world.notes == ()


@pytest.mark.parametrize("turned", [False, True])
def test_the_newer_version_counts_with_a_note(turned: bool, tmp_path: Path) -> None:
    versions = [pod("9", node="old"), pod("10", node="new")]
    world = loaded(tmp_path, *(reversed(versions) if turned else versions))
    assert [entry.spec.node_name for entry in world.pods] == ["new"]
    assert [(note.subject, note.text) for note in world.notes] == [
        ("Pod ops/p", "is there in 2 versions; the newest one (resourceVersion 10) counts")
    ]
    assert world.origins is not None
    where = world.origins.locate(Identity("Pod", "ops", "p"))
    assert where.startswith(str(tmp_path / ("0.json" if turned else "1.json"))), "places are those of what counts"


def test_of_two_incarnations_the_later_one_is_there(tmp_path: Path) -> None:
    later = pod("9", uid="u2", node="new", created="2026-11-03T00:00:00Z")
    assert loaded(tmp_path, later, pod("5")).pods[0].spec.node_name == "new"


@pytest.mark.parametrize(
    "other",
    [
        pod("", "", node="n2", created=""),
        pod("", node="n2"),
        pod("x", node="n2"),
        pod("7", uid="u2", node="n2", created=""),
        pod("3", uid="u2", node="n2", created="2026-11-03T00:00:00Z"),
    ],
)
def test_without_versions_of_one_cluster_it_is_an_error(other: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, pod(), other)
    [problem] = caught.value.problems
    assert problem.reason == "DuplicateObject"
    assert str(problem).startswith(f"{tmp_path / '1.json'}:1:1: Pod ops/p: duplicate of {tmp_path}/0.json")


def test_many_objects_in_several_versions_are_counted(tmp_path: Path) -> None:
    def named(number: int, version: str) -> dict[str, Any]:
        tree = pod(version)
        return {**tree, "metadata": {**tree["metadata"], "name": f"p{number}"}}

    pairs = [named(number, version) for number in range(9) for version in ("1", "2", "3")]
    world = loaded(tmp_path, {"apiVersion": "v1", "kind": "List", "items": pairs})
    assert len(world.pods) == 9
    assert {entry.metadata.resource_version for entry in world.pods} == {"3"}
    assert len(world.notes) == 6
    assert "in 3 versions" in world.notes[0].text
    assert world.notes[-1].text == "4 more objects are there in several versions; the newest ones count"
