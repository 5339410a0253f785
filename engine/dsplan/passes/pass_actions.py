"""What the phases want, as actions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from ..diff import Action, ActionReason, Blueprint, Precondition, Stage, bodies
from ..model.daemonset import HASH_LABEL, ControllerRevision, DaemonSet, DaemonSetStatus
from ..model.pod import Pod, target_node
from ..observe import Claim, History
from ..observe.history import RevisionChange

__all__ = ["BURST", "adoption_actions", "history_actions", "revision_deletions", "status_action", "sync_actions"]

BURST = 250
"""C12: creations, and separately deletions, per sync of a phase."""


def sync_actions(
    daemonset: DaemonSet,
    stage: Stage,
    create: Sequence[tuple[str, ActionReason]],
    delete: Sequence[tuple[str, Pod, ActionReason]],
    blueprint: Blueprint | None,
    written: Collection[str] = (),
) -> tuple[list[Action], tuple[int, int]]:
    """Return the actions of one syncNodes call, creations first (C14), and how many of each are left over (C12).

    `blueprint` is needed where there is something to create. Pods that this pass has `written` to before, by name, have
    another resourceVersion by then: of these only the uid is a precondition.
    """
    actions = [
        Action(
            verb="create",
            kind="Pod",
            namespace=daemonset.metadata.namespace,
            name="",
            node=node,
            daemonset=daemonset.identity,
            reason=reason,
            stage=stage,
            blueprint=blueprint,
        )
        for node, reason in create[:BURST]
    ]
    actions += [_deletion(daemonset, stage, pod, node, reason, written) for node, pod, reason in delete[:BURST]]
    return actions, (max(0, len(create) - BURST), max(0, len(delete) - BURST))


def _deletion(
    daemonset: DaemonSet, stage: Stage, pod: Pod, node: str, reason: ActionReason, written: Collection[str]
) -> Action:
    action = _on_pod("delete", daemonset, stage, pod, node, reason)
    if pod.metadata.name not in written:
        return action
    return msgspec.structs.replace(action, precondition=Precondition(pod.metadata.uid, ""))


def adoption_actions(daemonset: DaemonSet, claim: Claim[Pod]) -> Iterator[Action]:
    """Yield the adoptions and releases of pods (M2, M3)."""
    for pods, reason, body in (
        (claim.adopted, ActionReason.ADOPTED, bodies.adoption),
        (claim.released, ActionReason.RELEASED, bodies.release),
    ):
        for pod in sorted(pods, key=lambda pod: pod.metadata.name):
            action = _on_pod("patch", daemonset, Stage.ADOPTION, pod, target_node(pod) or "", reason)
            yield msgspec.structs.replace(action, content=body(daemonset))


def history_actions(
    daemonset: DaemonSet, history: History, claimed: Iterable[Pod], adopted: Collection[str] = ()
) -> Iterator[Action]:
    """Yield what constructing the history writes, relabelled pods included (H1, H8).

    `adopted` pods, by name, were patched before.
    """
    if history.created is not None:
        made = history.created
        content = bodies.revision(daemonset, made.name, made.revision, made.hash)
        action = _on_revision("create", daemonset, made, ActionReason.NEW_REVISION)
        yield msgspec.structs.replace(action, content=content)
    for change in history.updated:
        yield _on_revision("update", daemonset, change, ActionReason.REVISION_UPDATED)
    if not history.duplicates:
        return
    for pod in sorted(claimed, key=lambda pod: pod.metadata.name):
        if pod.metadata.labels.get(HASH_LABEL) != history.hash:
            node = target_node(pod) or ""
            relabel = _on_pod("patch", daemonset, Stage.HISTORY, pod, node, ActionReason.RELABELLED)
            known = Precondition(pod.metadata.uid, "") if pod.metadata.name in adopted else relabel.precondition
            yield msgspec.structs.replace(relabel, change={"hash": history.hash}, precondition=known)
    yield from revision_deletions(daemonset, history.duplicates, ActionReason.REVISION_DUPLICATE)


def revision_deletions(
    daemonset: DaemonSet, revisions: Iterable[ControllerRevision], reason: ActionReason
) -> Iterator[Action]:
    """Yield the deletion of revisions (H8, H9)."""
    for revision in revisions:
        change = RevisionChange(revision.name, revision.revision, revision.metadata.labels.get(HASH_LABEL, ""))
        yield _on_revision("delete", daemonset, change, reason)


def status_action(daemonset: DaemonSet, status: DaemonSetStatus) -> Action:
    """Return the write of the status (S11)."""
    return Action(
        verb="update",
        kind="DaemonSet",
        namespace=daemonset.metadata.namespace,
        name=daemonset.name,
        node="",
        daemonset=daemonset.identity,
        reason=ActionReason.STATUS_CHANGED,
        stage=Stage.STATUS,
        change=msgspec.to_builtins(status),
    )


def _on_pod(verb: str, daemonset: DaemonSet, stage: Stage, pod: Pod, node: str, reason: ActionReason) -> Action:
    metadata = pod.metadata
    return Action(
        verb=verb,
        kind="Pod",
        namespace=metadata.namespace,
        name=metadata.name,
        node=node,
        daemonset=daemonset.identity,
        reason=reason,
        stage=stage,
        precondition=Precondition(metadata.uid, metadata.resource_version),
    )


def _on_revision(verb: str, daemonset: DaemonSet, change: RevisionChange, reason: ActionReason) -> Action:
    return Action(
        verb=verb,
        kind="ControllerRevision",
        namespace=daemonset.metadata.namespace,
        name=change.name,
        node="",
        daemonset=daemonset.identity,
        reason=reason,
        stage=Stage.HISTORY,
        change={"revision": change.revision, "hash": change.hash},
    )
