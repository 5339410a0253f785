"""What must hold of every simulated roll-out over every generated cluster, whatever the kubelets do."""

from __future__ import annotations

from datetime import timedelta
from itertools import zip_longest

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dsplan.simulator import (
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
from tests.rollouts.rollouts import rollouts
from tests.worlds import NOW, Tree, trees, world

PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)  # explaining a failure takes minutes here
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
    create=st.sampled_from((0.0, 1.0, 20.0)),
    odds=odds,
)
durations = st.sampled_from((Durations(), Durations(react=0, between=0), Durations(react=3, between=2)))


def played(found: list[Tree], kubelet: ChanceKubelet, durations: Durations, **options: object) -> Simulation:
    return simulate(world(found), kubelet, now=NOW, until=UNTIL, durations=durations, **options)  # type: ignore[arg-type]


def broken(story: Simulation) -> list[str]:
    """The first few violations: comparing all of them takes pytest longer than the story."""
    return [f"{found.invariant}: {found.text}" for found in story.violations[:3]]


def first_difference(one: Simulation, other: Simulation) -> str | None:
    for mine, its in zip_longest(one.log, other.log):
        if mine != its:
            return f"{mine} != {its}"
    differing = [field for field in ("world", "runs", "violations") if getattr(one, field) != getattr(other, field)]
    return f"{differing} differ" if differing else None


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(clusters, kubelets, durations)
def test_no_invariant_is_broken(found: list[Tree], kubelet: ChanceKubelet, durations: Durations) -> None:
    """The mutants in tests/mutants/simulation.py break one invariant each, and each is caught here."""
    assert broken(played(found, kubelet, durations)) == []


@settings(max_examples=40, deadline=None, phases=PHASES)
@given(clusters, kubelets, durations)
def test_following_single_pods_equals_whole_steps(
    found: list[Tree], kubelet: ChanceKubelet, durations: Durations
) -> None:
    """Caught: a view that forgets to regroup a node whose pod is gone, and one that keeps verdicts (see mutants)."""
    one = played(found, kubelet, durations)
    other = played(found, kubelet, durations, controller=WholeStepController())
    assert first_difference(one, other) is None


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


@settings(max_examples=40, deadline=None, phases=PHASES)
@given(st.data(), clusters, kubelets)
def test_edits_on_the_way_change_nothing_about_it(
    data: st.DataObject, found: list[Tree], kubelet: ChanceKubelet
) -> None:
    """Caught: verdicts kept when labels change; see the mutants."""
    injections = data.draw(edits(found))
    one = played(found, kubelet, Durations(), injections=injections)
    other = played(found, kubelet, Durations(), injections=injections, controller=WholeStepController())
    assert broken(one) == []
    assert first_difference(one, other) is None


@settings(max_examples=20, deadline=None, phases=PHASES)
@given(clusters, kubelets)
def test_the_same_arguments_give_the_same_story(found: list[Tree], kubelet: ChanceKubelet) -> None:
    assert first_difference(played(found, kubelet, Durations()), played(found, kubelet, Durations())) is None
