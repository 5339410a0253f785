"""The writes of one pass, as (stage, verb, kind, name, node, reason, change)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...model.daemonset import HASH_LABEL, DaemonSetStatus
from ...model.pod import target_node
from ...observe.history import RevisionChange, surplus_revisions
from ...observe.ownership import Ownership
from .case import Case

__all__ = ["WRITE_RANKS", "Write", "change_text", "writes_besides_pods"]

_IN_ORDER = """
adoption patch Pod Adopted Released
history create ControllerRevision NewRevision
history update ControllerRevision RevisionUpdated
history patch Pod Relabelled
history delete ControllerRevision RevisionDuplicate
manage create Pod Missing MissingUnderSurge
manage delete Pod Failed Succeeded Duplicate Replaced NotEligible NodeVanished
rolling-update create Pod Outdated OutdatedUnavailable
rolling-update delete Pod Outdated OutdatedUnavailable OutdatedNotEligible Replaced
history delete ControllerRevision RevisionSurplus
status update DaemonSet StatusChanged
"""
WRITE_RANKS = {
    (stage, verb, kind, reason): rank
    for rank, (stage, verb, kind, *reasons) in enumerate(map(str.split, _IN_ORDER.strip().splitlines()))
    for reason in reasons
}
"""Every write that a pass can have, by (stage, verb, kind, reason), with its place in the order of C1 and C14."""

Write = tuple[str, str, str, str, str, str, str]


def change_text(change: dict[str, object]) -> str:
    """Return a change in a form that can be compared and sorted."""
    return msgspec.json.encode(change, order="sorted").decode()


def writes_besides_pods(case: Case, status: DaemonSetStatus | None, *, cleans_up: bool) -> Iterator[Write]:
    """Yield adoptions, releases, relabelling, revisions and status; not what creates or deletes pods (C1)."""
    yield from _on_pods(case)
    history = case.history
    live = {pod.metadata.labels.get(HASH_LABEL, "") for pod in case.claimed if target_node(pod) is not None} - {""}
    surplus = surplus_revisions(case.daemonset, history, live) if cleans_up else ()
    for verb, reason, changes in (
        ("create", "NewRevision", (history.created,) if history.created else ()),
        ("update", "RevisionUpdated", history.updated),
        ("delete", "RevisionDuplicate", history.duplicates),
        ("delete", "RevisionSurplus", surplus),
    ):
        for one in changes:
            worn = one.hash if isinstance(one, RevisionChange) else one.metadata.labels.get(HASH_LABEL, "")
            change = change_text({"revision": one.revision, "hash": worn})
            yield ("history", verb, "ControllerRevision", one.name, "", reason, change)
    if status is not None:
        change = change_text(msgspec.to_builtins(status))
        yield ("status", "update", "DaemonSet", case.daemonset.name, "", "StatusChanged", change)


def _on_pods(case: Case) -> Iterator[Write]:
    """Yield what is done to pods that stay: M2, M3, H8."""
    for pod, how in case.ownership_of:
        node = target_node(pod) or ""
        if how in (Ownership.ADOPTED, Ownership.RELEASED):
            yield ("adoption", "patch", "Pod", pod.name, node, how.name.capitalize(), "{}")
        elsewhere = pod.metadata.labels.get(HASH_LABEL) != case.history.hash
        if case.history.duplicates and elsewhere and how in (Ownership.CLAIMED, Ownership.ADOPTED):
            yield ("history", "patch", "Pod", pod.name, node, "Relabelled", change_text({"hash": case.history.hash}))
