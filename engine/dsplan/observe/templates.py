"""Is it the same template? The raw trees decide, after defaulting (H2-H6)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..apiserver.defaulting import canonical_template, number_of, template_digest, template_number
from ..model.daemonset import ControllerRevision, DaemonSet
from ..model.meta import RawTree

__all__ = ["digest_of", "new_revision_hash", "revision_template", "same_template"]

_HASH_ALPHABET = "456789bcdf"


class _ByIdentity:
    """A tree as a cache key: trees are never written to, so the same object means the same content."""

    __slots__ = ("tree",)

    def __init__(self, tree: RawTree) -> None:
        self.tree = tree

    def __hash__(self) -> int:
        return id(self.tree)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.tree is other.tree


@lru_cache(maxsize=4096)
def _digest(key: _ByIdentity) -> str:
    return template_digest(key.tree)


@lru_cache(maxsize=4096)
def _canonical(key: _ByIdentity) -> bytes | None:
    return canonical_template(key.tree)


@lru_cache(maxsize=4096)
def _number(key: _ByIdentity) -> int:
    return template_number(key.tree)


def digest_of(template: RawTree) -> str:
    """Return the digest of a template's defaulted, canonical form; remembered as long as the tree is in use (H4)."""
    return _digest(_ByIdentity(template))


def revision_template(revision: ControllerRevision) -> RawTree:
    """Return the template inside a revision's data; empty where it has none (H2)."""
    spec: Any = revision.data.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    return template if isinstance(template, dict) else {}


def same_template(one: RawTree, other: RawTree) -> bool:
    """Return whether two raw templates are the same after defaulting (H3, H4)."""
    if one is other:
        return True
    left, right = _canonical(_ByIdentity(one)), _canonical(_ByIdentity(other))
    if left is None or right is None:
        return digest_of(one) == digest_of(other)
    return left == right


def new_revision_hash(daemonset: DaemonSet) -> str:
    """Return a stand-in for the hash of a new revision: stable, of the legal alphabet, not what Go computes (H6)."""
    number = _number(_ByIdentity(daemonset.spec.template))
    count = daemonset.status.collision_count
    digits = f"{number_of(f'{number}/{count}'.encode()) if count else number:010}"
    return "".join(_HASH_ALPHABET[int(digit)] for digit in digits)
