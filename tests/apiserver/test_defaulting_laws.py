"""Laws of defaulting, on objects made from the schema."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.apiserver.defaulting import default_daemonset, default_pod
from dsplan.apiserver.defaulting.rewrite import Rewriter
from dsplan.apiserver.defaulting.rules import RULES
from dsplan.apiserver.schema.kinds import structs
from dsplan.model.quantity import stored_text
from tests.apiserver.trees import malformed, trees

Tree = dict[str, Any]
REWRITER = Rewriter(lambda raw, milli: stored_text(raw, milli=milli))
FIELD_NAMES = {name for struct in structs().values() for name in struct}


@settings(max_examples=100, deadline=None)
@given(trees("DaemonSet"))
def test_defaulting_twice_changes_nothing(tree: Tree) -> None:
    """Failed when a volume whose only source was gated did not become an emptyDir at once."""
    once = default_daemonset(tree)
    assert default_daemonset(once) == once


@settings(max_examples=100, deadline=None)
@given(trees("Pod"), st.randoms(use_true_random=False))
def test_order_nulls_and_unknown_fields_do_not_matter(tree: Tree, random: Any) -> None:
    """Failed when the output followed the input's order of keys."""
    assert json.dumps(default_pod(rearranged(tree, random))) == json.dumps(default_pod(tree))


def rearranged(tree: Any, random: Any) -> Any:
    """Return the same object written differently: keys shuffled, an unknown field added."""
    if isinstance(tree, list):
        return [rearranged(entry, random) for entry in tree]
    if not isinstance(tree, dict):
        return tree
    entries = [(key, rearranged(value, random)) for key, value in tree.items()]
    random.shuffle(entries)
    return {**dict(entries), "unknownField": {"x": 1}} if FIELD_NAMES & set(tree) else dict(entries)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(RULES)), st.data())
def test_the_input_is_not_touched(struct: str, data: st.DataObject) -> None:
    """Failed when the rolling update was filled in the given tree."""
    tree = data.draw(trees(struct))
    before = copy.deepcopy(tree)
    result = REWRITER.rewrite(tree, struct)
    assert tree == before
    scribble(result)
    assert REWRITER.rewrite(before, struct) == REWRITER.rewrite(tree, struct)


def scribble(tree: Any) -> None:
    """Write into all that defaulting made; `raw` values (with a key `any`) are shared with the input on purpose."""
    if isinstance(tree, list):
        for entry in tree:
            scribble(entry)
    elif isinstance(tree, dict) and "any" not in tree:
        for value in tree.values():
            scribble(value)
        tree["written"] = True


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(RULES)) | st.sampled_from(sorted(structs())), st.data())
def test_values_of_a_wrong_type_never_raise(struct: str, data: st.DataObject) -> None:
    """Failed when maps or lists were walked without a look at their type."""
    REWRITER.rewrite(data.draw(malformed(struct)), struct)


@settings(max_examples=100, deadline=None)
@given(malformed("PodSpec"), st.booleans())
def test_pods_of_a_wrong_shape_never_raise(spec: Tree, host_network: bool) -> None:
    """Failed when a list of containers held a number."""
    default_pod({"spec": {**spec, "hostNetwork": host_network}})


@pytest.mark.parametrize("port", [5, None, [], "http"])
def test_ports_of_a_wrong_shape_are_kept(port: object) -> None:
    spec = {"hostNetwork": True, "containers": [{"ports": [port]}, 7]}
    assert default_pod({"spec": spec})["spec"]["containers"][1] == 7
