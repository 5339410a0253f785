"""Where the objects of a World came from: a side table that costs nothing until somebody asks for a line."""

from __future__ import annotations

import msgspec

from dsplan.errors import Problem
from dsplan.model.meta import Identity
from dsplan.model.world import Origins
from dsplan.reading.objects import RawObject
from dsplan.reading.origins import Origin

__all__ = ["Layered", "OriginTable", "with_place"]


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

    def replace(self, identity: Identity, origin: Origin) -> None:
        """Remember another origin for `identity`: there the object is in its newest version."""
        self._origins[identity] = origin

    def forget(self) -> None:
        """Drop the documents that were parsed again to find places; they are parsed again when asked for."""
        for source in {id(origin.source): origin.source for origin in self._origins.values()}.values():
            source.forget()

    def origin(self, identity: Identity) -> Origin | None:
        """Return the origin of an object, None if it was not read from a source."""
        return self._origins.get(identity)

    def locate(self, identity: Identity, field: str = "") -> str:
        """Return `file:line:column` of an object or of one of its fields; empty where it is not known."""
        origin = self._origins.get(identity)
        return "" if origin is None else origin.place(field)


class Layered:
    """Two tables, one over the other: what the upper does not know, the lower may.

    >>> Layered(OriginTable(), OriginTable()).locate(Identity("Node", "", "n1"))
    ''
    """

    def __init__(self, upper: Origins, lower: Origins) -> None:
        self._upper, self._lower = upper, lower

    def locate(self, identity: Identity, field: str = "") -> str:
        """Return `file:line:column` of an object or of one of its fields; empty where it is not known."""
        return self._upper.locate(identity, field) or self._lower.locate(identity, field)


def with_place(problem: Problem, item: RawObject) -> Problem:
    """Return `problem` with the place of its field in the source, and the object's name if it has none."""
    line, column = item.origin.position(problem.field, problem.value)
    name = problem.object or f"{item.kind} {item.name}".rstrip()
    return msgspec.structs.replace(problem, object=name, source=item.origin.source.name, line=line, column=column)
