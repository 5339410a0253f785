"""Any tree ends in problems, never in another exception, and in time that grows with its size."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.apiserver.schema.kinds import KINDS, SCALARS, Field, Shape, fields_of
from dsplan.apiserver.validation import validate
from dsplan.errors import Problem
from dsplan.reading.field_paths import tree_path
from tests.apiserver.validation.objects import DAEMONSET, POD, Tree, changed
from tests.timing import within_seconds

TEXT = st.one_of(
    st.sampled_from(
        ["", "a", "a b", "1", "-1", "10%", "Always", "Exists", "In", "Never", "windows", "/..", "metadata.name"]
    ),
    st.text(max_size=4),
)
TYPED: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "bool": st.booleans(),
    "int32": st.sampled_from([-1, 0, 1, 300, 70000, 2**31]),
    "int64": st.sampled_from([-1, 0, 1, 2**40, 2**63]),
    "quantity": st.sampled_from(["1", "-1", "0.5", "2Mi", "x", "", 1, 0.1, "9" * 50, "1e999"]),
    "intOrString": st.one_of(TEXT, st.sampled_from([-1, 0, 80])),
    "time": st.sampled_from(["2020-01-01T00:00:00Z", "x"]),
    "raw": st.just({}),
}
WRONG = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.lists(st.none(), max_size=1), TEXT)


def value_of(draw: st.DrawFn, field: Field, depth: int) -> Any:
    if draw(st.integers(0, 30)) == 0:
        return draw(WRONG)
    count = draw(st.integers(0, 2)) if field.shape is not Shape.ONE else 1
    values = [
        draw(TYPED[field.type]) if field.type in SCALARS else struct_of(draw, field.type, depth - 1)
        for _ in range(count)
    ]
    if field.shape is Shape.ONE:
        return values[0]
    return values if field.shape is Shape.LIST else {draw(TEXT): value for value in values}


def struct_of(draw: st.DrawFn, struct: str, depth: int) -> Tree:
    names = sorted(fields_of(struct))
    chosen = draw(st.lists(st.sampled_from(names), max_size=4 if depth > 0 else 1, unique=True))
    wanted = [name for name in ("spec", "template", "containers") if name in names]
    fields = [fields_of(struct)[name] for name in {*chosen, *wanted}] if depth > 0 else []
    return {field.name: value_of(draw, field, depth) for field in sorted(fields, key=lambda field: field.name)}


@st.composite
def objects(draw: st.DrawFn) -> Tree:
    (api_version, kind), struct = draw(st.sampled_from(sorted(KINDS.items())))
    return {**struct_of(draw, struct, 9), "apiVersion": api_version, "kind": kind}


@settings(max_examples=100, deadline=None)
@given(objects())
def test_any_object_is_judged(tree: Tree) -> None:
    """Tried: a check that takes a list for granted where defaulting leaves null, and one that compares text with 0."""
    before = json.dumps(tree, default=str)
    problems = validate(tree)
    assert all(isinstance(problem, Problem) and problem.message for problem in problems)
    assert problems == validate(tree)
    assert json.dumps(tree, default=str) == before
    for problem in problems:
        assert isinstance(tree_path(problem.field, tree, problem.value), tuple)
        assert str(problem)


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), TEXT), lambda x: st.lists(x) | st.dictionaries(TEXT, x), max_leaves=8
    )
)
def test_any_tree_is_judged(tree: Any) -> None:
    assert all(isinstance(problem, Problem) for problem in validate(tree))


def many(count: int, **fields: Any) -> list[Tree]:
    return [dict(fields) for _ in range(count)]


LARGE = {
    "unknown fields": lambda n: changed(DAEMONSET, "spec", {f"field{i}": i for i in range(n)}),
    "labels of the wrong type": lambda n: changed(DAEMONSET, "metadata.labels", {f"l{i}": i for i in range(n)}),
    "bad labels": lambda n: changed(DAEMONSET, "metadata.labels", {f"-{i}": "-" for i in range(n)}),
    "constraints": lambda n: changed(POD, "spec.topologySpreadConstraints", many(n, topologyKey="k")),
    "claims": lambda n: changed(
        POD, "spec.containers[0].resources.claims", [{"name": "a", "request": f"r{i}"} for i in range(n)]
    ),
    "mounts": lambda n: changed(POD, "spec.containers[0].volumeMounts", many(n, name="v", mountPath="/a")),
    "devices": lambda n: changed(POD, "spec.containers[0].volumeDevices", many(n, name="v", devicePath="/a")),
    "ports": lambda n: changed(POD, "spec.containers[0].ports", many(n, containerPort=1, hostPort=1, name="a")),
    "volumes": lambda n: changed(POD, "spec.volumes", many(n, name="v")),
    "owners": lambda n: changed(POD, "metadata.ownerReferences", many(n, controller=True)),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_objects_take_linear_time(name: str) -> None:
    """Eight times the size takes far less than 64 times the time. Tried: slices of the rest of a list (quadratic)."""

    def seconds(count: int) -> float:
        tree = LARGE[name](count)
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            validate(tree)
            best = min(best, time.process_time() - start)
        return best

    seconds(200)
    assert seconds(4000) < 32 * seconds(500) + 0.01


def test_the_number_of_problems_is_bounded() -> None:
    problems = validate(LARGE["bad labels"](5000))
    assert len(problems) == 1001
    assert problems[-1].reason == "LimitExceeded"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("spec.updateStrategy.rollingUpdate.maxUnavailable", "9" * 100_000 + "%"),
        ("spec.updateStrategy.rollingUpdate.maxUnavailable", "9" * 100_000),
        ("metadata.name", "a-" * 100_000),
        ("metadata.name", "a" * 100_000 + "!"),
        ("metadata.labels", {"a/" * 50_000: "-" * 100_000}),
        ("spec.template.spec.containers[0].resources.limits", {"cpu": "9" * 100_000 + "!"}),
        ("spec.template.spec.containers[0].env", [{"name": "x" * 100_000 + "="}]),
        ("spec.template.spec.securityContext.sysctls", [{"name": "a." * 100_000}]),
        ("spec.template.spec.hostAliases", [{"ip": "1." * 50_000}, {"ip": ":" * 100_000}]),
        ("spec.template.spec.dnsConfig.searches", ["_a." * 30_000]),
        ("x" * 100_000, 1),
        ("metadata.name", "\ud800"),
        ("metadata.annotations", {"\ud800": "\ud800"}),
    ],
)
def test_long_and_odd_texts(place: str, value: Any) -> None:
    with within_seconds(2):
        assert validate(changed(DAEMONSET, place, value))
