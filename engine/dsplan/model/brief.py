"""A short `repr` for values that hold a whole cluster: collections by their size, everything else as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from ..errors import shorten

__all__ = ["Brief"]


class Brief:
    """Mixin for a Struct: its `repr` names every field that is set, lists and maps only by their number of entries.

    >>> class Fleet(Brief, msgspec.Struct):
    ...     name: str
    ...     nodes: tuple[str, ...] = ()
    ...     notes: tuple[str, ...] = ()
    >>> Fleet("big", tuple("n%d" % number for number in range(10_000)))
    Fleet(name='big', nodes=<10000>)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the class and its fields, without the empty ones."""
        return f"{type(self).__name__}({', '.join(_fields(self))})"


def _fields(value: Any) -> Iterator[str]:
    for field in value.__struct_fields__:
        part = getattr(value, field)
        if part is None or (isinstance(part, Collection) and not part):
            continue
        yield f"{field}={_part(part)}"


def _part(part: Any) -> str:
    if isinstance(part, str | bytes):
        return shorten(part)
    if isinstance(part, Collection):
        return f"<{len(part)}>"
    if isinstance(part, datetime):
        return part.isoformat()
    if isinstance(part, msgspec.Struct) and not isinstance(part, Brief):
        text = str(part) if type(part).__str__ is not object.__str__ else type(part).__name__
        return text if len(text) <= 80 else f"<{type(part).__name__}>"
    if isinstance(part, int | float | Enum | Brief):
        return repr(part)
    return f"<{type(part).__name__}>"
