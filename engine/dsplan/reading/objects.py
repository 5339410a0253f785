"""Documents to objects: lists are taken apart, and what is no object at all is refused as kubectl refuses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dsplan.errors import InputError, Problem
from dsplan.model.world import Note
from dsplan.reading import limits
from dsplan.reading.origins import Origin

if TYPE_CHECKING:
    from dsplan.reading.json_fast import JsonBytes

__all__ = ["RawObject", "list_without_kind", "object_problem", "objects_of"]

EVENTS: Final = ("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR")
"""Types of watch events."""


class RawObject:
    """One object as it was read: what it is, where it came from, and its JSON tree, never to be written to.

    `json` holds the object's own JSON text where the fast path cut it out, and `typed` the typed object where a whole
    list was decoded at once; the tree is decoded when it is asked for. `event` is what a watch said of it, or empty.
    """

    __slots__ = ("_tree", "api_version", "event", "json", "kind", "origin", "typed")

    def __init__(
        self,
        api_version: str,
        kind: str,
        origin: Origin,
        tree: dict[str, Any] | None,
        json: JsonBytes | Callable[[], JsonBytes] | None = None,
        typed: Any = None,
    ) -> None:
        self.api_version = api_version
        self.kind = kind
        self.origin = origin
        self.json = json
        self.typed = typed
        self.event = ""
        self._tree = tree

    @property
    def size(self) -> int:
        """Bytes or characters of the object's own text; 0 where it is an entry of a list that was read whole."""
        if self.json is not None and not callable(self.json):
            return len(self.json)
        return 0 if self.origin.pointer else self.origin.end - self.origin.start

    @property
    def tree(self) -> dict[str, Any]:
        """The JSON tree, apiVersion and kind included.

        Raises InputError where the object is nested more deeply than is read.
        """
        if self._tree is None:
            self._tree = self._decoded()
        return self._tree

    @property
    def namespace(self) -> str:
        """metadata.namespace, empty if it is absent."""
        return self._metadata("namespace")

    @property
    def name(self) -> str:
        """metadata.name, empty if it is absent."""
        return self._metadata("name")

    @property
    def group(self) -> str:
        """The API group, empty for the core group.

        >>> from dsplan.reading.read import read_bytes
        >>> read_bytes(b"apiVersion: apps/v1\\nkind: DaemonSet\\n").objects[0].group
        'apps'
        """
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    def with_tree(self, api_version: str, tree: dict[str, Any]) -> RawObject:
        """Return the same object of the same place with another tree."""
        return RawObject(api_version, self.kind, self.origin, tree)

    def _metadata(self, field: str) -> str:
        try:
            return _text(self.tree.get("metadata"), field)
        except InputError:
            return ""

    def _decoded(self) -> dict[str, Any]:
        from dsplan.reading.json_fast import is_shallow

        json = self.json() if callable(self.json) else self.json
        data = b"{}" if json is None else json
        if not is_shallow(data):
            message = f"more than {limits.MAX_DEPTH} levels of nesting"
            raise InputError.of([object_problem(message, self.origin, reason="LimitExceeded")])
        try:
            tree: dict[str, Any] = msgspec.json.decode(data)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise InputError.of([object_problem(f"not JSON: {error}", self.origin)]) from error
        return _named(tree, self.api_version, self.kind)


def objects_of(
    tree: Any, origin: Origin, inherited: tuple[str, str] = ("", "")
) -> Iterator[RawObject | Problem | Note]:
    """Yield the object that a document holds, or those of a list, in order, with a note on what had to be inferred.

    Items of a typed list may lack apiVersion and kind, and inherit them; null documents and items are left out. Dumps
    of other tools are read too, where nothing but one reading is possible: a bare array of objects, a list without
    kind, watch events, and objects without kind that their fields, or the layout of their bundle, give away.
    """
    if tree is None:
        return
    if isinstance(tree, list) and all(isinstance(item, dict) for item in tree) and not origin.pointer:
        yield from _items(tree, origin, inherited, ())
        return
    if not isinstance(tree, dict):
        yield object_problem(f"expected an object, not {_describe(tree)}", origin)
        return
    api_version, kind = tree.get("apiVersion") or inherited[0], tree.get("kind") or inherited[1]
    for field, value in (("apiVersion", api_version), ("kind", kind)):
        if not isinstance(value, str):
            yield object_problem(f"expected a string, not {_describe(value)}", origin, field)
            return
    if kind:
        yield from _typed(tree, api_version, kind, origin)
    elif tree.get("type") in EVENTS and isinstance(tree.get("object"), dict):
        yield from _event(tree["type"], tree["object"], origin)
    else:
        yield from _without_kind(tree, api_version, origin)


