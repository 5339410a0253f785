"""Without revisions the Reconciler learns the current hash from pods, as a pass over the whole world does (H13)."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from dsplan.model.daemonset import TEMPLATE_GENERATION_ANNOTATION, TEMPLATE_GENERATION_LABEL, DaemonSet
from dsplan.passes import step
from dsplan.reconciler import Reconciler
from dsplan.testing import NOW, a_daemonset, a_node, a_pod
from dsplan.testing.journal import Journal
from tests.reconciler.agreement import assert_agrees


def counting() -> DaemonSet:
    """A DaemonSet that says which generation of its template is current."""
    owner = a_daemonset(on_delete=True)
    metadata = msgspec.structs.replace(owner.metadata, annotations={TEMPLATE_GENERATION_ANNOTATION: "1"})
    return msgspec.structs.replace(owner, metadata=metadata)


def test_a_hash_that_is_learned_from_pods_is_learned_again_when_they_change() -> None:
    """Any pod may change for all of them which hash is current: the newest of this template generation tells it."""
    journal = Journal()
    for name in ("n1", "n2", "n3"):
        journal.put(a_node(name))
    journal.put(counting())
    owner = journal.get("DaemonSet", "default", "ds")
    labels = {TEMPLATE_GENERATION_LABEL: "1"}
    journal.put(a_pod(owner, "n1", hash_label="h1", labels=labels, created=NOW))
    reconciler = Reconciler(journal.world())
    assert_agrees(reconciler, NOW)
    learned = []
    for node, hash_label, minute in (("n2", "h2", 1), ("n3", "h3", 2)):
        pod = a_pod(owner, node, hash_label=hash_label, labels=labels, created=NOW + timedelta(minutes=minute))
        reconciler.observe(journal.put(pod))
        assert_agrees(reconciler, NOW)
        observed = step(reconciler.world, now=NOW).daemonsets[0].observed
        assert observed is not None
        learned.append(observed.history.hash)
    assert learned == ["h2", "h3"]
    reconciler.observe(journal.delete("Pod", "default", "ds-n3"))
    assert_agrees(reconciler, NOW)
