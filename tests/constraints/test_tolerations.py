from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from dsplan.constraints.tolerations import (
    ToleratesNoExecute,
    ToleratesNoSchedule,
    automatic_tolerations,
    daemon_tolerations,
    tolerates,
)
from dsplan.model.node import Taint, Toleration
from dsplan.model.pod import PodSpec
from tests.worlds import taints, tolerations


@pytest.mark.parametrize(
    ("toleration", "taint", "matches"),
    [
        (Toleration(operator="Exists"), Taint(key="k", value="v", effect="NoExecute"), True),  # T2, T3
        (Toleration(key="k", effect="NoSchedule"), Taint(key="k", effect="NoExecute"), False),  # T2
        (Toleration(key="K", operator="Exists"), Taint(key="k", effect="NoSchedule"), False),  # T3
        (Toleration(key="k"), Taint(key="k", effect="NoSchedule"), True),  # T4: empty equals empty
        (Toleration(key="k"), Taint(key="k", value="v", effect="NoSchedule"), False),  # T4
        (Toleration(key="k", operator="Never", value="v"), Taint(key="k", value="v"), False),  # T4
        (Toleration(value="v"), Taint(key="any", value="v", effect="NoSchedule"), True),  # T5
        (Toleration(key="k", operator="Lt", value="5"), Taint(key="k", value="4"), False),  # T7: the gate is off
    ],
)
def test_matching(toleration: Toleration, taint: Taint, matches: bool) -> None:
    assert tolerates(toleration, taint) is matches


@pytest.mark.parametrize(
    ("operator", "bound", "value", "matches"),
    [
        ("Lt", "5", "4", True),
        ("Lt", "5", "5", False),
        ("Gt", "5", "6", True),
        ("Gt", "-5", "-4", True),
        ("Gt", "5", "06", False),  # T6: no leading zero
        ("Gt", "5", "+6", False),
        ("Gt", "-0", "6", False),
        ("Gt", "5", "6\n", False),  # V1
        ("Gt", "5", "9223372036854775808", False),
    ],
)
def test_comparison_with_the_gate_on(operator: str, bound: str, value: str, matches: bool) -> None:
    toleration = Toleration(key="k", operator=operator, value=bound)
    assert tolerates(toleration, Taint(key="k", value=value), comparison_operators=True) is matches


def test_the_automatic_tolerations_in_their_order() -> None:
    names = [entry.key.rpartition("/")[2] for entry in automatic_tolerations(host_network=True)]
    assert names == [
        "not-ready",
        "unreachable",
        "disk-pressure",
        "memory-pressure",
        "pid-pressure",
        "unschedulable",
        "network-unavailable",
    ]  # T10
    assert len(automatic_tolerations(host_network=False)) == 6


def test_an_equal_toleration_is_overwritten_in_place_and_loses_its_seconds() -> None:
    own = Toleration(key="node.kubernetes.io/not-ready", operator="Exists", effect="NoExecute", toleration_seconds=5)
    near = Toleration(key="node.kubernetes.io/not-ready", operator="Exists", toleration_seconds=5)
    found = daemon_tolerations(PodSpec(tolerations=(near, own, own)))
    assert found[0] is near  # T12
    assert [entry.toleration_seconds for entry in found[1:3]] == [None, None]  # T11
    assert len(found) == 3 + 5


@settings(max_examples=500)
@given(taints, tolerations)
def test_the_constraint_asks_what_tolerates_asks(given: list[Any], own: list[Any]) -> None:
    """Tried and caught: the lookup with an empty effect, with an empty key, or with both left out."""
    found = tuple(msgspec.convert(given, list[Taint]))
    entries = msgspec.convert(own, list[Toleration])
    for constraint, effect in (
        (ToleratesNoSchedule(entries), "NoSchedule"),
        (ToleratesNoExecute(entries), "NoExecute"),
    ):
        reason = constraint.check((found,))
        wanted = [
            f"taint {taint}"
            for taint in found
            if taint.effect == effect and not any(tolerates(entry, taint) for entry in entries)
        ]
        assert ([cause.observed for cause in reason.causes] if reason else []) == wanted