def _event(event: str, tree: dict[str, Any], origin: Origin) -> Iterator[RawObject | Problem | Note]:
    """Yield the object that a watch event is about."""
    if event == "BOOKMARK":
        return
    for item in objects_of(tree, origin.below("object")):
        if isinstance(item, RawObject):
            item.event = event
        yield item


def _without_kind(tree: dict[str, Any], api_version: str, origin: Origin) -> Iterator[RawObject | Problem | Note]:
    from dsplan.reading.foreign import document_is
    from dsplan.reading.internal_form import external, is_internal
    from dsplan.reading.shapes import kind_by_shape, listed_in

    if is_internal(tree):
        yield Note(subject=origin.source.name, text="in the form of kubectl's memory, without kind; read by its fields")
        tree = external(tree)
    if what := document_is(origin.source.name, tree):
        yield object_problem(what, origin)
    elif isinstance(tree.get("items", ""), list | None):
        yield list_without_kind(origin, cut_off="apiVersion" in tree)
        yield from _items(tree["items"] or (), origin, origin.source.expects)
    elif (listed := listed_in(tree)) is not None:
        field, version, kind = listed
        if isinstance(tree[field], list):
            yield from _items(tree[field], origin, (version, kind), (field,))
        else:
            yield from objects_of(tree[field], origin.below(field), (version, kind))
    elif named := _told_by_place(tree, origin) or kind_by_shape(tree):
        yield _guessed(tree, named[1])
        yield from _typed(tree, api_version or named[0], named[1], origin)
    elif _is_log_line(tree):
        yield Note(subject=origin.source.name, text="a line of a log passed over")
    else:
        meant = next((key for key in tree if key.lower() == "kind"), "")
        hint = f", did you mean kind for {meant}?" if meant else ""
        yield object_problem(f"Object 'Kind' is missing{hint}", origin, "kind")


def _told_by_place(tree: dict[str, Any], origin: Origin) -> tuple[str, str] | None:
    """Return what the layout of the bundle says of an object without kind."""
    expects = origin.source.expects
    return expects if expects[1] and isinstance(tree.get("metadata"), dict) else None


def _guessed(tree: dict[str, Any], kind: str) -> Note:
    metadata = tree.get("metadata")
    name = "/".join(filter(None, (_text(metadata, "namespace"), _text(metadata, "name") or _text(tree, "name"))))
    return Note(subject=f"{kind} {name}", text=f"has no kind; read as a {kind} for what its fields are")


def _is_log_line(tree: dict[str, Any]) -> bool:
    says = not {"msg", "message", "log"}.isdisjoint(tree)
    when = not {"level", "time", "ts", "timestamp", "severity", "stream"}.isdisjoint(tree)
    return says and when and "spec" not in tree


def _typed(tree: dict[str, Any], api_version: str, kind: str, origin: Origin) -> Iterator[RawObject | Problem | Note]:
    if kind.endswith("List") and isinstance(tree.get("items", []), list | None):
        item_kind = kind.removesuffix("List")
        yield from _items(tree.get("items") or (), origin, (api_version, item_kind) if item_kind else ("", ""))
    elif not api_version:
        from dsplan.reading.foreign import document_is

        what = document_is(origin.source.name, tree)
        yield object_problem(what or "Object 'apiVersion' is missing", origin, "" if what else "apiVersion")
    else:
        yield RawObject(api_version, kind, origin, _named(tree, api_version, kind))


def list_without_kind(origin: Origin, *, cut_off: bool = True) -> Note:
    """Return what is said of a list without kind: in YAML, kubectl writes the kind behind the items."""
    why = "is the end of the file missing?" if cut_off else "its entries are read for what they are"
    return Note(subject=origin.source.name, text=f"a list without kind: {why}")


def _items(
    items: Sequence[Any], origin: Origin, inherited: tuple[str, str], step: tuple[str, ...] = ("items",)
) -> Iterator[RawObject | Problem | Note]:
    if len(origin.pointer) >= limits.MAX_LIST_LEVELS:
        yield object_problem(f"more than {limits.MAX_LIST_LEVELS // 2} lists within lists", origin)
        return
    for index, item in enumerate(items):
        yield from objects_of(item, origin.entry(index, step), inherited)


def _named(tree: dict[str, Any], api_version: str, kind: str) -> dict[str, Any]:
    """Return `tree` with the apiVersion and kind that it has or inherits."""
    if tree.get("apiVersion") == api_version and tree.get("kind") == kind:
        return tree
    return {**tree, "apiVersion": api_version, "kind": kind}


def _text(metadata: Any, field: str) -> str:
    value = metadata.get(field) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""


def object_problem(message: str, origin: Origin, field: str = "", *, reason: str = "DecodeError") -> Problem:
    """Return a problem of an object, with its place."""
    line, column = origin.position(field)
    return Problem(reason=reason, message=message, field=field, source=origin.source.name, line=line, column=column)


def _describe(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
