"""What repeats without end is found, named, and ends the simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from dsplan.diff import Action, Stage
from dsplan.model.meta import Identity
from dsplan.simulator import (
    BuiltinController,
    ChanceKubelet,
    Cluster,
    Decision,
    Durations,
    Invariant,
    Odds,
    Outcome,
    simulate,
)
from tests.rollouts.rollouts import cluster, daemonset, node
from tests.worlds import NOW, revision_of, world

DS = Identity("DaemonSet", "default", "ds")


def test_pods_that_always_fail_are_created_again_and_again() -> None:
    """M9, M10: the back-off doubles up to 15 minutes and never ends (K21)."""
    owner = daemonset()
    story = simulate(
        world([owner, revision_of(owner), node("n1")]), ChanceKubelet(seed=1, odds=Odds(fails=1.0)), now=NOW
    )
    [found] = story.oscillations
    assert (found.daemonset, found.node) == (DS, "n1")
    assert found.text == "its pod is created again and again (deleted as Failed)"
    assert story.runs[0].outcome is Outcome.OSCILLATING
    assert story.violations == ()


def test_a_crash_loop_is_an_oscillation_of_its_own() -> None:
    owner = daemonset()
    story = simulate(
        world([owner, revision_of(owner), node("n1")]), ChanceKubelet(seed=1, odds=Odds(crash_loops=1.0)), now=NOW
    )
    assert [entry.text for entry in story.oscillations] == ["its pod becomes ready and unready again and again"]


def test_a_template_that_the_selector_does_not_match_is_created_without_end() -> None:
    """M2: an API server refuses it; the controller would release its own pods and make new ones."""
    owner = daemonset()
    owner["spec"]["template"]["metadata"]["labels"] = {"app": "another"}
    story = simulate(world([owner, revision_of(owner), node("n1")]), now=NOW, until=NOW + timedelta(hours=1))
    assert story.runs[0].outcome is Outcome.OSCILLATING
    assert story.oscillations[0].node in ("", "n1")


class Restless:
    """A host that deletes the pods of n1 as soon as they are there."""

    def __init__(self) -> None:
        self._controller = BuiltinController()

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        yield from self._controller.decide(cluster, due)
        for pod in list(cluster.objects.pods):
            if pod.spec.node_name == "n1" and not pod.terminating:
                actions = [self._deletion(cluster, pod.name)]
                yield Decision(daemonset=DS, actions=tuple(actions))

    def _deletion(self, cluster: Cluster, name: str) -> Action:
        from dsplan.diff import ActionReason, Actor

        return Action(
            verb="delete",
            kind="Pod",
            namespace="default",
            name=name,
            node="n1",
            daemonset=DS,
            reason=ActionReason.OUTDATED,
            stage=Stage.ROLLING_UPDATE,
            actor=Actor.HOST,
        )


def test_two_who_undo_each_other_are_named() -> None:
    story = simulate(world(cluster(2)), now=NOW, controller=Restless(), durations=Durations(terminate=5, ready=5))
    assert any(entry.node == "n1" for entry in story.oscillations)
    assert story.runs[0].outcome is Outcome.OSCILLATING


class Impatient:
    """A controller that takes every old pod down at once, and says that it is an update."""

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        for decision in BuiltinController().decide(cluster, due):
            if decision.entry is None or decision.entry.observed is None:
                continue
            deletions = [action for action in decision.actions if action.verb == "delete" and action.kind == "Pod"]
            if deletions:
                template = deletions[0]
                more = [
                    Action(
                        verb="delete",
                        kind="Pod",
                        namespace="default",
                        name=pod.name,
                        node=pod.spec.node_name,
                        daemonset=DS,
                        reason=template.reason,
                        stage=Stage.ROLLING_UPDATE,
                    )
                    for pod in cluster.objects.pods
                ]
                yield Decision(daemonset=DS, actions=tuple(more), entry=decision.entry)
            else:
                yield decision


def test_a_controller_that_breaks_the_budget_is_caught() -> None:
    story = simulate(world(cluster(3)), now=NOW, controller=Impatient(), until=NOW + timedelta(seconds=1))
    assert [found.invariant for found in story.violations] == [Invariant.OVER_BUDGET]
    assert story.violations[0].text == "3 taken down beside 0 of 1"
