"""Documents to objects: lists are taken apart, and what is no object at all is refused as kubectl refuses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from dsplan.errors import Problem
from dsplan.manifests.reading import limits
from dsplan.manifests.reading.origins import Origin
from dsplan.model.world import Note

__all__ = ["RawObject", "objects_of"]


class RawObject(msgspec.Struct, frozen=True, gc=False):
    """One object as it was read: what it is, where it came from, and its JSON tree, never to be written to."""

    api_version: str
    kind: str
    namespace: str
    name: str
    origin: Origin
    tree: dict[str, Any]

    @property
    def group(self) -> str:
        """The API group, empty for the core group.

        >>> from dsplan.manifests.reading.read import read_bytes
        >>> read_bytes(b"apiVersion: apps/v1\\nkind: DaemonSet\\n").objects[0].group
        'apps'
        """
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""


def objects_of(
    tree: Any, origin: Origin, inherited: tuple[str, str] = ("", "")
) -> Iterator[RawObject | Problem | Note]:
    """Yield the object that a document holds, or those of a list, in order, with a note on what had to be inferred.

    Items of a typed list may lack apiVersion and kind, and inherit them; null documents and items are left out. Dumps
    of other tools are read too, where nothing but one reading is possible: a bare array of objects, a list without
    kind, a node or pod without kind that its `status.nodeInfo` or `spec.containers` gives away.
    """
    if tree is None:
        return
    if isinstance(tree, list) and all(isinstance(item, dict) for item in tree) and not origin.pointer:
        yield from _items(tree, origin, ("", ""), ())
        return
    if not isinstance(tree, dict):
        yield _problem(f"expected an object, not {_describe(tree)}", origin)
        return
    api_version, kind = tree.get("apiVersion") or inherited[0], tree.get("kind") or inherited[1]
    for field, value in (("apiVersion", api_version), ("kind", kind)):
        if not isinstance(value, str):
            yield _problem(f"expected a string, not {_describe(value)}", origin, field)
            return
    if not kind and (kind := _give_away(tree)):
        api_version = api_version or "v1"
        if kind != "List":
            name = _text(tree.get("metadata"), "name")
            yield Note(subject=f"{kind} {name}", text=f"has no kind; read as a {kind} for what its fields are")
    yield from _typed(tree, api_version, kind, origin)


def _typed(tree: dict[str, Any], api_version: str, kind: str, origin: Origin) -> Iterator[RawObject | Problem | Note]:
    missing = "kind" if not kind else "apiVersion" if not api_version else ""
    if missing:
        yield _problem(f"Object '{'Kind' if missing == 'kind' else missing}' is missing", origin, missing)
    elif kind.endswith("List") and isinstance(tree.get("items", []), list | None):
        item_kind = kind.removesuffix("List")
        yield from _items(tree.get("items") or (), origin, (api_version, item_kind) if item_kind else ("", ""))
    else:
        if "apiVersion" not in tree or "kind" not in tree:
            tree = {"apiVersion": api_version, "kind": kind, **tree}
        metadata = tree.get("metadata")
        yield RawObject(api_version, kind, _text(metadata, "namespace"), _text(metadata, "name"), origin, tree)


def _give_away(tree: dict[str, Any]) -> str:
    """Return the kind that an object without one can only have; empty if that is not certain."""
    spec, status = tree.get("spec"), tree.get("status")
    if isinstance(tree.get("items"), list):
        return "List"
    if isinstance(status, dict) and isinstance(status.get("nodeInfo"), dict):
        return "Node"
    if isinstance(spec, dict) and isinstance(spec.get("containers"), list):
        return "Pod"
    return ""


def _items(
    items: Sequence[Any], origin: Origin, inherited: tuple[str, str], step: tuple[str, ...] = ("items",)
) -> Iterator[RawObject | Problem | Note]:
    if len(origin.pointer) >= limits.MAX_LIST_LEVELS:
        yield _problem(f"more than {limits.MAX_LIST_LEVELS // 2} lists within lists", origin)
        return
    for index, item in enumerate(items):
        place = msgspec.structs.replace(origin, pointer=(*origin.pointer, *step, index))
        yield from objects_of(item, place, inherited)


def _text(metadata: Any, field: str) -> str:
    value = metadata.get(field) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""


def _problem(message: str, origin: Origin, field: str = "") -> Problem:
    line, column = origin.position(field)
    return Problem(
        reason="DecodeError", message=message, field=field, source=origin.source.name, line=line, column=column
    )


def _describe(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
