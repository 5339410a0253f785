"""What differs between two versions of a DaemonSet, in few words and without values that may be secret."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.manifests.field_changes import FieldChange, daemonset_changes, object_changes, template_changes
from dsplan.model.daemonset import DaemonSet
from dsplan.model.priority import PriorityClass
from dsplan.testing import a_daemonset

SECRET = "hunter2"


def _ds(image: str = "example.com/agent:v2", **container: Any) -> DaemonSet:
    return a_daemonset(spec={"containers": [{"name": "agent", "image": image, **container}]})


def _told(before: DaemonSet, after: DaemonSet) -> list[str]:
    return [str(change) for change in daemonset_changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (_ds(), _ds(), []),
        (_ds(), _ds("example.com/agent:v3"), ["containers[agent].image: v2 -> v3"]),
        (_ds("a:1"), _ds("b:1"), ["containers[agent].image: a:1 -> b:1"]),
        (_ds("r:5000/a"), _ds("r:6000/a"), ["containers[agent].image: r:5000/a -> r:6000/a"]),
        (a_daemonset(), a_daemonset(max_unavailable="10%"), ["maxUnavailable: 1 -> 10%"]),
        (a_daemonset(), a_daemonset(min_ready_seconds=5), ["minReadySeconds: 5 (added)"]),
        (
            a_daemonset(spec={"nodeSelector": {"a.b/c": "d"}}),
            a_daemonset(spec={"nodeSelector": {"a.b/c": "e"}}),
            ["nodeSelector[a.b/c]: d -> e"],
        ),
        (_ds(), _ds(resources={"requests": {"cpu": "1"}}), ["containers[agent].resources.requests: added"]),
        (_ds(resources={"limits": {"cpu": "1000m"}}), _ds(resources={"limits": {"cpu": 1}}), []),
        (
            _ds(resources={"limits": {"cpu": "1"}}),
            _ds(resources={"limits": {"cpu": "1500m"}}),
            ["containers[agent].resources.limits.cpu: 1 -> 1500m"],
        ),
        (a_daemonset(spec={"hostNetwork": True}), a_daemonset(), ["hostNetwork: true (removed)"]),
        (
            a_daemonset(),
            a_daemonset(spec={"tolerations": [{"key": "gpu", "operator": "Exists"}]}),
            ["tolerations: added"],
        ),
    ],
)
def test_words(before: DaemonSet, after: DaemonSet, expected: list[str]) -> None:
    assert _told(before, after) == expected


@pytest.mark.parametrize(
    ("field", "before", "after", "expected"),
    [
        ("env", [{"name": "A", "value": "x"}], [{"name": "A", "value": SECRET}], ["env[A]: changed"]),
        ("env", None, [{"name": "A", "value": SECRET}], ["env[A]: added"]),
        ("env", [{"name": "A", "value": SECRET}], None, ["env[A]: removed"]),
        ("envFrom", None, [{"secretRef": {"name": SECRET}}], ["envFrom: added"]),
        ("args", ["--token=a"], [f"--token={SECRET}"], ["args: changed"]),
        ("command", None, [SECRET], ["command: added"]),
        (
            "livenessProbe",
            {"exec": {"command": ["a"]}},
            {"exec": {"command": [SECRET]}},
            ["livenessProbe.exec.command: changed"],
        ),
        (
            "readinessProbe",
            {"httpGet": {"port": 1, "httpHeaders": [{"name": "Authorization", "value": "x"}]}},
            {"httpGet": {"port": 1, "httpHeaders": [{"name": "Authorization", "value": SECRET}]}},
            ["readinessProbe.httpGet.httpHeaders[Authorization]: changed"],
        ),
    ],
)
def test_no_value_of_what_may_be_secret(field: str, before: Any, after: Any, expected: list[str]) -> None:
    found = daemonset_changes(_ds(**{field: before}), _ds(**{field: after}))
    assert [str(change) for change in found] == [f"containers[agent].{line}" for line in expected]
    assert SECRET not in repr(found)


def test_annotations_of_the_template_are_named_and_not_told() -> None:
    before, after = (
        {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": text}}, "spec": {}} for text in ("a", SECRET)
    )
    found = template_changes(before, after)
    assert [str(change) for change in found] == [
        "template.metadata.annotations[kubectl.kubernetes.io/restartedAt]: changed"
    ]
    assert SECRET not in repr(found)


def test_a_container_that_comes_or_goes_is_told_as_a_whole() -> None:
    one, other = _ds(), a_daemonset(spec={"containers": [{"name": "new", "image": "n", "args": [SECRET]}]})
    assert _told(one, other) == ["containers[agent]: removed", "containers[new]: added"]
    assert SECRET not in repr(daemonset_changes(one, other))


def test_other_kinds() -> None:
    assert [str(change) for change in object_changes(PriorityClass(value=1), PriorityClass(value=2))] == [
        "value: 1 -> 2"
    ]


def test_nothing_reaches_a_terminal_unescaped() -> None:
    change = FieldChange("spec.template.spec.nodeSelector[\x1b[2J]", "a", "b")
    assert str(change).isprintable()
    before, after = (a_daemonset(spec={"nodeSelector": {"a": text}}) for text in ("x", "\x1b[31m" + "y" * 500))
    (line,) = _told(before, after)
    assert line.isprintable()
    assert len(line) < 120
