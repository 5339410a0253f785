"""The first of what manage wants are the first of all that it wants, and what follows is counted.

Tried: cutting each situation to `first` without sorting before the last cut, and counting a node with two deletions
once; both failed here.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.diff import Manage, manage
from dsplan.eligibility import NodeIndex
from dsplan.model.world import World
from dsplan.passes.observation import observe_daemonset, surroundings_of
from dsplan.testing import NOW, a_daemonset, a_node, a_pod

_PODS = st.tuples(
    st.integers(0, 9),
    st.sampled_from(["Running", "Running", "Succeeded", "Failed"]),
    st.booleans(),
    st.sampled_from(["4d", "5d"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PODS, max_size=25), st.integers(1, 12), st.booleans(), st.booleans())
def test_the_first_of_all(pods: list[tuple[int, str, bool, str]], first: int, surge: bool, narrow: bool) -> None:
    daemonset = a_daemonset(max_surge=int(surge), spec={"nodeSelector": {"disk": "ssd"}} if narrow else {})
    nodes = tuple(a_node(f"n{number}", labels={"disk": "ssd"} if number % 3 else {}) for number in range(8))
    made = tuple(
        a_pod(daemonset, f"n{node}", name=f"p{number}", phase=phase, bound=bound, hash_label=label)
        for number, (node, phase, bound, label) in enumerate(pods)
    )
    around = surroundings_of(World(nodes=nodes, daemonsets=(daemonset,), pods=made), now=NOW + timedelta(hours=1))
    observed = observe_daemonset(daemonset, around).observed

    def wanted(limit: int | None) -> Manage:
        assert isinstance(around.index, NodeIndex)
        return manage(observed, around.index, surge=surge, may_retry=lambda node: node != "n2", first=limit)

    whole, cut = wanted(None), wanted(first)
    assert (cut.create, cut.delete) == (whole.create[:first], whole.delete[:first])
    assert cut.held == whole.held
    assert whole.more == (0, 0)
    assert cut.more == (max(0, len(whole.create) - first), max(0, len(whole.delete) - first))
