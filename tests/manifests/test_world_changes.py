"""The edit itself: objects added, removed and changed, and nothing that changes by itself."""

from __future__ import annotations

from typing import Any

from dsplan import World, decode, overlay
from dsplan.manifests.world_changes import applied_changes, world_changes
from dsplan.report.text.edit import edit_lines, edit_markdown
from dsplan.testing import a_daemonset, a_node, a_pod

_SECRET = "hunter2"


def _world(*trees: dict[str, Any], image: str = "app:1", max_unavailable: int | str = 1) -> World:
    daemonset = a_daemonset(image=image, max_unavailable=max_unavailable, uid="u", version=1)
    others = decode(trees)
    return World(daemonsets=(daemonset,), priority_classes=others.priority_classes, namespaces=others.namespaces)


HIGH = {"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 5}


def test_objects_and_fields() -> None:
    before, after = _world(), _world(HIGH, image="app:2", max_unavailable="10%")
    assert edit_lines(world_changes(before, after)) == [
        "Edit",
        "  ~ DaemonSet default/ds",
        "      containers[main].image: 1 -> 2",
        "      maxUnavailable: 1 -> 10%",
        "  + PriorityClass high",
    ]
    assert edit_lines(world_changes(after, before))[-1] == "  - PriorityClass high"
    assert world_changes(before, before) == ()
    assert edit_lines(()) == edit_markdown(()) == []


def test_pods_and_nodes_come_and_go_by_themselves() -> None:
    daemonset = a_daemonset()
    one = World(nodes=(a_node("n1"),), daemonsets=(daemonset,))
    two = World(nodes=(a_node("n2"),), daemonsets=(daemonset,), pods=(a_pod(daemonset, "n2"),))
    assert world_changes(one, two) == ()


def test_applied_manifests_speak_of_what_they_name_alone() -> None:
    cluster = _world(HIGH)
    manifests = World(daemonsets=(a_daemonset(image="app:2"),), nodes=(a_node("n1"),))
    found = applied_changes(cluster, manifests, overlay(cluster, manifests))
    assert [(str(change), change.change) for change in found] == [
        ("DaemonSet default/ds", "changed"),
        ("Node n1", "added"),
    ]


def test_annotations_are_named_and_not_told() -> None:
    one, two = (
        _world({"kind": "Namespace", "metadata": {"name": "team", "annotations": {"token": text}}})
        for text in ("a", _SECRET)
    )
    (line,) = edit_lines(world_changes(one, two))[2:]
    assert line == "      metadata.annotations[token]: changed"
    assert _SECRET not in repr(world_changes(one, two))


def test_long_edits_are_cut_and_say_so() -> None:
    classes = [{"kind": "PriorityClass", "metadata": {"name": f"p{n:02}"}, "value": n} for n in range(30)]
    lines = edit_lines(world_changes(_world(), _world(*classes)))
    assert lines[-1] == "  ... and 20 more objects (-o wide shows all)"


def test_markdown_cannot_be_left() -> None:
    name = "a`b" + "```"
    before, after = _world(), _world({"kind": "PriorityClass", "metadata": {"name": name}, "value": 1})
    block = edit_markdown(world_changes(before, after))
    assert block[0:3] == ["**Edit**", "", "```diff"]
    assert sum("```" in line for line in block) == 2
