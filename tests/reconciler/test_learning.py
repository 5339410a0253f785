"""Without revisions the Reconciler learns the current hash from pods, as a pass over the whole world does (H13)."""

from __future__ import annotations

from dsplan.reconciler import Reconciler
from dsplan.testing import NOW, a_daemonset, a_node, a_pod
from dsplan.testing.journal import Journal
from tests.reconciler.agreement import assert_agrees


def test_a_hash_that_is_learned_from_pods_is_learned_again_when_they_change() -> None:
    """H13: without revisions any pod may change for all of them what is up to date."""
    journal = Journal()
    for name in ("n1", "n2", "n3"):
        journal.put(a_node(name))
    journal.put(a_daemonset(on_delete=True))
    owner = journal.get("DaemonSet", "default", "ds")
    journal.put(a_pod(owner, "n1", hash_label="h1"))
    reconciler = Reconciler(journal.world())
    assert_agrees(reconciler, NOW)
    for node, hash_label in (("n2", "h2"), ("n3", "h2")):
        journal.put(a_pod(owner, node, hash_label=hash_label))
        for event in journal.events:
            reconciler.observe(event)
        assert_agrees(reconciler, NOW)
    journal.delete("Pod", "default", "ds-n1")
    for event in journal.events:
        reconciler.observe(event)
    assert_agrees(reconciler, NOW)
