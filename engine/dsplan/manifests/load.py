"""Files to a World: read, choose what planning reads, refuse doubles, decode, and keep where everything came from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

from dsplan.errors import InputError, Problem
from dsplan.manifests.decode import decode_object
from dsplan.manifests.defaulting import default_object
from dsplan.manifests.reading.groups import select
from dsplan.manifests.reading.objects import RawObject
from dsplan.manifests.reading.origins import Origin
from dsplan.manifests.reading.read import Reading, read
from dsplan.model.meta import Identity
from dsplan.model.world import KINDS, Note, World

__all__ = ["OriginTable", "load", "world_of"]


_DEFAULTED = ("DaemonSet", "PriorityClass")
"""Kinds whose defaults decide something; a Node without allocatable has its capacity read instead (D11)."""


class OriginTable:
    """Where the objects of a World came from.

    >>> OriginTable().locate(Identity("Node", "", "n1"))
    ''
    """

    def __init__(self) -> None:
        self._origins: dict[Identity, Origin] = {}

    def add(self, identity: Identity, origin: Origin) -> Origin | None:
        """Remember the origin of `identity`; returns the one it already has, if it has one."""
        return known if (known := self._origins.setdefault(identity, origin)) is not origin else None

    def origin(self, identity: Identity) -> Origin | None:
        """Return the origin of an object, None if it was not read from a source."""
        return self._origins.get(identity)

    def locate(self, identity: Identity, field: str = "") -> str:
        """Return `file:line:column` of an object or of one of its fields; empty where it is not known."""
        origin = self._origins.get(identity)
        return "" if origin is None else origin.place(field)


def load(paths: Iterable[str | os.PathLike[str]], *, stdin: BinaryIO | None = None) -> World:
    """Return the World of all files; a folder stands for the manifests below it, `-` for standard input.

    Raises InputError with every problem of every file: what cannot be read, what is no object, an object that is there
    twice, and every object whose shape is wrong.
    """
    return world_of(read(paths, stdin))


def world_of(reading: Reading) -> World:
    """Return the World of what was read; raises InputError as `load` does."""
    selection = select(reading.objects)
    problems = list(reading.problems)
    origins = OriginTable()
    fields: dict[str, list[Any]] = {field: [] for field, _ in KINDS.values()}
    for item in selection.objects:
        if (double := _double(item, origins)) is not None:
            problems.append(double)
            continue
        try:
            decoded = decode_object(item.tree)
            if item.kind in _DEFAULTED:
                decoded = decode_object({**default_object(item.tree), "kind": item.kind})
        except InputError as error:
            problems.extend(with_place(problem, item) for problem in error.problems)
            continue
        if decoded is not None:
            fields[KINDS[item.kind][0]].append(decoded)
    for item in selection.objects:
        item.origin.source.forget()
    if problems:
        raise InputError.of(problems)
    notes: tuple[Note, ...] = (*reading.notes, *selection.notes)
    objects: dict[str, Any] = {field: tuple(found) for field, found in fields.items()}
    return World(**objects, notes=notes, origins=origins)


def with_place(problem: Problem, item: RawObject) -> Problem:
    """Return `problem` with the place of its field in the source, and the object's name if it has none."""
    line, column = item.origin.position(problem.field, problem.value)
    name = problem.object or f"{item.kind} {item.name}"
    return msgspec.structs.replace(problem, object=name, source=item.origin.source.name, line=line, column=column)


def _double(item: RawObject, origins: OriginTable) -> Problem | None:
    """Return the problem of an object that was read before; objects without a name are left to validation."""
    if not item.name:
        return None
    known = origins.add(Identity(item.kind, item.namespace, item.name), item.origin)
    if known is None:
        return None
    double = Problem(
        reason="DuplicateObject",
        message=f"the same object is also at {known.place()}",
        object=str(Identity(item.kind, item.namespace, item.name)),
    )
    return with_place(double, item)
