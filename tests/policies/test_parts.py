"""Covers, spreads, orders of nodes and rates, each by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from dsplan.eligibility import NodeIndex
from dsplan.model.policy import Canary, Growth, Linear, NodeKey, PolicySpec, Rates, Step, Steps
from dsplan.model.state import Started
from dsplan.policies.canary import choose_canary
from dsplan.policies.cover import Covering, fewest_nodes
from dsplan.policies.node_order import order_nodes, order_text
from dsplan.policies.rates import Pacer
from dsplan.policies.steps import step_rules, targets_of
from dsplan.testing import a_node

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@settings(max_examples=100, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_covers_against_brute_force(rng: Random) -> None:
    """A greedy in place of the matching is caught within these cases; so is a bound that is one too high."""
    width = rng.randint(1, 4)
    values = {n: tuple(rng.choice(("", "a", "b", "c", "d")) for _ in range(width)) for n in range(rng.randint(0, 8))}
    found = fewest_nodes(list(values), values)
    needed = {(key, part) for parts in values.values() for key, part in enumerate(parts) if part}

    def covers(nodes: tuple[int, ...]) -> bool:
        return needed <= {(key, part) for node in nodes for key, part in enumerate(values[node])}

    assert covers(found.nodes)
    best = next(size for size in range(9) if any(covers(nodes) for nodes in combinations(values, size)))
    assert found.bound <= best <= len(found.nodes)
    if found.minimal or width <= 2:
        assert len(found.nodes) == best


def test_all_combinations_that_occur() -> None:
    values = {0: ("a", "x"), 1: ("a", "x"), 2: ("b", "x"), 3: ("b", "")}
    assert fewest_nodes([0, 1, 2, 3], values, combinations=True) == Covering((0, 2, 3), 3, "one node a combination")


def test_a_cover_of_many_combinations_says_what_is_proved() -> None:
    rng = Random(1)
    values = {node: tuple(rng.choice("abcdefgh") for _ in range(3)) for node in range(60)}
    found = fewest_nodes(list(values), values)
    assert found.bound == 8
    assert 8 <= len(found.nodes) < 14
    assert found.minimal == (len(found.nodes) == 8)


def test_a_canary_by_count_is_spread() -> None:
    labels = [("a", "x"), ("a", "y"), ("a", "x"), ("b", "x"), ("b", "y"), ("c", "x")]
    index = NodeIndex(a_node(f"n{n}", labels={"zone": z, "pool": p}) for n, (z, p) in enumerate(labels))
    found = choose_canary(Canary(count=3, spread=("zone",)), BitMap(range(6)), index, (NodeKey(by="Name"),))
    assert found.nodes == (0, 3, 5)
    both = choose_canary(Canary(count=2, spread=("zone", "pool")), BitMap(range(6)), index, (NodeKey(by="Name"),))
    assert both.nodes == (0, 4)


def test_nodes_that_are_not_ready_are_no_canary() -> None:
    index = NodeIndex([a_node("n0", ready=False), a_node("n1")])
    assert choose_canary(Canary(count="50%"), BitMap((0, 1)), index, ()).nodes == (1,)


def test_orders_are_total_and_say_what_they_are() -> None:
    nodes = [
        a_node("n0", labels={"rack": "b", "weight": "10"}),
        a_node("n1", labels={"rack": "a", "weight": "9"}, ready=False),
        a_node("n2", labels={"rack": "a"}),
        a_node("n3", labels={"rack": "b", "weight": "x"}),
    ]
    index = NodeIndex(nodes)

    def ordered(*keys: NodeKey) -> list[int]:
        return order_nodes(range(4), index, keys)

    assert ordered(NodeKey(by="Name", descending=True)) == [3, 2, 1, 0]
    assert ordered(NodeKey(by="Label", key="weight")) == [1, 0, 3, 2]
    assert ordered(NodeKey(by="Spread", key="rack")) == [1, 0, 2, 3]
    assert ordered(NodeKey(by="NotReadyFirst"), NodeKey(by="Name", descending=True)) == [1, 3, 2, 0]
    assert ordered(NodeKey(by="Label", key="rack"), NodeKey(by="Label", key="weight")) == [1, 2, 0, 3]
    assert order_text((NodeKey(by="NotReadyFirst"), NodeKey(by="Age"))) == (
        "nodes that are not ready first, then by age, the oldest first, then by name"
    )
    assert order_text(()) == "sick nodes first, then spread over zones, then by name"


def test_the_order_of_input_plays_no_part() -> None:
    index = NodeIndex(a_node(f"n{n}", labels={"rack": "ab"[n % 2]}) for n in range(6))
    keys = (NodeKey(by="Spread", key="rack"),)
    assert order_nodes([5, 3, 1, 0, 2, 4], index, keys) == order_nodes(range(6), index, keys)


def test_every_way_to_write_steps_ends_with_everything() -> None:
    ways = [
        Steps(list=(1, Step(to="50%", soak="1h"))),
        Steps(list=("50%", "100%")),
        Steps(linear=Linear(by="30%")),
        Steps(linear=Linear(by=4)),
        Steps(exponential=Growth(start=2, factor=3)),
        Steps(slow_start=Growth()),
    ]
    found = [targets_of(step_rules(PolicySpec(targets=(), steps=way), 20), 20, 0) for way in ways]
    assert found == [(1, 10, 20), (10, 20), (6, 12, 18, 20), (4, 8, 12, 16, 20), (2, 6, 18, 20), (1, 3, 7, 15, 20)]


def test_steps_never_fall_below_the_canary() -> None:
    spec = PolicySpec(targets=(), canary=Canary(count=5), steps=Steps(list=(1, "50%")))
    assert targets_of(step_rules(spec, 20), 20, 5) == (5, 5, 10, 20)


def test_pods_per_minute_are_counted_over_any_minute() -> None:
    started = (Started(at=NOW - timedelta(seconds=59), pods=2), Started(at=NOW - timedelta(seconds=61), pods=9))
    pacer = Pacer(Rates(pods_per_minute=3), started, NOW)
    assert [pacer.begin(0) for _ in range(2)] == [True, False]
    assert pacer.free_at == NOW + timedelta(seconds=1)
    assert [entry.pods for entry in pacer.remembered()] == [2, 1]


def test_bytes_are_counted_over_any_minute_and_a_larger_pull_until_it_is_through() -> None:
    rates = Rates(image_bytes_per_second="1Mi")
    small, large = 20 * 2**20, 90 * 2**20
    pacer = Pacer(rates, (), NOW)
    assert [pacer.begin(small) for _ in range(4)] == [True, True, True, False]
    assert pacer.free_at == NOW + timedelta(seconds=60)
    started = (Started(at=NOW - timedelta(seconds=80), pods=1, image_bytes=large),)
    busy = Pacer(rates, started, NOW)
    assert not busy.begin(small)
    assert busy.begin(0)
    assert busy.free_at == NOW + timedelta(seconds=10)
    later = Pacer(rates, started, NOW + timedelta(seconds=10))
    assert later.begin(large)
    assert not later.begin(small)
    assert later.seconds(3 * large) == 270.0
