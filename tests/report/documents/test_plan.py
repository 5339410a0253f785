"""The plan document: the same from the file as from memory, small, refused when it is another major version."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given

import dsplan
from dsplan.document.encoding import as_json, compact_json, read_plan
from dsplan.report.documents.plan import plan_document
from dsplan.report.text.plan import action_names, plan_text
from tests.worlds import NOW, Tree, trees, world

SPECS = sorted((Path(__file__).parents[3] / "specs").glob("*.yaml"))
SECRET = "hunter2-in-an-environment-value"


@given(trees())
def test_a_plan_survives_the_file(found: list[Tree]) -> None:
    document = plan_document(dsplan.solve(world(found), now=NOW))
    again = read_plan(compact_json(document))
    assert again == document
    assert plan_text(again) == plan_text(document)
    assert list(action_names(again)) == list(action_names(document))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_survives_the_file(path: Path) -> None:
    document = plan_document(dsplan.solve(dsplan.load([path]), now=NOW))
    assert plan_text(read_plan(as_json(document).encode())) == plan_text(document)


def changed(**fields: object) -> bytes:
    tree = msgspec.json.decode(compact_json(plan_document(dsplan.solve(dsplan.World(), now=NOW))))
    return msgspec.json.encode({**tree, **fields})


def test_a_minor_version_adds_and_is_read() -> None:
    assert read_plan(changed(version="2.9", aFieldOfTheFuture=1)).version == "2.9"


@pytest.mark.parametrize(
    "data",
    [changed(version="1.0"), changed(version="3.0"), b"{}", b"[1]", b"\xff", b"", changed(now="yesterday")],
)
def test_what_is_no_plan_of_this_version_is_refused(data: bytes) -> None:
    with pytest.raises(dsplan.InputError):
        read_plan(data, "plan.json")


def test_a_secret_is_in_the_document_only_on_request() -> None:
    env = [{"name": "PASSWORD", "value": SECRET}]
    template = {
        "metadata": {"labels": {"app": "d"}, "annotations": {"a": SECRET}},
        "spec": {"containers": [{"name": "c", "image": "i", "env": env, "args": [SECRET]}]},
    }
    daemonset = {
        "kind": "DaemonSet",
        "metadata": {"name": "ds", "namespace": "default", "annotations": {"b": SECRET}},
        "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": template},
    }
    plan = dsplan.solve(dsplan.decode([{"kind": "Node", "metadata": {"name": "n1"}}, daemonset]), now=NOW)
    assert SECRET not in as_json(plan_document(plan))
    assert SECRET not in plan_text(plan_document(plan))
    assert as_json(plan_document(plan, bodies=True)).count(SECRET) == 3
