"""Pods seated on nodes are the pods grouped one by one, whatever shares a node, is gone, unbound, or nowhere.

Tried and caught: a pod pinned but not bound left out of the lookup; the first of two pods left on its seat; gone pods
seated; an empty seat told from a pod without facts by its byte being 0.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from dsplan.eligibility import NodeIndex
from dsplan.model.meta import ObjectMeta
from dsplan.model.node import Node
from dsplan.model.pod import Affinity, NodeAffinity, Pod, PodSpec, PodStatus
from dsplan.model.selectors import NodeSelector, NodeSelectorTerm, Requirement
from dsplan.observe.groups import group_by_node
from dsplan.observe.pods_by_node import arrange_by_node
from dsplan.observe.shape import fact_reader
from tests.worlds import NOW


def pinned(node: str) -> PodSpec:
    field = Requirement(key="metadata.name", operator="In", values=(node,))
    required = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(field,)),))
    affinity = NodeAffinity(required_during_scheduling_ignored_during_execution=required)
    return PodSpec(affinity=Affinity(node_affinity=affinity))


names = st.sampled_from([f"n{number}" for number in range(12)])
specs = st.one_of(names.map(lambda node: PodSpec(node_name=node)), names.map(pinned), st.just(PodSpec()))
pods = st.lists(
    st.builds(
        lambda spec, phase, leaving: (spec, phase, NOW if leaving else None),
        specs,
        st.sampled_from(("Running", "Pending", "Failed", "Succeeded")),
        st.booleans(),
    ),
    max_size=12,
).map(
    lambda drawn: [
        Pod(
            metadata=ObjectMeta(name=f"p{number}", deletion_timestamp=leaving),
            spec=spec,
            status=PodStatus(phase=phase),
        )
        for number, (spec, phase, leaving) in enumerate(drawn)
    ]
)
read = fact_reader(current_hash="", template_generation=None, min_ready_seconds=0, now=NOW)


@settings(max_examples=300)
@given(pods)
def test_seated_pods_are_the_grouped_pods(found: list[Pod]) -> None:
    index = NodeIndex([Node(metadata=ObjectMeta(name=f"n{number}")) for number in range(8)])
    arranged, grouped = arrange_by_node(tuple(found), read, index), group_by_node(found, read)
    assert dict(arranged.groups) == grouped.groups
    assert len(arranged.groups) == len(grouped.groups)
    assert (arranged.gone, arranged.adrift) == (grouped.gone, grouped.adrift)
    assert list(arranged.vanished) == sorted(name for name in grouped.groups if name not in index.ids)
    occupied = {}
    for name, group in grouped.groups.items():
        if name in index.ids:
            occupied.setdefault(group.shape, BitMap()).add(index.ids[name])
    assert arranged.occupied == occupied


def test_a_name_without_pods_has_no_group() -> None:
    index = NodeIndex([Node(metadata=ObjectMeta(name="n0"))])
    arranged = arrange_by_node((), read, index)
    assert arranged.groups.get("n0") is None
    assert "elsewhere" not in arranged.groups
