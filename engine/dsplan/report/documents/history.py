"""The history of DaemonSets as a document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...explain.revisions import RevisionHistory, RevisionUse

__all__ = ["HISTORY_VERSION", "history_document"]

HISTORY_VERSION = "1.0"
"""A minor version adds, a major one breaks."""


def history_document(histories: Sequence[RevisionHistory]) -> dict[str, Any]:
    """Return the histories as one document; `changes` is null where it is not known what a revision changed."""
    return {
        "version": HISTORY_VERSION,
        "kind": "History",
        "daemonSets": [
            {
                "namespace": history.daemonset.namespace,
                "name": history.daemonset.name,
                "revisions": [_revision(entry) for entry in history.revisions],
                "notes": history.notes,
            }
            for history in histories
        ],
    }


def _revision(entry: RevisionUse) -> dict[str, Any]:
    return {
        "revision": entry.number,
        "name": entry.name,
        "hash": entry.hash,
        "created": entry.created,
        "current": entry.is_current,
        "pods": entry.pods,
        "pools": [{"pool": name, "pods": pods} for name, pods in entry.pools],
        "changes": entry.changes,
    }
