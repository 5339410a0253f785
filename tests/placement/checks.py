"""What must hold of the best placement of any cluster; asked by the tests, and by `python -m tests.placement`."""

from __future__ import annotations

from collections.abc import Sequence

from dsplan import step
from dsplan.placement.fit import fit
from dsplan.placement.search.causes import CauseCode

from . import brute_force
from .brute_force import by_node, left_out, most_together, placed, reachable
from .deletion import problems
from .scenes import NOW, Tree, world

LARGEST = 8
"""Pods beyond which all orders of arrival are too many."""


def no_order_of_arrival_places_more(trees: Sequence[Tree]) -> None:
    """All assignments on each node, where no rule looks at another node."""
    found = world(*trees)
    pods = brute_force.wanted(found)
    best = fit(found, step(found, now=NOW))
    assert placed(best) | left_out(best) == pods.keys()
    for group in by_node(pods):
        sets = reachable(found, group)
        here = placed(best) & group.keys()
        assert here in sets
        assert len(here) == max(map(len, sets))
    assert best.gap == 0


def nor_across_nodes(trees: Sequence[Tree]) -> None:
    """All assignments of all nodes, with anti-affinity across them."""
    found = world(*trees)
    pods = brute_force.wanted(found)
    best = fit(found, step(found, now=NOW))
    most = most_together(found, pods)
    assert len(placed(best)) + best.gap >= most
    assert best.gap > 0 or len(placed(best)) == most
    assert most >= len(placed(best))


def nor_where_pods_seek_each_other(trees: Sequence[Tree]) -> bool:
    """All orders of arrival, with affinity across nodes; False where these are too many."""
    found = world(*trees)
    pods = brute_force.wanted(found)
    if len(pods) > LARGEST:
        return False
    sets = reachable(found, pods)
    best = fit(found, step(found, now=NOW))
    assert placed(best) in sets
    assert len(placed(best)) + best.gap >= max(map(len, sets))
    assert best.gap > 0 or len(placed(best)) == max(map(len, sets))
    return True


def every_cause_is_necessary(trees: Sequence[Tree]) -> int:
    """Each set of causes is a conflict, none without any one of them, and rivals are those who have the place.

    Returns how many sets there were.
    """
    found = world(*trees)
    best = fit(found, step(found, now=NOW))
    identities = [entry.identity for entry in best.daemonsets]
    demands = {(identities[n], position): demand for (n, position), demand in brute_force.wanted(found).items()}
    for conflict in best.conflicts:
        assert conflict.causes[0].code is CauseCode.WANTED
        assert problems(found, best, demands, conflict) == []
        rivals = [cause for cause in conflict.causes[1:] if cause.code is CauseCode.WANTED]
        for cause in rivals:
            there = best.of(cause.object).placed
            assert there if cause.needed == "on another node" else there >= conflict.nodes
    return len(best.conflicts)
