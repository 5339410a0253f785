"""Edits of a World, and edits as people type them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from dsplan.errors import InputError
from dsplan.explain.counterfactual import counterfactuals
from dsplan.explain.edit_text import parse_cordon, parse_remove_node, parse_set, parse_taint, parse_untaint
from dsplan.explain.edits import AddNodes, Cordon, DropRequirements, Edit, RemoveNode, SetField, apply_edits
from dsplan.explain.fields import REMOVE, parse_path, parse_value, path_text, set_field
from dsplan.explain.why import why
from dsplan.manifests.decode import decode
from dsplan.model.meta import Identity
from dsplan.model.world import World
from dsplan.report.text.edits import edit_option

from .builders import daemonset, node, pod, revision
from .generated import clusters, world_of
from .test_counterfactual import NOW
from .test_standing import required

DS = Identity("DaemonSet", "default", "ds")
WORLD = decode([daemonset(), node("n1", labels={"a": "x"}, taints=["t=v:NoSchedule", "t:NoExecute"]), node("n2")])


def after(*edits: Edit, world: World = WORLD) -> World:
    return apply_edits(world, edits)


def problems(text: str, parse: Any = parse_set, world: World = WORLD) -> list[str]:
    with pytest.raises(InputError) as error:
        parse(text, world)
    return [str(problem) for problem in error.value.problems]


def test_labels() -> None:
    assert after(*parse_set("node/n1:a=y", WORLD)).nodes[0].labels == {"a": "y"}
    assert after(*parse_set("n1:a-", WORLD)).nodes[0].labels == {}
    assert after(*parse_set("node/n1:example.com/b=", WORLD)).nodes[0].labels == {"a": "x", "example.com/b": ""}
    assert WORLD.nodes[0].labels == {"a": "x"}


def test_taints() -> None:
    assert [str(taint) for taint in after(*parse_taint("node/n1:t=w:NoSchedule", WORLD)).nodes[0].taints] == [
        "t:NoExecute",
        "t=w:NoSchedule",
    ]
    assert [str(taint) for taint in after(*parse_untaint("n1:t:NoExecute", WORLD)).nodes[0].taints] == [
        "t=v:NoSchedule"
    ]
    assert after(*parse_untaint("n1:t", WORLD)).nodes[0].taints == ()


def test_a_cordoned_node_has_the_taint_that_says_so() -> None:
    cordoned = after(*parse_cordon("n2", WORLD)).nodes[1]
    assert cordoned.spec.unschedulable
    assert [str(taint) for taint in cordoned.taints] == ["node.kubernetes.io/unschedulable:NoSchedule"]


def test_a_removed_node_takes_its_pods_with_it_and_a_note_says_so() -> None:
    ds = daemonset()
    world = decode([ds, node("n1"), node("n2"), pod(ds, "n1", "h"), pod(ds, "n2", "h")])
    left = apply_edits(world, parse_remove_node("node/n1", world))
    assert [item.name for item in left.nodes] == ["n2"]
    assert [item.name for item in left.pods] == ["ds-n2"]
    assert left.notes[-1].subject == "node n1"


def test_nodes_that_are_there_already_cannot_join() -> None:
    with pytest.raises(InputError, match="1 problem"):
        after(AddNodes(WORLD.nodes[:1]))


def test_patterns_name_several_nodes() -> None:
    assert parse_remove_node("n*", WORLD) == (RemoveNode("n1"), RemoveNode("n2"))
    assert parse_cordon("node/n[2]", WORLD) == (Cordon("n2"),)
    assert "no node has such a name" in problems("x*:a=b")[0]


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("ds/ds:spec.minReadySeconds=10", ("spec", "minReadySeconds"), 10),
        (
            "ds/default/ds:spec.updateStrategy.rollingUpdate.maxSurge=10%",
            ("spec", "updateStrategy", "rollingUpdate", "maxSurge"),
            "10%",
        ),
        ("ds/ds:spec.template.spec.hostNetwork=true", ("spec", "template", "spec", "hostNetwork"), True),
        (
            "daemonset/ds:spec.template.spec.nodeSelector.kubernetes.io/os=10",
            ("spec", "template", "spec", "nodeSelector", "kubernetes.io/os"),
            "10",
        ),
        (
            'ds/ds:spec.template.spec.tolerations[+]={"operator": "Exists"}',
            ("spec", "template", "spec", "tolerations", "+"),
            {"operator": "Exists"},
        ),
        (
            "ds/ds:spec.template.spec.containers[0].resources.limits.nvidia.com/gpu=1",
            ("spec", "template", "spec", "containers", 0, "resources", "limits", "nvidia.com/gpu"),
            "1",
        ),
    ],
)
def test_fields_of_a_daemonset(text: str, path: tuple[str | int, ...], value: Any) -> None:
    (edit,) = parse_set(text, WORLD)
    assert isinstance(edit, SetField)
    assert (parse_path(edit.path)[0], edit.value) == (path, value)
    assert after(edit).daemonsets[0] != WORLD.daemonsets[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ds/ds:spec.nonsense=1", "has no field 'nonsense'"),
        ("ds/ds:spec.minReadySecond=1", "accepted: minReadySeconds"),
        ("ds/ds:spec.template.spec.tolerations.key=1", "number of a list entry"),
        ("ds/ds:spec.minReadySeconds", "path=value"),
        ("ds/other:spec.minReadySeconds=1", 'no DaemonSet named "other"'),
        ("node/n1", "is not an edit"),
        ("node/n1:-bad-=x", "legal key and value"),
        ("node/n9:a=b", 'no node named "n9"'),
    ],
)
def test_what_cannot_be_read_says_what_is_accepted(text: str, said: str) -> None:
    assert said in problems(text)[0]


def test_a_value_of_the_wrong_type_is_bad_input() -> None:
    with pytest.raises(InputError):
        after(*parse_set("ds/ds:spec.minReadySeconds=soon", WORLD))
    assert "is not a taint" in problems("n1:a=b:Never", parse_taint)[0]


def test_what_is_not_there_cannot_be_removed() -> None:
    for edits in (
        parse_set("n2:a-", WORLD),
        parse_untaint("n2:t", WORLD),
        parse_set("ds/ds:spec.minReadySeconds-", WORLD),
    ):
        with pytest.raises(InputError):
            after(*edits)


def test_a_new_template_raises_both_generations_and_puts_pods_out_of_date() -> None:
    ds = daemonset()
    ds["metadata"]["annotations"] = {"deprecated.daemonset.template.generation": "3"}
    existing = pod(ds, "n1", "h")
    existing["metadata"]["labels"]["pod-template-generation"] = "3"
    world = decode([ds, revision(ds, "h"), node("n1"), existing])
    changed = apply_edits(world, parse_set("ds/ds:spec.template.spec.hostNetwork=true", world))
    metadata = changed.daemonsets[0].metadata
    assert (metadata.generation, metadata.annotations["deprecated.daemonset.template.generation"]) == (2, "4")
    assert why(changed, "ds", "n1", now=NOW).answer.fate == "replaced"
    budget = apply_edits(world, parse_set("ds/ds:spec.minReadySeconds=5", world)).daemonsets[0].metadata
    assert (budget.generation, budget.annotations["deprecated.daemonset.template.generation"]) == (2, "3")


def test_paths_are_printed_as_they_are_read() -> None:
    for text in (
        "spec.template.spec.tolerations[0].key",
        "metadata.labels[a.b/c]",
        "spec.template.spec.tolerations[+]",
    ):
        assert path_text(parse_path(text)[0]) == text


def test_dropping_some_of_several_expressions_keeps_the_others() -> None:
    entries = [{"key": key, "operator": "Exists"} for key in "abc"]
    world = decode([daemonset(affinity=required(*entries))])
    path = (
        "spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]"
    )
    edit = DropRequirements(DS, tuple(f"{path}.matchExpressions[{place}]" for place in (0, 1)))
    left = apply_edits(world, [edit]).daemonsets[0].pod.spec.required_node_affinity
    assert left is not None
    assert [str(entry) for entry in left.node_selector_terms[0].match_expressions] == ["c Exists"]


def test_setting_shares_what_it_does_not_touch() -> None:
    tree = {"a": {"b": [1]}, "c": {}}
    changed = set_field(tree, ("a", "b", "+"), 2)
    assert (tree, changed) == ({"a": {"b": [1]}, "c": {}}, {"a": {"b": [1, 2]}, "c": {}})
    assert changed["c"] is tree["c"]
    assert set_field({"a": 1}, ("a",), REMOVE) == {}


def test_values_are_read_as_kubectl_reads_them() -> None:
    _, field = parse_path("spec.template.spec.hostNetwork")
    assert parse_value("true", field) is True


@given(clusters(most=1))
@settings(max_examples=60, deadline=None)
def test_the_options_that_are_printed_make_the_same_world(cluster: Any) -> None:
    """Tried and caught: options without the closing `-`."""
    import shlex

    world = world_of(cluster)
    for found in counterfactuals(world, "ds", "n0", now=NOW):
        typed = world
        for edit in found.edits:
            words = shlex.split(edit_option(edit, typed.daemonsets[0]))
            for option, text in zip(words[::2], words[1::2], strict=True):
                parse = {"--set": parse_set, "--untaint": parse_untaint}[option]
                typed = apply_edits(typed, parse(text, typed))
        wanted = apply_edits(world, found.edits)
        assert typed.nodes == wanted.nodes
        assert [entry.spec for entry in typed.daemonsets] == [entry.spec for entry in wanted.daemonsets]
