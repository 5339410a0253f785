"""Explanations, counterfactuals and differences as documents for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ...errors import may_be_secret
from ...explain.answers import Explanation
from ...explain.counterfactual import Counterfactual
from ...explain.difference import Difference
from ...explain.edits import Edit, SetField
from ...explain.fields import parse_path
from ...explain.shared import shared_causes

__all__ = ["EXPLANATION_VERSION", "difference_document", "explanation_document"]

EXPLANATION_VERSION = "2.0"
"""A minor version adds, a major one breaks."""


def explanation_document(
    explanations: Sequence[Explanation],
    counterfactuals: Sequence[Counterfactual] = (),
    difference: Difference | None = None,
) -> dict[str, Any]:
    """Return explanations as one document; causes that classes share are listed once, with the classes by position."""
    document: dict[str, Any] = {
        "version": EXPLANATION_VERSION,
        "kind": "Explanation",
        "explanations": [
            {
                "subject": explanation.subject,
                "total": explanation.total,
                "classes": [{"count": entry.count, **_class(entry)} for entry in explanation.classes],
                "causes": shared_causes(explanation),
                "notes": explanation.notes,
            }
            for explanation in explanations
        ],
        "counterfactuals": counterfactuals,
    }
    return document if difference is None else {**document, "difference": _difference(difference)}


def _class(entry: Any) -> dict[str, Any]:
    return {"answer": entry.answer, "members": entry.members, "observed": dict(entry.observed), "waves": entry.waves}


def difference_document(difference: Difference) -> dict[str, Any]:
    """Return a difference as a document; empty lists say that nothing differs there."""
    return {"version": EXPLANATION_VERSION, "kind": "Difference", "difference": _difference(difference)}


def _difference(difference: Difference) -> dict[str, Any]:
    account = difference.account
    return {
        "edits": tuple(map(_without_secret, difference.edits)),
        "before": account.before,
        "after": account.after,
        "nodes": account.nodes,
        "daemonsets": account.daemonsets,
        "notes": difference.notes,
    }


def _without_secret(edit: Edit) -> Edit:
    """Return an edit without a value that may be secret."""
    if isinstance(edit, SetField) and may_be_secret(parse_path(edit.path)[0], edit.value):
        return msgspec.structs.replace(edit, value=None)
    return edit
