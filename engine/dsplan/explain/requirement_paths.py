"""Requirements of a template by their paths: which fields have to go so that some of them go."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.meta import RawTree
from .fields import Path, field_at, parse_path

__all__ = ["removals"]

_NODE_AFFINITY = ("spec", "template", "spec", "affinity", "nodeAffinity")
_REQUIRED = (*_NODE_AFFINITY, "requiredDuringSchedulingIgnoredDuringExecution")
_TERMS = (*_REQUIRED, "nodeSelectorTerms")


def removals(tree: RawTree, requirements: Sequence[str]) -> tuple[Path, ...]:
    """Return the fields that have to go for some requirements to go, in the order in which all indexes stay right.

    A term that loses its last requirement goes, too, and so does an affinity that loses its last term: both would
    match nothing if they stayed empty (A3, A4).

    >>> removals({}, ["spec.template.spec.nodeName"])
    (('spec', 'template', 'spec', 'nodeName'),)
    """
    paths = {parse_path(text)[0] for text in requirements}
    depth = len(_TERMS) + 1
    within = {path for path in paths if path[: len(_TERMS)] == _TERMS and len(path) >= depth}
    outside = tuple(sorted(paths - within, key=str))
    if not within:
        return outside
    terms = field_at(tree, _TERMS)
    whole = {path[:depth] for path in within if path[:depth] in within or not _left(terms, path[:depth], within)}
    if len(whole) == len(terms):
        return (*outside, _REQUIRED)
    kept = {path for path in within if path[:depth] not in whole}
    return (*outside, *sorted(kept | whole, key=lambda path: (path[depth - 1], path[depth:]), reverse=True))


def _left(terms: Sequence[RawTree], term: Path, dropped: set[Path]) -> bool:
    """Return whether a term keeps a requirement."""
    held = terms[int(term[-1])]
    return any(
        (*term, kind, place) not in dropped
        for kind in ("matchExpressions", "matchFields")
        for place in range(len(held.get(kind) or ()))
    )
