"""Complete lists of a kind, of which one object that cannot be read does not spoil the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..errors import InputError, Problem
from .freshness import Key
from .trees import Read, read_object, tree_of

__all__ = ["Listing", "read_list"]


class Listing(msgspec.Struct):
    """What a list holds: what could be read, the keys of all that is there, and why the rest could not be read.

    `certain` is False where an object does not even tell its name: it may be any that seems to be missing.
    """

    read: list[Read]
    keys: set[Key]
    problems: list[Problem]
    certain: bool = True


def read_list(objects: Iterable[Any], kind: str) -> Listing:
    """Return the objects of a list of a kind, of any shapes; never raises for a single one of them.

    >>> listing = read_list([{"metadata": {"name": "n1"}}, {"metadata": {"name": "n2"}, "spec": {"taints": 1}}], "Node")
    >>> [found.item.name for found in listing.read], sorted(listing.keys), listing.problems[0].object
    (['n1'], [('', 'n1'), ('', 'n2')], 'Node n2')
    """
    listing = Listing([], set(), [])
    for shape in objects:
        try:
            found = read_object(shape, kind)
        except InputError as error:
            _set_aside(listing, shape, kind, error)
            continue
        if found.item is not None:
            listing.read.append(found)
            listing.keys.add((found.stamp.namespace, found.stamp.name))
    return listing


def _set_aside(listing: Listing, shape: Any, kind: str, error: InputError) -> None:
    key = _key_of(shape, kind)
    name = kind
    if key is None:
        listing.certain = False
    else:
        listing.keys.add(key)
        name = f"{kind} {'/'.join(part for part in key if part)}"
    listing.problems += [msgspec.structs.replace(problem, object=name) for problem in error.problems]


def _key_of(shape: Any, kind: str) -> Key | None:
    try:
        metadata = tree_of(shape, kind).get("metadata")
    except InputError:
        return None
    found = (metadata.get("namespace") or "", metadata.get("name")) if isinstance(metadata, dict) else ("", None)
    namespace, name = found
    return (namespace, name) if isinstance(namespace, str) and isinstance(name, str) and name else None
