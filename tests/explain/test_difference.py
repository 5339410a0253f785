"""The difference between two plans: what it says is what the plans say."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import dsplan
from dsplan.explain.difference import plan_difference, what_if
from dsplan.explain.edits import AddNodes, AddTaint, Edit, RemoveNode, SetLabel, apply_edits
from dsplan.manifests.decode import decode
from dsplan.model.node import Taint

from .builders import daemonset, node, pod, revision
from .generated import KEYS, VALUES, clusters, world_of
from .test_counterfactual import NOW

edits = st.one_of(
    st.builds(SetLabel, st.just("n0"), st.sampled_from(KEYS), st.sampled_from(VALUES)),
    st.builds(AddTaint, st.just("n0"), st.just(Taint(key="t", value="v", effect="NoExecute"))),
    st.just(RemoveNode("n0")),
    st.just(AddNodes(decode([node("joined", labels={"a": "x"})]).nodes)),
)


@given(clusters(), st.lists(edits, min_size=1, max_size=3, unique_by=type))
@settings(max_examples=100, deadline=None)
def test_it_is_exactly_what_two_plans_differ_in(cluster: Any, chosen: list[Edit]) -> None:
    """Tried and caught: verdicts by position where the nodes are others; DaemonSets left out that gain nodes."""
    world = world_of(cluster)
    chosen = sorted(chosen, key=lambda edit: isinstance(edit, RemoveNode))
    plans = dsplan.solve(world, now=NOW), dsplan.solve(apply_edits(world, chosen), now=NOW)
    found = what_if(world, chosen, now=NOW)
    said = {entry.daemonset: entry for entry in found.account.daemonsets}
    for before, after in zip(plans[0].daemonsets, plans[1].daemonsets, strict=True):
        entry = said.get(before.identity)
        verdicts = [verdicts_of(plan.index, part) for plan, part in zip(plans, (before, after), strict=True)]
        changed = {
            name: (verdicts[0].get(name), verdicts[1].get(name))
            for name in verdicts[0].keys() | verdicts[1].keys()
            if verdicts[0].get(name) != verdicts[1].get(name)
        }
        created = [{action.node for action in part.step.actions if action.kind == "Pod"} for part in (before, after)]
        if entry is None:
            assert not changed
            assert created[0] == created[1]
            continue
        runs = [{name for name, verdict in found.items() if verdict == "RUN"} for found in verdicts]
        assert (set(entry.wanted.more), set(entry.wanted.less)) == (runs[1] - runs[0], runs[0] - runs[1])
        assert set(entry.create.more) >= created[1] - created[0]
        told = {name for change in entry.fates for name in change.nodes}
        assert told >= changed.keys()
        assert entry.desired == (before.desired, after.desired)
    assert (found.account.before, found.account.after) == (plans[0].summary, plans[1].summary)


def verdicts_of(index: Any, part: Any) -> dict[str, Any]:
    return {name: part.step.verdicts.of(place) for place, name in enumerate(index.names)}


@given(clusters())
@settings(max_examples=30, deadline=None)
def test_nothing_differs_from_itself(cluster: Any) -> None:
    world = world_of(cluster)
    assert not what_if(world, [], now=NOW)


def test_a_removed_node_loses_its_pod_without_a_deletion() -> None:
    ds = daemonset()
    world = decode([ds, revision(ds, "h"), node("n1"), node("n2"), pod(ds, "n1", "h"), pod(ds, "n2", "h")])
    found = what_if(world, [RemoveNode("n1")], now=NOW)
    (entry,) = found.account.daemonsets
    assert found.account.nodes.less == ("n1",)
    assert [(change.before, change.after, change.nodes) for change in entry.fates] == [("runs", "", ("n1",))]
    assert (entry.delete.more, entry.desired) == ((), (2, 1))


def test_a_daemonset_of_one_plan_only_is_compared_with_nothing() -> None:
    one, two = (dsplan.solve(decode([node("n1"), *more]), now=NOW) for more in ([], [daemonset()]))
    (entry,) = plan_difference(one, two).daemonsets
    assert (entry.create.more, entry.desired) == (("n1",), (0, 1))
