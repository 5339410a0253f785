"""The closed vocabulary of what a pass can want done."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from ..model.daemonset import HASH_LABEL
from ..model.meta import Identity, RawTree
from . import bodies
from .blueprint import Blueprint

__all__ = ["Action", "ActionReason", "Actor", "Precondition", "Stage"]


class Actor(StrEnum):
    """Who does it: the real controller does not know dsplan's policies."""

    CONTROLLER = "controller"
    HOST = "host"


class Stage(StrEnum):
    """The phase of the pass an action comes from, in the order of C1."""

    ADOPTION = "adoption"
    HISTORY = "history"
    MANAGE = "manage"
    ROLLING_UPDATE = "rolling-update"
    STATUS = "status"


class ActionReason(StrEnum):
    """Why; the rule is in the comment."""

    ADOPTED = "Adopted"  # M3
    RELEASED = "Released"  # M2
    NEW_REVISION = "NewRevision"  # H1
    REVISION_UPDATED = "RevisionUpdated"  # H8
    REVISION_DUPLICATE = "RevisionDuplicate"  # H8
    REVISION_SURPLUS = "RevisionSurplus"  # H9
    RELABELLED = "Relabelled"  # H8
    MISSING = "Missing"  # M7
    MISSING_UNDER_SURGE = "MissingUnderSurge"  # M15
    FAILED = "Failed"  # M9
    SUCCEEDED = "Succeeded"  # M11
    DUPLICATE = "Duplicate"  # M13, M17
    REPLACED = "Replaced"  # M18, R24
    NOT_ELIGIBLE = "NotEligible"  # M20
    NODE_VANISHED = "NodeVanished"  # M22
    OUTDATED = "Outdated"  # R10, R23
    OUTDATED_UNAVAILABLE = "OutdatedUnavailable"  # R9, R20
    OUTDATED_NOT_ELIGIBLE = "OutdatedNotEligible"  # R21, R25
    STATUS_CHANGED = "StatusChanged"  # S11


class Precondition(msgspec.Struct, frozen=True):
    """What must still hold when the action is carried out."""

    uid: str
    resource_version: str


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One write. `name` is empty where the API server makes one up (a created pod); `node` where none is concerned.

    `verb` is `create`, `delete`, or a change: `patch` of a pod, `update` of a revision or of a DaemonSet's status.
    `change` says what becomes different; `body` is what to send.
    """

    verb: str
    kind: str
    namespace: str
    name: str
    node: str
    daemonset: Identity
    reason: ActionReason
    stage: Stage
    actor: Actor = Actor.CONTROLLER
    precondition: Precondition | None = None
    blueprint: Blueprint | None = None
    change: dict[str, Any] = {}
    content: RawTree | None = None

    @property
    def api_version(self) -> str:
        """The API group and version of `kind`."""
        return "v1" if self.kind == "Pod" else "apps/v1"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Which write it is: verb, kind, name and uid of the precondition; for the creation of a pod node and hash."""
        if self.blueprint is not None:
            return self.verb, self.kind, self.node, self.blueprint.metadata["labels"].get(HASH_LABEL, "")
        return self.verb, self.kind, self.name, self.precondition.uid if self.precondition else ""

    @property
    def subresource(self) -> str:
        """`status` where only that is written, else empty."""
        return "status" if self.kind == "DaemonSet" else ""

    @property
    def body(self) -> RawTree:
        """What to send: the complete object to create (C16, H1), the options of a deletion, a strategic merge patch.

        >>> change = Action(verb="update", kind="DaemonSet", namespace="default", name="ds", node="",
        ...     daemonset=Identity("DaemonSet", "default", "ds"), reason=ActionReason.STATUS_CHANGED,
        ...     stage=Stage.STATUS, change={"numberReady": 3})
        >>> change.subresource, change.body["status"]["numberReady"], change.body["status"]["numberAvailable"]
        ('status', 3, 0)
        """
        if self.blueprint is not None:
            return self.blueprint.body(self.node)
        if self.verb == "create":
            return self.content or {}
        known = self.precondition or Precondition("", "")
        if self.verb == "delete":
            return bodies.deletion(known.uid, known.resource_version)
        if self.kind == "DaemonSet":
            return bodies.status_change(self.change)
        if self.kind == "ControllerRevision":
            return bodies.revision_change(self.change)
        metadata = {"labels": {HASH_LABEL: self.change["hash"]}} if self.content is None else self.content["metadata"]
        version = {"resourceVersion": known.resource_version} if known.resource_version or not known.uid else {}
        return {"metadata": {"uid": known.uid, **version, **metadata}}
