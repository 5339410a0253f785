"""Manifests that an API server would refuse, since what they change may not change."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from ..apiserver.judging import Level
from ..apiserver.updates import update_problems
from ..errors import InputError, Problem
from ..model.meta import Identity
from ..model.world import FIELDS, Note, World
from ..reading.origin_table import OriginTable

__all__ = ["accepted_updates", "refused_updates"]


def refused_updates(cluster: World, manifests: World, kinds: Collection[str] = FIELDS) -> tuple[Problem, ...]:
    """Return what is wrong with applying the manifests to the cluster, each with its place in the manifests.

    Objects of other `kinds` are not looked at.

    >>> from dsplan.manifests.decode import decode
    >>> def one(value):
    ...     return decode([{"kind": "PriorityClass", "metadata": {"name": "high"}, "value": value}])
    >>> [problem.field for problem in refused_updates(one(5), one(7))], refused_updates(one(5), one(5))
    (['value'], ())
    """
    return tuple(problem for kind in FIELDS if kind in kinds for problem in _refused(kind, cluster, manifests))


def accepted_updates(cluster: World, manifests: World, level: Level = "strict") -> World:
    """Return the manifests; with the level `warn` what would be refused is in their notes.

    Raises InputError with everything that would be refused where the level is `strict`.
    """
    problems = refused_updates(cluster, manifests) if level != "ignore" else ()
    if not problems:
        return manifests
    if level == "strict":
        raise InputError.of(problems)
    notes = tuple(Note(subject=problem.object, text=str(problem)) for problem in problems)
    return msgspec.structs.replace(manifests, notes=(*manifests.notes, *notes))


def _refused(kind: str, cluster: World, manifests: World) -> Iterator[Problem]:
    wanted: tuple[Any, ...] = getattr(manifests, FIELDS[kind])
    stored = {(item.metadata.namespace, item.metadata.name): item for item in getattr(cluster, FIELDS[kind])}
    for item in wanted:
        before = stored.get((item.metadata.namespace, item.metadata.name))
        for problem in update_problems(before, item) if before is not None else ():
            yield _placed(problem, Identity(kind, item.metadata.namespace, item.metadata.name), manifests)


def _placed(problem: Problem, identity: Identity, manifests: World) -> Problem:
    """Return the problem with its object, and its place in the manifests where that is known."""
    problem = msgspec.structs.replace(problem, object=f"{identity.kind} {identity}")
    origins = manifests.origins
    origin = origins.origin(identity) if isinstance(origins, OriginTable) else None
    if origin is None:
        place = origins.locate(identity, problem.field) if origins is not None else ""
        return msgspec.structs.replace(problem, source=place)
    line, column = origin.position(problem.field, problem.value)
    return msgspec.structs.replace(problem, source=origin.source.name, line=line, column=column)
