"""Flows with bounds against networkx, and rounding against what it promises."""

from __future__ import annotations

from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.waves.maxflow import Edge, keeps, largest_flow
from dsplan.waves.rounding import rounded

SOURCE, SINK = 0, 1


def _edges(rng: Random) -> tuple[int, list[Edge]]:
    nodes = rng.randint(3, 8)
    pairs = [(a, b) for a in range(nodes) for b in range(nodes) if a != b and rng.random() < 0.4]
    mosts = [rng.randint(0, 9) for _ in pairs]
    return nodes, [
        (a, b, rng.choice([0, 0, 0, rng.randint(0, most)]), most) for (a, b), most in zip(pairs, mosts, strict=True)
    ]


def _is_feasible(nodes: int, edges: list[Edge]) -> bool:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(nodes + 2))
    surplus = [0] * nodes
    for tail, head, least, most in [*edges, (SINK, SOURCE, 0, 1000)]:
        before = graph[tail][head]["capacity"] if graph.has_edge(tail, head) else 0
        graph.add_edge(tail, head, capacity=before + most - least)
        surplus[head] += least
        surplus[tail] -= least
    for node, units in enumerate(surplus):
        graph.add_edge(nodes, node, capacity=max(0, units))
        graph.add_edge(node, nodes + 1, capacity=max(0, -units))
    return bool(nx.maximum_flow_value(graph, nodes, nodes + 1) == sum(max(0, units) for units in surplus))


def _has_more(nodes: int, edges: list[Edge], flows: list[int]) -> bool:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(nodes))
    for (tail, head, least, most), flow in zip(edges, flows, strict=True):
        graph.add_edges_from([(tail, head)] * (flow < most) + [(head, tail)] * (flow > least))
    return nx.has_path(graph, SOURCE, SINK)


@settings(max_examples=300, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_the_largest_flow_is_one_exists_where_one_does_and_is_largest(rng: Random) -> None:
    nodes, edges = _edges(rng)
    flows = largest_flow(edges, SOURCE, SINK)
    assert (flows is not None) == _is_feasible(nodes, edges)
    if flows is not None:
        assert keeps(edges, flows)
        assert not _has_more(nodes, edges, flows)
        assert largest_flow(edges, SOURCE, SINK, flows) == flows
        for node in range(2, nodes):
            into = sum(flow for (_, head, *_), flow in zip(edges, flows, strict=True) if head == node)
            assert into == sum(flow for (tail, *_), flow in zip(edges, flows, strict=True) if tail == node)


@settings(max_examples=300, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_rounding_balances_and_stays_next_to_the_share(rng: Random) -> None:
    nodes, of = rng.randint(2, 8), rng.randint(2, 7)
    pairs = [(a, b) for a in range(nodes) for b in range(nodes) if a != b and rng.random() < 0.5]
    shares = dict.fromkeys(pairs, 0)
    cycles = list(nx.simple_cycles(nx.DiGraph(pairs)))[:30]
    for cycle in rng.sample(cycles, min(len(cycles), 6)):
        units = rng.randint(1, 9)
        for pair in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            shares[pair] += units
    beside = [(rng.randint(0, 2),) for _ in pairs]
    found = rounded(pairs, [shares[pair] for pair in pairs], of, beside)
    assert all(shares[pair] // of <= units <= -(-shares[pair] // of) for pair, units in zip(pairs, found, strict=True))
    for node in range(nodes):
        into = sum(units for (_, head), units in zip(pairs, found, strict=True) if head == node)
        assert into == sum(units for (tail, _), units in zip(pairs, found, strict=True) if tail == node)


def test_shares_that_do_not_balance_are_refused() -> None:
    with pytest.raises(ValueError, match="do not balance"):
        rounded([(0, 1), (1, 2)], [1, 1], 2)
