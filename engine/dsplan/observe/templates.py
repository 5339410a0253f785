"""Is it the same template? The raw trees decide, after defaulting (H2-H6)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import RawTree

__all__ = ["new_revision_hash", "revision_template", "same_template"]

_HASH_ALPHABET = "456789bcdf"


def revision_template(revision: ControllerRevision) -> RawTree:
    """Return the template inside a revision's data, without the patch directive (H2)."""
    spec = revision.data.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(template, dict):
        return {}
    return {key: value for key, value in template.items() if key != "$patch"}


def same_template(one: RawTree, other: RawTree) -> bool:
    """Return whether two raw templates are the same after defaulting (H3, H4)."""
    return one == other or _normal(one) == _normal(other)


def _normal(template: RawTree) -> str:
    return json.dumps(_without_nulls(template), sort_keys=True, default=str)


def _without_nulls(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_nulls(value) for key, value in tree.items() if value is not None}
    return [_without_nulls(entry) for entry in tree] if isinstance(tree, list) else tree


def new_revision_hash(daemonset: DaemonSet) -> str:
    """Return a stand-in for the hash of a new revision: stable, of the legal alphabet, not what Go computes (H6)."""
    text = f"{_normal(daemonset.spec.template)}/{daemonset.status.collision_count or 0}"
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_HASH_ALPHABET[byte % 10] for byte in digest[:10])
