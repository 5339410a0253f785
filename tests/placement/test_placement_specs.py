"""Every spec under specs/placement is runnable and comes to what its author computed by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import dsplan
from dsplan.placement import Fit, Prediction

SPECS = sorted((Path(__file__).parents[2] / "specs" / "placement").glob("*.yaml"))
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def expectation(path: Path) -> dict[str, Any]:
    found = [doc for doc in yaml.safe_load_all(path.read_text(encoding="utf-8")) if doc["kind"] == "Expectation"]
    assert len(found) == 1
    assert found[0]["arithmetic"]
    expect: dict[str, Any] = found[0]["expect"]["fit"]
    return expect


def predicted(prediction: Prediction, names: list[str]) -> dict[str, Any]:
    result = {}
    for entry in prediction.daemonsets:
        told: dict[str, Any] = {"placed": [names[position] for position in entry.placed]}
        for fate in entry.fates:
            kind = str(fate.outcome.kind)
            for position in fate.nodes:
                about: Any = {str(holder.owner): holder.pods for holder in fate.outcome.holders}
                if kind == "pending":
                    about = "; ".join(fate.outcome.failures[0].reasons)
                told.setdefault(kind, {})[names[position]] = about
        result[str(entry.identity)] = {key: value for key, value in told.items() if value}
    return result


def conflicts(best: Fit, names: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "subject": str(conflict.subject),
            "nodes": [names[position] for position in conflict.nodes],
            "causes": [str(cause) for cause in conflict.causes],
        }
        for conflict in best.conflicts
    ]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_spec(path: Path) -> None:
    expect, world = expectation(path), dsplan.load([path])
    whole = dsplan.step(world, now=NOW)
    names = whole.index.names
    best = dsplan.fit(world, whole)
    assert predicted(dsplan.predict(world, whole), names) == expect["predicted"]
    assert (best.placed, best.wanted, best.gap) == tuple(expect[key] for key in ("placed", "wanted", "gap"))
    placed = {str(entry.identity): [names[position] for position in entry.placed] for entry in best.daemonsets}
    assert {name: nodes for name, nodes in placed.items() if nodes} == expect["best"]
    if "withoutSearch" in expect:
        assert dsplan.fit(world, whole, search=False).placed == expect["withoutSearch"]
    assert conflicts(best, names) == expect["conflicts"]
    held_back = {str(entry.identity): [names[position] for position in entry.held_back] for entry in best.daemonsets}
    assert {name: nodes for name, nodes in held_back.items() if nodes} == expect.get("heldBack", {})
    variants = {entry.name: {"desired": entry.desired, "covered": entry.covered} for entry in best.variants}
    assert variants == expect.get("variants", {})
    deployments = {
        str(entry.identity): {
            "nodes": {names[position]: count for position, count in entry.nodes},
            "without": [names[position] for position in entry.without],
            "short": entry.short,
        }
        for entry in best.deployments
    }
    assert deployments == expect.get("deployments", {})
