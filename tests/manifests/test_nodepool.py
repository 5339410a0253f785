"""NodePools: what they expand to, and every error of them at once."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.errors import InputError
from dsplan.manifests.load import load
from dsplan.manifests.nodepool import MAX_REPLICAS, expand
from dsplan.model.meta import Identity
from tests.timing import within_seconds


def pool(spec: Any, name: str = "w") -> dict[str, Any]:
    return {"apiVersion": "dsplan.dev/v1alpha1", "kind": "NodePool", "metadata": {"name": name}, "spec": spec}


def problems(tree: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        list(expand(tree))
    return [str(problem).partition(" (accepted: ")[0] for problem in caught.value.problems]


def test_what_is_accepted_is_said() -> None:
    with pytest.raises(InputError) as caught:
        list(expand(pool({"replicas": 1, "sick": [{"share": 1, "condition": "x"}], "taints": [{"y": 1}]})))
    assert [problem.accepted for problem in caught.value.problems] == [
        ("Cordoned", "DiskPressure", "MemoryPressure", "NotReady", "PIDPressure", "Unreachable"),
        ("effect", "key", "value"),
    ]


def test_a_node_of_a_pool_is_complete() -> None:  # T15
    spec = {
        "replicas": 1,
        "firstIndex": 7,
        "nameTemplate": "{pool}-{index:03}.example",
        "labels": {"pool": "{pool}", "kubernetes.io/os": "windows"},
        "distributions": [{"key": "zone", "values": ["a"]}],
        "taints": [{"key": "dedicated", "effect": "NoSchedule"}],
        "capacity": {"cpu": 8, "pods": "110"},
        "sick": [{"share": "100%"}, {"share": 1, "condition": "DiskPressure"}],
    }
    assert list(expand(pool(spec))) == [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": "w-007.example",
                "labels": {
                    "dsplan.dev/node-pool": "w",
                    "kubernetes.io/arch": "amd64",
                    "kubernetes.io/hostname": "w-007.example",
                    "kubernetes.io/os": "windows",
                    "pool": "w",
                    "zone": "a",
                },
            },
            "spec": {
                "taints": [
                    {"key": "dedicated", "effect": "NoSchedule"},
                    {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},
                    {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
                    {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"},
                ]
            },
            "status": {
                "capacity": {"cpu": 8, "pods": "110"},
                "allocatable": {"cpu": 8, "pods": "110"},
                "conditions": [
                    {"type": "MemoryPressure", "status": "False"},
                    {"type": "DiskPressure", "status": "True"},
                    {"type": "PIDPressure", "status": "False"},
                    {"type": "Ready", "status": "False"},
                ],
            },
        }
    ]


@given(st.integers(0, 300), st.integers(0, 100), st.lists(st.integers(0, 3), min_size=1, max_size=3))
@settings(max_examples=50, deadline=None)
def test_shares_and_distributions_come_out_exactly_and_evenly(replicas: int, percent: int, weights: list[int]) -> None:
    # Tried with shares rounded per node (all or none sick) and with weights taken modulo the number of values.
    weights[0] += 1
    values = [f"v{index}" for index in range(len(weights))]
    distributions = [{"key": "d", "values": values, "weights": weights}]
    spec = {"replicas": replicas, "distributions": distributions, "sick": [{"share": f"{percent}%"}]}
    nodes = list(expand(pool(spec)))
    sick = [index for index, node in enumerate(nodes) if node["spec"]["taints"]]
    assert len(sick) == replicas * percent // 100
    assert all(later - sooner >= 100 // max(percent, 1) for sooner, later in pairwise(sick))
    counted = Counter(node["metadata"]["labels"]["d"] for node in nodes)
    turns, rest = divmod(replicas, sum(weights))
    for value, weight in zip(values, weights, strict=True):
        assert turns * weight <= counted[value] <= turns * weight + min(rest, weight)
    assert len({node["metadata"]["name"] for node in nodes}) == replicas
    assert nodes == list(expand(pool(spec)))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, ["spec.replicas: required"]),
        (3, ["spec: expected `object`, got `int`, seen: 3"]),
        ({"replicas": True}, ["spec.replicas: expected `int`, got `bool`, seen: True"]),
        ({"replicas": MAX_REPLICAS + 1}, ["spec.replicas: must be between 0 and 1000000, seen: 1000001"]),
        (
            {"replcas": 3, "taints": [{"effct": "NoSchedule"}], "sick": [{"share": "1%", "condition": "NotRedy"}]},
            [
                "spec.replcas: unknown field, did you mean replicas?, seen: 3",
                "spec.taints[0].effct: unknown field, did you mean effect?, seen: 'NoSchedule'",
                "spec.sick[0].condition: unsupported value, did you mean NotReady?, seen: 'NotRedy'",
                "spec.replicas: required",
            ],
        ),
        (
            {"replicas": 2, "nameTemplate": "x", "firstIndex": -1, "sick": [{"share": "101%"}, {"share": 3}]},
            [
                "spec.firstIndex: must be >= 0, seen: -1",
                "spec.nameTemplate: must hold {index}: every node needs its own name, seen: 'x'",
                "spec.sick[0].share: must be a number of nodes or a percentage such as 2% or 0.5%, seen: '101%'",
                "spec.sick[1].share: must be between 0 and 2 nodes, seen: 3",
            ],
        ),
        (
            {
                "replicas": 1,
                "nameTemplate": "{index.x}",
                "labels": {"a b": "c d"},
                "distributions": [{"key": "z", "values": []}, {"key": "z", "values": ["a"], "weights": [0]}],
            },
            [
                "spec.nameTemplate: makes names such as '{index.x}', which no node may have, seen: '{index.x}'",
                "spec.labels[a b]: invalid label key, seen: 'a b'",
                "spec.labels[a b]: invalid label value, seen: 'c d'",
                "spec.distributions[0].values: needs at least one value",
                "spec.distributions[1].weights: must be >= 0 with a sum between 1 and 1000000, seen: (0,)",
            ],
        ),
    ],
)
def test_every_error_at_once(spec: Any, expected: list[str]) -> None:
    assert problems(pool(spec)) == expected


def test_a_pool_in_a_file_becomes_nodes_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(
        "apiVersion: dsplan.dev/v1alpha1\nkind: NodePool\nmetadata: {name: w}\nspec:\n  replicas: 10000\n"
        "  distributions: [{key: topology.kubernetes.io/zone, values: [a, b, c]}]\n"
    )
    with within_seconds(2):
        world = load([path])
    assert len(world.nodes) == 10_000
    assert world.origins is not None
    assert world.origins.locate(Identity("Node", "", "w-9999")) == f"{path}:1:1"


def test_problems_of_a_pool_have_their_place(tmp_path: Path) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(
        "apiVersion: dsplan.dev/v1alpha1\nkind: NodePool\nmetadata: {name: w}\nspec:\n  replcas: 3\n"
        "---\napiVersion: dsplan.dev/v1alpha1\nkind: Nodepool\n"
        "---\napiVersion: dsplan.dev/v1alpha1\nkind: Expectation\n"
    )
    with pytest.raises(InputError) as caught:
        load([path])
    places = [(problem.line, problem.field) for problem in caught.value.problems]
    assert places == [(5, "spec.replcas"), (5, "spec.replicas"), (8, "kind")]


def test_nodes_of_pools_and_of_manifests_must_not_meet(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Node\nmetadata: {name: w-1}\n")
    (tmp_path / "b.yaml").write_text(
        "apiVersion: dsplan.dev/v1alpha1\nkind: NodePool\nmetadata: {name: w}\nspec: {replicas: 2}\n"
    )
    with pytest.raises(InputError, match="1 problem") as caught:
        load([tmp_path])
    assert "duplicate of" in caught.value.problems[0].message
