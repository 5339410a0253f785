"""What a Python shell shows of the public names: help, signatures, reprs, and errors that say what to pass."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import dsplan
import dsplan.changes
import dsplan.explain
import dsplan.host
import dsplan.reconciler
import dsplan.simulator
import dsplan.testing
from dsplan.document.encoding import compact_json
from dsplan.errors import InputError, Problem
from dsplan.model.node import Taint
from dsplan.testing import a_daemonset, a_node, a_pod

NOW = datetime(2026, 5, 2, tzinfo=UTC)
ROOMS = (dsplan, dsplan.changes, dsplan.explain, dsplan.host, dsplan.reconciler, dsplan.simulator, dsplan.testing)
NAMES = [
    (room, name)
    for room in ROOMS
    for name in room.__all__
    if inspect.isclass(getattr(room, name)) or inspect.isroutine(getattr(room, name))
]
OWNER = a_daemonset()
LARGE = dsplan.World(
    nodes=tuple(a_node(f"n{number:04}") for number in range(2000)),
    daemonsets=(OWNER,),
    pods=tuple(a_pod(OWNER, f"n{number:04}", hash_label="old") for number in range(2000)),
)
EMPTY = dsplan.World()


@pytest.mark.parametrize(("room", "name"), NAMES, ids=[f"{room.__name__}.{name}" for room, name in NAMES])
def test_help_and_signature(room: Any, name: str) -> None:
    value = getattr(room, name)
    shown = pydoc.render_doc(value, renderer=pydoc.plaintext)
    assert (inspect.getdoc(value) or "").strip()
    assert " at 0x" not in shown
    assert "*args: Any" not in shown.replace("'", "")
    if callable(value) and not (isinstance(value, type) and issubclass(value, Exception)):
        assert " at 0x" not in str(inspect.signature(value))


def test_every_public_name_is_there_and_typed() -> None:
    assert set(dsplan.__all__) == set(dir(dsplan))
    for name in dsplan.__all__:
        assert getattr(dsplan, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dsplan.nothing


def large_values() -> list[Any]:
    step = dsplan.step(LARGE, now=NOW)
    plan = dsplan.solve(LARGE, now=NOW)
    simulation = dsplan.simulate(LARGE, now=NOW, until=NOW)
    return [
        LARGE,
        step,
        step.daemonsets[0],
        plan,
        plan.daemonsets[0],
        plan.account,
        plan.state,
        dsplan.plan_document(plan),
        dsplan.plan_changes(dsplan.plan_document(plan), dsplan.plan_document(plan)),
        simulation,
        dsplan.timeline(LARGE, now=NOW, until=NOW)[0],
        dsplan.why(LARGE, "ds", now=NOW),
        dsplan.predict(LARGE, step),
        dsplan.fit(LARGE, step),
        dsplan.overhead(LARGE, step),
        dsplan.Cluster(LARGE, now=NOW),
        dsplan.Reconciler(LARGE),
        dsplan.Reconciler(LARGE).plan(NOW),
        dsplan.Reconciler(LARGE).delta(NOW),
    ]


def test_reprs_of_large_values_are_short_and_say_how_large() -> None:
    for value in large_values():
        shown = repr(value)
        assert len(shown) < 500, shown
        assert " at 0x" not in shown
        assert shown.startswith(type(value).__name__)
    assert "nodes=<2000>" in repr(LARGE)
    assert "pods=<2000>" in repr(LARGE)


def test_str_of_an_input_error_names_the_problems(tmp_path: Path) -> None:
    path = tmp_path / "ds.yaml"
    path.write_text("kind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: x}\nspec: {minReadySeconds: five}\n")
    with pytest.raises(InputError) as caught:
        dsplan.load([path])
    assert f"{path}:4:25: DaemonSet x: spec.minReadySeconds: must be an integer" in str(caught.value)
    assert str(caught.value).splitlines()[0] == caught.value.message


def test_str_of_a_thousand_problems_is_short() -> None:
    error = InputError.of(Problem(reason="SyntaxError", message=f"number {number}") for number in range(1000))
    lines = str(error).splitlines()
    assert (len(lines), lines[1], lines[-1]) == (22, "  number 0", "  ... and 980 more; .problems has all")


WITH_NOW: list[Callable[..., Any]] = [
    dsplan.step,
    dsplan.solve,
    dsplan.simulate,
    dsplan.timeline,
    dsplan.compare,
    dsplan.forecast_stalls,
    dsplan.why,
    lambda world, now: dsplan.what_if(world, [], now=now),
    lambda world, now: dsplan.counterfactuals(world, "ds", "n1", now=now),
    lambda world, now: dsplan.plan_policies(world, dsplan.step(EMPTY, now=NOW), now=now),
    dsplan.Cluster,
]


@pytest.mark.parametrize("call", WITH_NOW, ids=lambda call: call.__name__)
def test_now_must_be_an_aware_datetime(call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"now must be an aware datetime.*datetime.now\(UTC\)"):
        call(EMPTY, now=datetime(2026, 5, 2))
    with pytest.raises(TypeError, match=r"now must be a datetime, for example datetime.now\(UTC\), not str"):
        call(EMPTY, now="2026-05-02T00:00:00Z")


@pytest.mark.parametrize("call", WITH_NOW, ids=lambda call: call.__name__)
@pytest.mark.parametrize("wrong", ["cluster.yaml", {"kind": "Node"}, [], None])
def test_a_world_must_be_a_world(call: Callable[..., Any], wrong: object) -> None:
    with pytest.raises(TypeError, match=r"world must be a dsplan.World, not \w+; dsplan.load\(\[path\]\)"):
        call(wrong, now=NOW)


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: dsplan.load("x.yaml"), r'paths must be a list of paths, not str; write dsplan.load\(\["x.yaml"\]\)'),
    (lambda: dsplan.load(Path("x.yaml")), r"paths must be a list of paths, not PosixPath|WindowsPath"),  # type: ignore[arg-type]
    (lambda: dsplan.load(b"kind: Node"), "paths must be a list of paths, not bytes"),  # type: ignore[arg-type]
    (lambda: dsplan.load(None), "paths must be a list of paths, not NoneType"),  # type: ignore[arg-type]
    (lambda: dsplan.decode({"kind": "Node"}), r"not dict; write dsplan.decode\(\[tree\]\)"),  # type: ignore[arg-type]
    (lambda: dsplan.decode("kind: Node"), r"not text; dsplan.load\(\[path\]\) reads files"),  # type: ignore[arg-type]
    (lambda: dsplan.decode([None]), r"each of trees must be an object \(a dict\), not NoneType"),  # type: ignore[list-item]
    (lambda: dsplan.decode(7), "trees must be a list of objects, not int"),  # type: ignore[arg-type]
    (lambda: dsplan.overlay(EMPTY, {}), "manifests must be a dsplan.World, not dict"),  # type: ignore[arg-type]
    (lambda: dsplan.overlay([], EMPTY), "cluster must be a dsplan.World, not list"),  # type: ignore[arg-type]
    (lambda: dsplan.snapshot_json("x"), "world must be a dsplan.World, not str"),  # type: ignore[arg-type]
    (lambda: dsplan.Reconciler("x"), "world must be a dsplan.World, not str"),  # type: ignore[arg-type]
    (lambda: dsplan.predict({}, dsplan.step(EMPTY, now=NOW)), "world must be a dsplan.World, not dict"),  # type: ignore[arg-type]
    (lambda: dsplan.fit({}, dsplan.step(EMPTY, now=NOW)), "world must be a dsplan.World, not dict"),  # type: ignore[arg-type]
    (lambda: dsplan.overhead({}, dsplan.step(EMPTY, now=NOW)), "world must be a dsplan.World, not dict"),  # type: ignore[arg-type]
    (lambda: dsplan.World(nodes=({"kind": "Node"},)), r"World.nodes\[0\] must be a Node, not dict; dsplan.decode"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "said"), WRONG, ids=[said[:30] for _, said in WRONG])
def test_wrong_types_say_what_to_pass(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        call()


def test_a_reconciler_wants_an_aware_now() -> None:
    for call in (dsplan.Reconciler().plan, dsplan.Reconciler().delta):
        with pytest.raises(ValueError, match="now must be an aware datetime"):
            call(datetime(2026, 5, 2))
        with pytest.raises(TypeError, match="now must be a datetime"):
            call("now")  # type: ignore[arg-type]


def test_what_embedders_need_is_public() -> None:
    """Two plans compared, a world edited, markdown for a pull request, a plan and a State that are kept."""
    small = dsplan.World(nodes=(a_node("n1"), a_node("n2")), daemonsets=(OWNER,))
    before = dsplan.plan_document(dsplan.solve(small, now=NOW))
    edited = dsplan.apply_edits(small, [dsplan.explain.AddTaint("n2", Taint(key="gpu", effect="NoSchedule"))])
    after = dsplan.plan_document(dsplan.solve(edited, now=NOW))
    [changed] = dsplan.plan_changes(before, after).account.daemonsets
    assert (changed.desired, changed.wanted.less) == ((2, 1), ("n2",))
    assert not dsplan.plan_changes(before, before)
    assert "default/ds" in dsplan.plan_markdown(after)
    assert "Plan:" in dsplan.plan_text(after)
    again = dsplan.read_plan(compact_json(after), "plan.json")
    assert again == after
    assert not dsplan.drift(again, after, dsplan.solve(edited, now=NOW)).changes
    state = dsplan.solve(small, now=NOW).state
    assert dsplan.load_state(dsplan.save_state(state)) == state
