"""Going on from the State of another, after a crash or fail-over (C5, C7, C8)."""

from __future__ import annotations

import msgspec
import pytest

from dsplan.diff import Action
from dsplan.model.daemonset import HASH_LABEL
from dsplan.model.meta import Identity
from dsplan.model.state import PolicyProgress, State
from dsplan.reconciler import WATCHED, Reconciler
from dsplan.testing import NOW, a_daemonset, a_node, a_pod
from dsplan.testing.journal import Journal
from dsplan.testing.wire import KINDS


def before_the_crash() -> tuple[Journal, State, Action]:
    """Return a cluster of one node without a pod, and the State of a host that has just issued its creation."""
    journal = Journal()
    journal.put(a_node("n1"))
    journal.put(a_daemonset())
    journal.put(a_pod(journal.get("DaemonSet", "default", "ds"), "n1"))
    reconciler = Reconciler(journal.world())
    for action in reconciler.plan(NOW).actions:
        if action.kind == "ControllerRevision":
            journal.carry_out(action, NOW)
    journal.delete("Pod", "default", "ds-n1")
    for event in journal.events:
        reconciler.observe(event)
    [create] = [action for action in reconciler.plan(NOW).actions if action.kind == "Pod"]
    reconciler.issued(create)
    return journal, reconciler.state, create


def listed(reconciler: Reconciler, journal: Journal) -> None:
    for kind in KINDS:
        reconciler.replace(kind, journal.of_kind(kind), resource_version=str(journal.version))


def creations(reconciler: Reconciler) -> list[str]:
    return [action.node for action in reconciler.plan(NOW).actions if (action.verb, action.kind) == ("create", "Pod")]


def test_nothing_is_decided_before_everything_is_listed() -> None:
    journal, state, _ = before_the_crash()
    resumed = Reconciler.resume(state)
    for kind in KINDS[:-1]:
        resumed.replace(kind, journal.of_kind(kind), resource_version=str(journal.version))
    [decision] = resumed.plan(NOW).decisions
    assert decision.error is not None
    assert "to be listed: Pod" in decision.error
    assert resumed.plan(NOW).actions == ()
    resumed.replace("Pod", [], resource_version=str(journal.version))
    assert resumed.plan(NOW).decisions[0].error is None


def test_what_was_issued_is_still_awaited() -> None:
    journal, state, create = before_the_crash()
    resumed = Reconciler.resume(state)
    listed(resumed, journal)
    assert resumed.in_flight(create)
    assert creations(resumed) == []


def test_what_was_carried_out_is_seen() -> None:
    journal, state, create = before_the_crash()
    journal.carry_out(create, NOW)
    resumed = Reconciler.resume(state)
    listed(resumed, journal)
    assert not resumed.in_flight(create)
    assert creations(resumed) == []


def test_a_pod_seen_before_the_crash_is_not_the_one_that_was_created() -> None:
    """A list may be newer than what is known and yet older than a write; here the old pod is in it once more."""
    journal, state, create = before_the_crash()
    resumed = Reconciler.resume(state)
    stored = journal.get("DaemonSet", "default", "ds")
    assert create.blueprint is not None
    label = create.blueprint.metadata["labels"][HASH_LABEL]
    for kind in KINDS[:-1]:
        resumed.replace(kind, journal.of_kind(kind), resource_version=str(journal.version))
    old = a_pod(stored, "n1", name="earlier", hash_label=label, uid="earlier", version=2)
    resumed.replace("Pod", [old], resource_version=str(journal.version))
    assert resumed.in_flight(create)


@pytest.mark.parametrize("known", [True, False])
def test_a_host_that_saves_nothing_goes_by_the_lists(known: bool) -> None:
    journal, _, create = before_the_crash()
    if known:
        journal.carry_out(create, NOW)
    resumed = Reconciler.resume(State())
    listed(resumed, journal)
    assert creations(resumed) == ([] if known else ["n1"])


def test_policies_are_awaited_where_there_were_any() -> None:
    """Without them it would do for a moment what they forbid."""
    journal, state, _ = before_the_crash()
    rollouts = (PolicyProgress(policy=Identity("RolloutPolicy", "default", "p")),)
    resumed = Reconciler.resume(msgspec.structs.replace(state, rollouts=rollouts))
    for kind in WATCHED[1:]:
        resumed.replace(kind, journal.of_kind(kind), resource_version=str(journal.version))
    error = resumed.plan(NOW).decisions[0].error
    assert error is not None
    assert "to be listed: RolloutPolicy" in error
    resumed.replace("RolloutPolicy", [], resource_version=str(journal.version))
    assert resumed.plan(NOW).decisions[0].error is None
