"""What must hold of every simulated roll-out over every generated cluster, whatever the kubelets do."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.simulate import (
    ChanceKubelet,
    Durations,
    Injection,
    Odds,
    Removed,
    Simulation,
    Spread,
    WholeStepController,
    simulate,
)
from tests.simulate.rollouts import rollouts
from tests.worlds import NOW, Tree, trees, world

clusters = st.one_of(rollouts(), rollouts(), trees())
UNTIL = NOW + timedelta(minutes=15)
odds = st.builds(
    Odds,
    never_ready=st.sampled_from((0.0, 0.0, 0.2)),
    fails=st.sampled_from((0.0, 0.3)),
    crash_loops=st.sampled_from((0.0, 0.2)),
    never_stops=st.sampled_from((0.0, 0.0, 0.2)),
)
kubelets = st.builds(
    ChanceKubelet,
    seed=st.integers(0, 1000),
    ready=st.sampled_from((Spread(0, 0), Spread(5, 5), Spread(10, 40))),
    terminate=st.sampled_from((Spread(0, 0), Spread(7, 7), Spread(20, 60))),
    create=st.sampled_from((0.0, 1.0)),
    odds=odds,
)
durations = st.sampled_from((Durations(), Durations(react=0, between=0), Durations(react=3, between=2)))


def played(found: list[Tree], kubelet: ChanceKubelet, pace: Durations, **options: object) -> Simulation:
    return simulate(world(found), kubelet, now=NOW, until=UNTIL, durations=pace, **options)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(clusters, kubelets, durations)
def test_no_invariant_is_broken(found: list[Tree], kubelet: ChanceKubelet, pace: Durations) -> None:
    """The mutants in tests/mutants/simulation.py break one invariant each, and each is caught here."""
    assert played(found, kubelet, pace).violations == ()


@settings(max_examples=40, deadline=None)
@given(clusters, kubelets, durations)
def test_following_single_pods_equals_whole_steps(found: list[Tree], kubelet: ChanceKubelet, pace: Durations) -> None:
    """Caught: a view that forgets to regroup a node whose pod is gone, and one that keeps verdicts (see mutants)."""
    one = played(found, kubelet, pace)
    other = played(found, kubelet, pace, controller=WholeStepController())
    assert one.happenings == other.happenings
    assert one.world == other.world
    assert one.runs == other.runs


@st.composite
def edits(draw: st.DrawFn, found: list[Tree]) -> list[Injection]:
    """Somebody else's changes on the way: another template, other labels, nodes and pods that go."""
    before = world(found)
    daemonset = before.daemonsets[0]
    template = {**daemonset.spec.template, "metadata": {"labels": {"app": "ds", "edited": "yes"}}}
    spec = msgspec.structs.replace(daemonset.spec, template=template)
    choices: list[object] = [msgspec.structs.replace(daemonset, spec=spec)]
    choices += [Removed(pod) for pod in before.pods] + [Removed(node) for node in before.nodes]
    for node in before.nodes:
        metadata = msgspec.structs.replace(node.metadata, labels={**node.labels, "zone": "b"})
        choices.append(msgspec.structs.replace(node, metadata=metadata))
    picked = draw(st.lists(st.tuples(st.integers(0, 120), st.sampled_from(choices)), max_size=4))
    return [(NOW + timedelta(seconds=second), change) for second, change in picked]  # type: ignore[misc]


@settings(max_examples=40, deadline=None)
@given(st.data(), clusters, kubelets)
def test_edits_on_the_way_change_nothing_about_it(
    data: st.DataObject, found: list[Tree], kubelet: ChanceKubelet
) -> None:
    """Caught: verdicts kept when labels change; see the mutants."""
    injections = data.draw(edits(found))
    one = played(found, kubelet, Durations(), injections=injections)
    other = played(found, kubelet, Durations(), injections=injections, controller=WholeStepController())
    assert one.violations == ()
    assert one.happenings == other.happenings
    assert one.world == other.world


@settings(max_examples=20, deadline=None)
@given(clusters, kubelets)
def test_the_same_arguments_give_the_same_story(found: list[Tree], kubelet: ChanceKubelet) -> None:
    assert played(found, kubelet, Durations()) == played(found, kubelet, Durations())
