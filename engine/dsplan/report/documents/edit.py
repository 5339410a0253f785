"""The edit as the plan document has it, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ...document.edit import ChangedField, ChangedObject
from ...manifests.field_changes import FieldChange
from ...manifests.world_changes import ObjectChange

__all__ = ["edit_entries", "edit_of"]


def edit_entries(changes: Iterable[ObjectChange]) -> tuple[ChangedObject, ...]:
    """Return the edit as entries of a document.

    >>> edit_entries([ObjectChange(kind="PriorityClass", namespace="", name="high", change="added")])[0].name
    'high'
    """
    return tuple(
        ChangedObject(
            kind=change.kind,
            namespace=change.namespace,
            name=change.name,
            change=change.change,
            fields=tuple(
                ChangedField(path=field.path, before=field.before, after=field.after, told=field.told)
                for field in change.fields
            ),
        )
        for change in changes
    )


def edit_of(entries: Iterable[ChangedObject]) -> tuple[ObjectChange, ...]:
    """Return the edit that entries of a document stand for; the reverse of `edit_entries`."""
    return tuple(
        ObjectChange(
            kind=entry.kind,
            namespace=entry.namespace,
            name=entry.name,
            change=entry.change,
            fields=tuple(FieldChange(field.path, field.before, field.after, field.told) for field in entry.fields),
        )
        for entry in entries
    )
