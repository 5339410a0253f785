"""Files to a World: read, choose what planning reads, refuse doubles, decode, and keep where everything came from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import Any, BinaryIO

import msgspec

from dsplan.errors import InputError, Problem
from dsplan.manifests import nodepool
from dsplan.manifests.decode import POLICY_DECODERS, decode_object
from dsplan.manifests.defaulting import default_object
from dsplan.manifests.reading.groups import Selection
from dsplan.manifests.reading.objects import RawObject
from dsplan.manifests.reading.origins import Origin
from dsplan.manifests.reading.read import Found, Progress, stream
from dsplan.manifests.strict import close_to
from dsplan.model.daemonset import Deployment
from dsplan.model.meta import Identity
from dsplan.model.world import KINDS, KubernetesObject, Note, World

__all__ = ["OriginTable", "decode_item", "load", "with_place", "world_of"]


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


def load(
    paths: Iterable[str | os.PathLike[str]], *, stdin: BinaryIO | None = None, progress: Progress | None = None
) -> World:
    """Return the World of all files; a folder stands for the manifests below it, `-` for standard input.

    Raises InputError with every problem of every file: what cannot be read, what is no object, an object that is there
    twice, and every field whose type is wrong. `progress` is called now and then with the name of the source, how far
    it is read, and its size (in characters, or bytes for JSON).
    """
    return world_of(stream(paths, stdin, progress=progress))


def world_of(found: Iterable[Found]) -> World:
    """Return the World of what was found; objects are decoded one by one and their raw trees dropped.

    Raises InputError as `load` does.
    """
    collector = _Collector()
    for item in found:
        if isinstance(item, Problem):
            collector.problems.append(item)
        elif isinstance(item, Note):
            collector.notes.append(item)
        else:
            collector.add(item)
    return collector.world()


class _Collector:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notes: list[Note] = []
        self.selection = Selection(also=frozenset((nodepool.API_VERSION,)))
        self.origins = OriginTable()
        self.fields: dict[str, list[Any]] = {field: [] for field, _ in KINDS.values()}

    def add(self, item: RawObject) -> None:
        chosen = self.selection.take(item)
        if chosen is None:
            return
        try:
            if chosen.api_version == nodepool.API_VERSION:
                self._add_shorthand(chosen)
            else:
                self._keep(decode_item(chosen), chosen)
        except InputError as error:
            problems = _every_shape_problem(chosen) or error.problems
            self.problems.extend(with_place(problem, chosen) for problem in problems)

    def _add_shorthand(self, item: RawObject) -> None:
        """Add what a kind of dsplan's own stands for; those that no World holds are left to who reads them."""
        if item.kind == "NodePool":
            nodes = [decode_object(tree) for tree in nodepool.expand(item.tree)]
            for node in nodes:
                if node is not None:
                    self._keep(node, item)
        elif item.kind in POLICY_DECODERS:
            self._keep(POLICY_DECODERS[item.kind](item.tree), item)
        elif meant := close_to(item.kind, ("NodePool", *POLICY_DECODERS)):
            message = f"unknown kind, did you mean {meant}?"
            raise InputError.of(
                [Problem(reason="FieldValueNotSupported", field="kind", message=message, value=item.kind)]
            )

    def _keep(self, decoded: KubernetesObject, item: RawObject) -> None:
        kind, metadata = type(decoded).__name__, decoded.metadata
        identity = Identity(kind, metadata.namespace, metadata.name)
        # Objects without a name are left to validation.
        known = self.origins.add(identity, item.origin) if metadata.name else None
        if known is None:
            self.fields[KINDS[kind][0]].append(decoded)
        else:
            self.problems.append(with_place(_double(identity, known), item))

    def world(self) -> World:
        self.origins.forget()
        if self.problems:
            raise InputError.of(self.problems)
        notes = (*self.notes, *self.selection.notes)
        objects: dict[str, Any] = {field: tuple(found) for field, found in self.fields.items()}
        return World(**objects, notes=notes, origins=self.origins)


def decode_item(item: RawObject) -> KubernetesObject:
    """Return the typed view of an object whose kind planning reads; straight from its bytes where they are at hand.

    Raises InputError where a field has another type than Kubernetes gives it.
    """
    if item.json is not None and item.kind not in _DEFAULTED:
        try:
            decoded: KubernetesObject = _decoder(item.kind).decode(item.json)
            if not isinstance(decoded, Deployment):
                return decoded
        except (msgspec.MsgspecError, RecursionError):
            pass  # Nulls, which the way over the tree reads as absent, or an error, which it reports.
    found = decode_object(item.tree)
    if item.kind in _DEFAULTED:
        found = decode_object({**default_object(item.tree), "kind": item.kind})
    if found is None:
        raise KeyError(item.kind)
    return found


def _every_shape_problem(item: RawObject) -> list[Problem]:
    """Return all that is wrong with the types of an object's fields; decoding it stopped at the first."""
    from dsplan.manifests.validation.validate import validate

    try:
        problems = validate(item.tree, strict=False)
    except InputError:
        return []
    return [problem for problem in problems if problem.reason == "DecodeError" and problem.field != "kind"]


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(KINDS[kind][1])


def with_place(problem: Problem, item: RawObject) -> Problem:
    """Return `problem` with the place of its field in the source, and the object's name if it has none."""
    line, column = item.origin.position(problem.field, problem.value)
    name = problem.object or f"{item.kind} {item.name}".rstrip()
    return msgspec.structs.replace(problem, object=name, source=item.origin.source.name, line=line, column=column)


def _double(identity: Identity, known: Origin) -> Problem:
    message = f"the same object is also at {known.place()}"
    return Problem(reason="DuplicateObject", message=message, object=f"{identity.kind} {identity}")
