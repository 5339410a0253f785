"""What does it cost to plan waves under policies, and to play them in time; how far from the bound are they?

10,000 nodes x 20 out-of-date DaemonSets, in six families: budgets per DaemonSet and zone with pools across DaemonSets,
with or without an order; racks inside zones; racks across zones; zones x kernels; each with one daemon of a node at a
time. Times, peaks and gaps are printed; gaps, growth and peaks are asserted. Run with `-s`.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from math import log
from time import process_time
from typing import Any

import msgspec
import pytest

from dsplan.document.encoding import compact_json
from dsplan.manifests.rollout_policies import decode_policy
from dsplan.model.meta import Identity
from dsplan.model.world import World
from dsplan.passes import step
from dsplan.passes.governed import plan_policies
from dsplan.policies.plan_types import PolicyPlan
from dsplan.report.documents.policies import policies_entry
from dsplan.simulator import Durations, Outcome, simulate
from dsplan.testing import NOW, a_daemonset, a_node, a_pod, a_revision
from dsplan.waves.problem import Limit, NodeClass, Problem
from dsplan.waves.schedule import schedule

BUDGETS: list[dict[str, Any]] = [
    {"maxUnavailable": "10%", "topologyKey": "topology.kubernetes.io/zone"},
    {"maxUnavailable": "2%", "topologyKey": "pool", "scope": "All"},
    {"maxUnavailable": 1, "scope": "Node"},
]


def _per(key: str, amount: int | str) -> dict[str, Any]:
    return {"maxUnavailable": amount, "topologyKey": key}


ONE_A_NODE: dict[str, Any] = {"maxUnavailable": 1, "scope": "Node"}
IN_ZONES, IN_KERNELS = _per("topology.kubernetes.io/zone", "10%"), _per("kernel", "20%")
FAMILIES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "zones and pools": ("", BUDGETS),
    "order per node": ("Node", BUDGETS),
    "order per DaemonSet": ("DaemonSet", BUDGETS),
    "racks inside zones": ("", [IN_ZONES, _per("rack", 2), ONE_A_NODE]),
    "racks across zones": ("", [IN_ZONES, _per("row", 2), ONE_A_NODE]),
    "zones x kernels": ("", [IN_ZONES, IN_KERNELS, ONE_A_NODE]),
}
WITHOUT_ORDER = [name for name, (order, _) in FAMILIES.items() if not order]

TEN_AT_ONCE: list[dict[str, Any]] = [{"maxUnavailable": 10}, {"maxUnavailable": 1, "scope": "Node"}]


def fleet(nodes: int, daemonsets: int = 20, order: str = "", budgets: Sequence[dict[str, Any]] = BUDGETS) -> World:
    """Return `nodes` healthy nodes in 3 zones and 10 pools, each with a healthy old pod of every DaemonSet."""
    names = [f"ds{number:02}" for number in range(daemonsets)]
    spec: dict[str, Any] = {"targets": [{"name": name} for name in names], "budgets": list(budgets)}
    if order:
        spec["order"] = {"per": order, "chains": [names]}
    policy = {"apiVersion": "dsplan.dev/v1alpha1", "kind": "RolloutPolicy", "metadata": {"name": "p"}, "spec": spec}
    made = [a_node(f"n{number:05}", zone="abc"[number % 3], labels=_labels(number, nodes)) for number in range(nodes)]
    sets = [a_daemonset(name, on_delete=True) for name in names]
    pods = []
    for item in sets:
        model = a_pod(item, "n", hash_label="old")
        for node in made:
            metadata = msgspec.structs.replace(model.metadata, name=f"{item.name}-{node.name}")
            placed = msgspec.structs.replace(model.spec, node_name=node.name)
            pods.append(msgspec.structs.replace(model, metadata=metadata, spec=placed))
    return World(
        nodes=tuple(made),
        daemonsets=tuple(sets),
        pods=tuple(pods),
        revisions=tuple(a_revision(item, number=2, hash_label="new") for item in sets),
        rollout_policies=(decode_policy(policy),),
    )


def _labels(number: int, nodes: int) -> dict[str, str]:
    """Return pools and kernels of even size, racks of 39 to 42 nodes inside a zone, and rows of as many across all."""
    racks = max(1, nodes // 41)
    rack = f"{number % 3}-{number // 3 % max(1, racks // 3)}"
    return {"pool": f"p{number % 10}", "kernel": f"k{number * 7 % 5}", "rack": rack, "row": f"w{number % racks}"}


def planned(world: World) -> tuple[PolicyPlan, float]:
    """Return the plan, and the processor seconds that policies took beyond the pass."""
    whole = step(world, now=NOW)
    began = process_time()
    plan = plan_policies(world, whole, now=NOW)
    return plan, process_time() - began


@pytest.mark.parametrize("order", ["", "Node", "DaemonSet"], ids=["no order", "order per node", "order per DaemonSet"])
def test_ten_thousand_nodes_and_twenty_daemonsets(order: str) -> None:
    plan, seconds = planned(fleet(10_000, order=order))
    found = plan.schedule
    began = process_time()
    named = sum(len(wave) for wave in plan.waves())
    naming = process_time() - began
    places = {Identity("DaemonSet", "default", f"ds{number:02}"): number for number in range(20)}
    size = len(compact_json(policies_entry(plan, places)))
    print(
        f"\n{order or 'no order'}: {found.waves} waves, at least {found.bound}, gap {found.gap} "
        f"({', '.join(found.methods)}); {len(list(found.runs()))} runs, {size:,} bytes; "
        f"planned in {seconds:.2f} s, {named:,} pods named in {naming:.2f} s"
    )
    assert named == 200_000
    if not order:
        assert found.gap == 0
        assert found.minimal
    assert size < 500_000


@pytest.mark.parametrize("family", FAMILIES)
def test_growth_with_nodes_is_no_worse_than_linear(family: str) -> None:
    order, budgets = FAMILIES[family]
    small, large = 2_500, 10_000
    times = {}
    for nodes in (small, large):
        found = [planned(fleet(nodes, order=order, budgets=budgets)) for _ in range(2)]
        times[nodes] = min(seconds for _, seconds in found)
    exponent = log(times[large] / times[small]) / log(large / small)
    schedule_found = found[0][0].schedule
    print(
        f"\n{family}: {times[small]:.2f} s -> {times[large]:.2f} s, exponent {exponent:.2f}; "
        f"{schedule_found.waves} waves, gap {schedule_found.gap}"
    )
    assert exponent < 1.3
    if family in WITHOUT_ORDER:
        assert schedule_found.gap <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_waves_take_at_most_250_mib_beyond_the_world(family: str) -> None:
    order, budgets = FAMILIES[family]
    world = fleet(10_000, order=order, budgets=budgets)
    whole = step(world, now=NOW)
    tracemalloc.start()
    plan_policies(world, whole, now=NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\n{family}: peak {peak >> 20} MiB")
    assert peak < 250 << 20


@pytest.mark.parametrize("budgets", [BUDGETS, TEN_AT_ONCE], ids=["as many waves", "four times the waves"])
def test_a_roll_out_in_time_grows_no_worse_than_linear(budgets: list[dict[str, Any]]) -> None:
    """4,000 nodes x 3 DaemonSets: the host decides anew at every event, and plans only the wave that begins.

    With a fixed limit there are four times the events, each over four times the nodes.
    """
    seconds = {}
    for nodes in (1_000, 4_000):
        world = fleet(nodes, 3, budgets=budgets)
        began = process_time()
        story = simulate(world, now=NOW, durations=Durations(react=1, create=1, ready=9, terminate=10, between=1))
        seconds[nodes] = process_time() - began
        assert {run.outcome for run in story.runs} == {Outcome.COMPLETE}
        assert story.violations == ()
    exponent = log(seconds[4_000] / seconds[1_000]) / log(4)
    print(f"\n{seconds[1_000]:.2f} s -> {seconds[4_000]:.2f} s, exponent {exponent:.2f}")
    assert exponent < 1.5


def test_one_at_a_time_on_ten_thousand_nodes_is_solved_once() -> None:
    problem = Problem(classes=(NodeClass(10_000, (0,)),), limits=(Limit("", frozenset({(0, 0)}), 1),))
    began = process_time()
    found = schedule(problem)
    print(f"\n{found.waves:,} waves in {len(found.parts[0].runs)} run, {process_time() - began:.3f} s")
    assert (found.waves, len(found.parts[0].runs)) == (10_000, 1)
