"""The closed vocabulary of what a pass can want done."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from ..model.daemonset import HASH_LABEL
from ..model.meta import Identity
from .blueprint import Blueprint

__all__ = ["Action", "ActionReason", "Actor", "Precondition", "Stage"]


class Actor(StrEnum):
    """Who does it: the real controller does not know dsplan's policies (DESIGN section 3)."""

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
    """One write. `name` is empty where the API server makes one up (a created pod); `node` where none is concerned."""

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
    def body(self) -> dict[str, Any] | None:
        """The complete body of a pod to create (C16), None for every other action."""
        return None if self.blueprint is None else self.blueprint.body(self.node)
