"""What an edit costs everybody: told from the accounts before and after."""

from __future__ import annotations

from typing import Any

from dsplan.explain import Counterfactual, SetField, counterfactuals
from dsplan.manifests.decode import decode
from dsplan.report.text.why import side_effect_words
from dsplan.testing import NOW


def daemonset(name: str, memory: str, priority: str = "", **template: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "resources": {"requests": {"memory": memory}}}
    spec = {"containers": [container], "priorityClassName": priority, **template}
    return {
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "ops", "uid": f"{name}-uid"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


def klass(name: str, value: int) -> dict[str, Any]:
    return {"kind": "PriorityClass", "metadata": {"name": name}, "value": value}


NODE = {"kind": "Node", "metadata": {"name": "n1"}, "status": {"allocatable": {"memory": "1Gi", "pods": "9"}}}


def of_field(found: tuple[Counterfactual, ...], path: str) -> Counterfactual:
    return next(
        entry for entry in found if any(isinstance(edit, SetField) and edit.path == path for edit in entry.edits)
    )


def test_a_priority_that_takes_anothers_place_says_whose() -> None:
    """first and second want 700Mi each of 1Gi; a higher class lets second in, and first becomes unplaced."""
    classes = [klass("low", 10), klass("high", 100)]
    world = decode([NODE, daemonset("first", "700Mi", "low"), daemonset("second", "700Mi", "low"), *classes])
    found = of_field(counterfactuals(world, "second", "n1", now=NOW), "spec.template.spec.priorityClassName")
    assert "ops/first becomes unplaced on n1" in side_effect_words(found)


def test_a_priority_that_evicts_says_whom() -> None:
    there = {
        "kind": "Pod",
        "metadata": {"name": "db-0", "namespace": "shop"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "resources": {"requests": {"memory": "700Mi"}}}]},
        "status": {"phase": "Running"},
    }
    world = decode([NODE, there, daemonset("agent", "700Mi"), klass("high", 100)])
    found = of_field(counterfactuals(world, "agent", "n1", now=NOW), "spec.template.spec.priorityClassName")
    assert "evicts" in side_effect_words(found)
    assert "shop/db-0" in side_effect_words(found)


def test_where_nobody_suffers_nothing_else_changes() -> None:
    world = decode([NODE, daemonset("agent", "2Gi")])
    found = of_field(
        counterfactuals(world, "agent", "n1", now=NOW), "spec.template.spec.containers[0].resources.requests[memory]"
    )
    assert side_effect_words(found) == "none"
