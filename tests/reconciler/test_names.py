"""The public names, pinned: a change here is a change of the interface."""

from __future__ import annotations

import dsplan.reconciler
import dsplan.testing
from dsplan.reconciler import Reconciler


def test_reconciler() -> None:
    assert sorted(dsplan.reconciler.__all__) == [
        "Condition",
        "Convertible",
        "CurrentPlan",
        "Decision",
        "Delta",
        "EventOutcome",
        "Metric",
        "Reconciler",
        "WATCHED",
        "WatchEvent",
        "WatchEventType",
        "object_of",
        "read_event",
        "tree_of",
    ]
    assert dsplan.Reconciler is Reconciler


def test_methods() -> None:
    public = [name for name in vars(Reconciler) if not name.startswith("_")]
    assert sorted(public) == [
        "answer",
        "delta",
        "dump",
        "evaluate",
        "failed",
        "gate",
        "in_flight",
        "issued",
        "keep_progress",
        "known",
        "metrics",
        "observe",
        "plan",
        "pods_on",
        "recall",
        "replace",
        "resume",
        "sent",
        "solve",
        "state",
        "unknown",
        "unsettled",
        "world",
    ]


def test_testing() -> None:
    assert sorted(dsplan.testing.__all__) == [
        "Conflict",
        "FAULTS",
        "FakeCluster",
        "Fault",
        "Host",
        "Journal",
        "NOW",
        "NotFound",
        "Recovery",
        "Safety",
        "Scene",
        "TroubledKubelet",
        "Wire",
        "World",
        "a_daemonset",
        "a_node",
        "a_pod",
        "a_revision",
        "rank",
    ]


def test_all_names_exist() -> None:
    for module in (dsplan.reconciler, dsplan.testing):
        assert all(hasattr(module, name) for name in module.__all__)
