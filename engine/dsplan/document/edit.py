"""The edit that a plan is made of: what the manifests that were laid over the cluster change in it."""

from __future__ import annotations

from .base import Entry

__all__ = ["ChangedField", "ChangedObject"]


class ChangedField(Entry, frozen=True, kw_only=True):
    """One field by its path. `before` and `after` are absent where there is none, and where they may be secret.

    `told` says then what became of it: "added", "removed" or "changed".
    """

    path: str
    before: str | None = None
    after: str | None = None
    told: str = ""


class ChangedObject(Entry, frozen=True, kw_only=True):
    """One object; `change` is "added", "removed" or "changed", and `fields` says how it was changed."""

    kind: str
    namespace: str = ""
    name: str
    change: str
    fields: tuple[ChangedField, ...] = ()
