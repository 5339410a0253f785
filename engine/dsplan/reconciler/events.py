"""Watch events of any client."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from ..errors import InputError, Problem
from ..model.meta import ObjectMeta
from .trees import Read, read_object

if TYPE_CHECKING:
    from ..model.world import KubernetesObject

__all__ = ["WatchEvent", "WatchEventType", "read_event", "read_stamped"]


class WatchEventType(StrEnum):
    """What happened to an object; ADDED and MODIFIED are treated alike."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


class WatchEvent(msgspec.Struct, frozen=True):
    """One event of a watch. `object` may have any shape that `tree_of` understands."""

    type: str
    object: Any


def read_event(event: Any, kind: str = "") -> tuple[WatchEventType, KubernetesObject | None]:
    """Return the type of an event and its object; None for kinds that planning does not read and for bookmarks.

    Understood are WatchEvent, `{"type": ..., "object": ...}` as watches and kopf give them (the official client's
    `raw_object` is preferred; kopf's type None is an object that was listed), and `(type, object)` as kr8s and
    lightkube give them. Raises InputError for anything else, and for an event of type ERROR.

    >>> read_event(("ADDED", {"kind": "Node", "metadata": {"name": "n1"}}))[1].name
    'n1'
    """
    found, read = read_stamped(event, kind)
    return found, read.item


Stamped: TypeAlias = "tuple[WatchEventType, KubernetesObject | None, ObjectMeta]"


def read_stamped(event: Any, kind: str = "") -> tuple[WatchEventType, Read]:
    """Return what `read_event` returns, with what the object tells besides."""
    if isinstance(event, WatchEvent):
        return _read(event.type, event.object, kind)
    if isinstance(event, Mapping):
        item = event.get("raw_object")
        return _read(event.get("type"), event.get("object") if item is None else item, kind)
    if isinstance(event, tuple) and len(event) == 2:
        return _read(event[0], event[1], kind)
    raise _refusal("not a watch event", type(event).__name__)


def _read(type_of_event: Any, item: Any, kind: str) -> tuple[WatchEventType, Read]:
    if type_of_event is None:
        type_of_event = WatchEventType.ADDED
    try:
        found = WatchEventType(str(type_of_event))
    except ValueError:
        raise _refusal("not a type of watch event", type_of_event) from None
    if found is WatchEventType.BOOKMARK:
        return found, Read(None, ObjectMeta())
    return found, read_object(item, kind)


def _refusal(message: str, value: Any) -> InputError:
    accepted = tuple(WatchEventType)
    return InputError.of([Problem(reason="DecodeError", message=message, field="type", value=value, accepted=accepted)])
