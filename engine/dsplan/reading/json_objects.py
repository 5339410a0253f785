"""JSON that was cut or decoded at full speed, as objects; the counterpart of `objects_of` for trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Final

import msgspec

from dsplan.errors import Problem
from dsplan.model.world import Note
from dsplan.reading.json_fast import Envelope, JsonBytes, cut_json_items, head_of
from dsplan.reading.json_typed import TypedList
from dsplan.reading.objects import RawObject, object_problem, objects_of
from dsplan.reading.origins import Origin

__all__ = ["entries_of", "json_objects", "typed_objects"]

_NO_HEAD: Final = ("", "")


def json_objects(envelope: Envelope, document: memoryview, origin: Origin) -> Iterator[RawObject | Problem | Note]:
    """Yield the objects of a JSON document that was cut but not decoded, as `objects_of` yields them."""
    api_version, kind = envelope.api_version or "", envelope.kind or ""
    if not (api_version and kind):
        yield from _decoded_objects(document, origin, ("", ""))
    elif not kind.endswith("List"):
        yield RawObject(api_version, kind, origin, None, document)
    elif envelope.items is None:
        yield from _decoded_objects(document, origin, ("", ""))
    else:
        inherited = (api_version, kind.removesuffix("List")) if kind != "List" else ("", "")
        yield from entries_of(envelope.items, origin, inherited)


def entries_of(
    items: Iterable[msgspec.Raw], origin: Origin, inherited: tuple[str, str], step: tuple[str, ...] = ("items",)
) -> Iterator[RawObject | Problem | Note]:
    """Yield the objects of a list that was cut into its entries; `step` leads from the document to the list."""
    for index, item in enumerate(items):
        head = head_of(item) or _NO_HEAD
        item_version, item_kind = head[0] or inherited[0], head[1] or inherited[1]
        if item_version and item_kind and not item_kind.endswith("List") and head is not _NO_HEAD:
            yield RawObject(item_version, item_kind, origin.entry(index, step), None, item)
        else:
            yield from _decoded_objects(item, origin.entry(index, step), inherited)


def typed_objects(found: TypedList, data: bytes, origin: Origin) -> Iterator[RawObject]:
    """Yield the objects of a list that was decoded at once; its text is cut only if somebody wants a tree."""
    entries = cache(partial(cut_json_items, data))
    for index, typed in enumerate(found.objects):
        text = partial(_entry, entries, index)
        yield RawObject(found.api_version, found.kind, origin.entry(index), None, text, typed)


def _entry(entries: Callable[[], list[bytes]], index: int) -> bytes:
    return entries()[index]


def _decoded_objects(
    data: JsonBytes, origin: Origin, inherited: tuple[str, str]
) -> Iterator[RawObject | Problem | Note]:
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        yield object_problem(f"not JSON: {error}", origin)
        return
    yield from objects_of(tree, origin, inherited)
