"""Every counterfactual flips the verdict when applied, and no smaller set of the same kinds does.

Tried and caught: a toleration per taint instead of per key; never dropping a whole affinity; offering the first branch
only; a price that counts the node itself; no look at the other DaemonSets. Not caught, since trying out refuses what
does not flip: proposing what is too little.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings

from dsplan.explain.counterfactual import counterfactuals
from dsplan.explain.edits import apply_edits
from dsplan.explain.search import Side
from dsplan.explain.why import why

from . import naive
from .brute_force import daemonset_atoms, node_atoms, smallest
from .generated import KEYS, clusters, world_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MOST = 3
Cluster = tuple[list[dict[str, Any]], list[dict[str, Any]]]


@given(clusters(most=2))
@settings(max_examples=100, deadline=None)
def test_applied_it_flips_and_the_price_is_right(cluster: Cluster) -> None:
    world = world_of(cluster)
    for raw in cluster[1]:
        name = raw["metadata"]["name"]
        for found in counterfactuals(world, "ds", name, now=NOW):
            edited = apply_edits(world, found.edits)
            answer = why(edited, "ds", name, now=NOW).answer
            assert answer.verdict == "RUN"
            assert (answer.fate, answer.wave) == (found.fate, found.wave)
            before = {daemonset["metadata"]["name"]: verdicts(daemonset, cluster[1]) for daemonset in cluster[0]}
            daemonsets, nodes = raw_of(edited.daemonsets), raw_of(edited.nodes)
            after = {daemonset["metadata"]["name"]: verdicts(daemonset, nodes) for daemonset in daemonsets}
            assert after["ds"][name] == "RUN"
            gained = {node for node in after["ds"] if (before["ds"][node], after["ds"][node])[1] == "RUN"}
            gained -= {node for node in before["ds"] if before["ds"][node] == "RUN"}
            assert set(found.side_effects.also_selects) == gained - {name}
            assert not found.side_effects.no_longer
            changed = before["other"][name] != after["other"][name]
            assert bool(found.side_effects.others) == changed
            if changed:
                assert found.side_effects.others[0].before == before["other"][name]
                assert found.side_effects.others[0].after == after["other"][name]


def raw_of(objects: Any) -> list[dict[str, Any]]:
    raw = [msgspec.to_builtins(item) for item in objects]
    for item in raw:
        item.setdefault("metadata", {}).setdefault("labels", {})
        item.setdefault("spec", {}).setdefault("taints", [])
    return raw


def verdicts(daemonset: dict[str, Any], nodes: list[dict[str, Any]]) -> dict[str, str]:
    return {node["metadata"]["name"]: naive.verdict(daemonset, node) for node in nodes}


@given(clusters(most=1))
@settings(max_examples=100, deadline=None)
def test_no_smaller_set_flips(cluster: Cluster) -> None:
    world, node = world_of(cluster), cluster[1][0]
    daemonset = cluster[0][0]
    if naive.verdict(daemonset, node) == "RUN":
        return
    found = counterfactuals(world, "ds", "n0", now=NOW)
    on_template = list(daemonset_atoms(daemonset, node))
    on_node = list(node_atoms(node, set(KEYS)))
    for side, atoms in ((Side.DAEMONSET, on_template), (Side.NODE, on_node)):
        sizes = {entry.size for entry in found if entry.side is side}
        least = smallest(daemonset, node, atoms, MOST)
        assert len(sizes) <= 1
        size = min(sizes, default=None)
        assert size == least or (least is None and (size is None or size > MOST)), (side, found)
    least = smallest(daemonset, node, on_template + on_node, 2)
    size = min(entry.size for entry in found)
    assert size == least or (least is None and size > 2)
