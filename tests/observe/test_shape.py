"""What one pod is, fact by fact (S1, S2, H12, H13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dsplan.model.daemonset import HASH_LABEL, TEMPLATE_GENERATION_LABEL
from dsplan.model.meta import Condition, ObjectMeta
from dsplan.model.pod import Pod, PodSpec, PodStatus
from dsplan.observe.shape import PodFact, fact_reader

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HASH, UPDATED = PodFact.HASH_CURRENT, PodFact.UPDATED


def pod(phase: str = "Running", node: str = "n1", *conditions: Condition, deleted: bool = False, **labels: str) -> Pod:
    names = {"hash": HASH_LABEL, "generation": TEMPLATE_GENERATION_LABEL}
    metadata = ObjectMeta(
        name="p",
        labels={names[name]: value for name, value in labels.items()},
        deletion_timestamp=NOW if deleted else None,
    )
    return Pod(metadata=metadata, spec=PodSpec(node_name=node), status=PodStatus(phase=phase, conditions=conditions))


def facts(one: Pod, **options: Any) -> PodFact:
    given = {"current_hash": "h", "template_generation": "2", "min_ready_seconds": 0, "now": NOW} | options
    return PodFact(fact_reader(**given)(one))


@pytest.mark.parametrize(
    ("labels", "options", "expected"),
    [
        ({"hash": "h"}, {}, HASH | UPDATED),
        ({"hash": "other"}, {}, PodFact(0)),
        ({"generation": "2"}, {}, UPDATED),
        ({"hash": "other", "generation": "2"}, {}, UPDATED),
        ({"generation": "1"}, {}, PodFact(0)),
        ({"generation": "02"}, {}, PodFact(0)),
        ({}, {}, PodFact(0)),
        ({}, {"template_generation": None}, PodFact(0)),
        ({"generation": "2"}, {"template_generation": None}, PodFact(0)),
        ({"hash": ""}, {"current_hash": "", "template_generation": None}, PodFact(0)),
        ({}, {"looks_updated": lambda _: True}, HASH | UPDATED),
        ({}, {"looks_updated": lambda _: False}, PodFact(0)),
        ({"hash": "other"}, {"looks_updated": lambda _: True}, PodFact(0)),
    ],
)
def test_up_to_date_is_hash_or_template_generation(
    labels: dict[str, str], options: dict[str, Any], expected: PodFact
) -> None:
    """H12, H13: either label suffices; a pod without either is up to date only where it is asked what it looks like."""
    assert facts(pod(**labels), **options) & (HASH | UPDATED) == expected


def ready(status: str = "True", since: datetime | None = NOW - timedelta(seconds=30)) -> Condition:
    return Condition(type="Ready", status=status, last_transition_time=since)


@pytest.mark.parametrize(
    ("conditions", "min_ready", "expected"),
    [
        ((), 0, PodFact(0)),
        ((ready("False"),), 0, PodFact(0)),
        ((ready("Unknown"),), 0, PodFact(0)),
        ((ready(),), 0, PodFact.READY | PodFact.AVAILABLE),
        ((ready(since=None),), 0, PodFact.READY | PodFact.AVAILABLE),
        ((ready(since=None),), 1, PodFact.READY),
        ((ready(),), 30, PodFact.READY | PodFact.AVAILABLE),
        ((ready(),), 31, PodFact.READY),
        ((Condition(type="Other", status="True"), ready()), 0, PodFact.READY | PodFact.AVAILABLE),
        ((ready("False"), ready()), 0, PodFact(0)),
    ],
)
def test_ready_and_available(conditions: tuple[Condition, ...], min_ready: int, expected: PodFact) -> None:
    """S1, S2: for exactly minReadySeconds is enough; the first Ready condition counts."""
    found = facts(pod("Running", "n1", *conditions), min_ready_seconds=min_ready)
    assert found & (PodFact.READY | PodFact.AVAILABLE) == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (pod("Failed"), PodFact.FAILED | PodFact.BOUND),
        (pod("Succeeded", node=""), PodFact.SUCCEEDED),
        (pod("Pending", node=""), PodFact(0)),
        (pod("Running", deleted=True), PodFact.TERMINATING | PodFact.BOUND),
        (pod("Nonsense"), PodFact.BOUND),
    ],
)
def test_phase_binding_and_termination(one: Pod, expected: PodFact) -> None:
    assert facts(one) == expected
