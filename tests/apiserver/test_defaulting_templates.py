"""Is it the same template (H2-H4)?"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from dsplan.apiserver.defaulting import (
    abridged_template,
    default_pod_template,
    is_abridged,
    revision_template,
    same_template,
    template_digest,
)
from tests.apiserver.trees import trees

Tree = dict[str, Any]
SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def template(**container: Any) -> Tree:
    return {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "c:1", **container}]}}


def limits(**amounts: Any) -> Tree:
    return template(resources={"limits": amounts})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (limits(cpu="1000m"), limits(cpu=1)),
        (limits(memory="1Gi"), limits(memory=1073741824)),
        (limits(cpu="+1"), limits(cpu="1")),
        (limits(cpu="0.0001"), limits(cpu="1m")),
        (template(), template(imagePullPolicy="IfNotPresent", resources={}, ports=[], env=None)),
        (template(), {**template(), "$patch": "replace"}),
        (template(), {**template(), "metadata": {"labels": {"a": "b"}, "creationTimestamp": None}}),
        (
            template(volumeMounts=[{"name": "v", "mountPath": "/"}]),
            template(volumeMounts=[{"mountPath": "/", "name": "v"}]),
        ),
    ],
)
def test_written_differently_it_is_the_same_h4(left: Tree, right: Tree) -> None:
    assert same_template(left, right)


@pytest.mark.parametrize(
    "other",
    [
        template(imagePullPolicy="Always"),
        template(args=["x"]),
        template(env=[{"name": "a"}]),
        limits(cpu=1),
        {**template(), "metadata": {"labels": {"a": "c"}}},
        {**template(), "metadata": {"labels": {"a": "b"}, "annotations": {"x": ""}}},
        {**template(), "metadata": {"labels": {"a": "b"}, "creationTimestamp": "2020-01-01T00:00:00Z"}},
    ],
)
def test_any_effective_change_is_another_template_h3(other: Tree) -> None:
    assert not same_template(template(), other)


def test_the_order_of_a_list_counts() -> None:
    first, second = {"name": "a", "value": "1"}, {"name": "b", "value": "2"}
    assert not same_template(template(env=[first, second]), template(env=[second, first]))


def test_huge_quantities_stay_distinct() -> None:
    assert not same_template(limits(cpu="1e99999"), limits(cpu="1e99996"))


@settings(max_examples=100, deadline=None)
@given(trees("PodTemplateSpec"))
def test_defaulting_does_not_change_the_digest(tree: Tree) -> None:
    """Failed when quantities of resource lists were not rounded to milli before they were compared."""
    assert template_digest(default_pod_template(tree)) == template_digest(tree)


def test_the_digest_is_stable() -> None:
    """It is kept in snapshots, so a change of its form is a change of their version."""
    assert template_digest(template()) == "1d200ea78b95ffd265f6865c471d4b32d023782de7992e1a6598dd2b49d4abe2"


@pytest.mark.parametrize("data", [None, {}, {"spec": None}, {"spec": {"template": []}}, []])
def test_a_revision_without_a_template_h2(data: object) -> None:
    assert revision_template(data) is None


def test_the_newest_revision_of_a_real_controller_has_the_template() -> None:
    source = SHARED / "snapshots" / "C" / "C-pending-rollout.json.gz"
    if not source.exists():
        pytest.skip("../shared is not there")
    items = json.loads(gzip.decompress(source.read_bytes()))["items"]
    newest: dict[str, Tree] = {}
    for item in items:
        if item["kind"] == "ControllerRevision":
            owner = item["metadata"]["ownerReferences"][0]["uid"]
            if item["revision"] > newest.get(owner, {"revision": 0})["revision"]:
                newest[owner] = item
    daemonsets = [item for item in items if item["kind"] == "DaemonSet"]
    assert len(daemonsets) > 10
    for daemonset in daemonsets:
        template_of_revision = revision_template(newest[daemonset["metadata"]["uid"]]["data"])
        assert template_of_revision
        assert same_template(template_of_revision, daemonset["spec"]["template"])


@pytest.mark.parametrize("metadata", [{}, {"labels": {"a": "b"}}, {"labels": {"a": "b"}, "annotations": {"x": "y"}}])
def test_an_abridged_template_keeps_what_it_had_and_stands_for_the_whole(metadata: Tree) -> None:
    whole = {"metadata": metadata, "spec": {**template()["spec"], "hostNetwork": True}}
    kept = {"metadata": metadata, "spec": {"hostNetwork": True}}
    part = abridged_template(whole, kept)
    assert is_abridged(part)
    assert template_digest(part) == template_digest(whole)
    assert {key: value for key, value in part["metadata"].items() if key != "annotations"} == {
        key: value for key, value in metadata.items() if key != "annotations"
    }
    assert metadata.get("annotations", {}).items() <= part["metadata"]["annotations"].items()
    assert kept == {"metadata": metadata, "spec": {"hostNetwork": True}}
