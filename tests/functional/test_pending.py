"""Pending pods of a real cluster against the message of its scheduler."""

from __future__ import annotations

import re

import pytest

import dsplan
from dsplan.model.pod import Pod
from dsplan.placement.filters.demand import split_pin
from dsplan.placement.filters.outcomes import OutcomeKind
from dsplan.placement.scheduler.prediction import predict

from .snapshots import needs_snapshots, stems, taken, world

_ELSEWHERE = "node(s) didn't satisfy plugin(s) [NodeAffinity]"


def verdict(pod: Pod) -> str:
    return next(
        (entry.message for entry in pod.status.conditions if entry.type == "PodScheduled" and entry.status == "False"),
        "",
    )


def reasons(message: str) -> set[str]:
    """What the scheduler said about the one node that the pod is pinned to."""
    listed = message.partition(" are available: ")[2].partition(". ")[0]
    return {re.sub(r"^\d+ ", "", part) for part in listed.split(", ")} - {_ELSEWHERE}


@needs_snapshots
@pytest.mark.parametrize("stem", stems() or ["none"])
def test_the_scheduler_said_the_same(stem: str) -> None:
    cluster = world(stem)
    prediction = predict(cluster, dsplan.step(cluster, now=taken(stem)))
    owners = {(entry.identity.namespace, entry.identity.name): entry for entry in prediction.daemonsets}
    names = [node.name for node in cluster.nodes]
    judged = [pod for pod in cluster.pods if verdict(pod)]
    for pod in judged:
        pin, _ = split_pin(pod.spec)
        assert pin is not None
        outcome = owners[pod.metadata.namespace, pod.metadata.owner_references[0].name].at(names.index(pin))
        assert outcome is not None
        assert outcome.kind is OutcomeKind.PENDING
        assert set(outcome.failures[0].reasons) == reasons(verdict(pod))
        hopeless = "1 No preemption victims found" not in verdict(pod)
        assert all(failure.resolvable for failure in outcome.failures) != hopeless
    if stem.startswith("C/"):
        assert len(judged) == 63
        pending = sum(len(entry.nodes(OutcomeKind.PENDING)) for entry in prediction.daemonsets)
        assert pending == len(judged)
