"""Arguments of public functions: what is of the wrong type is refused with what to pass instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .world import World

__all__ = ["check_moment", "check_paths", "check_tree", "check_trees", "check_world"]


def check_world(world: object, name: str = "world") -> None:
    """Raise TypeError unless `world` is a World.

    >>> check_world("x.yaml")
    Traceback (most recent call last):
    TypeError: world must be a dsplan.World, not str; dsplan.load([path]) reads files, dsplan.decode([tree]) objects
    """
    if not isinstance(world, World):
        ways = "dsplan.load([path]) reads files, dsplan.decode([tree]) objects"
        raise TypeError(f"{name} must be a dsplan.World, not {type(world).__name__}; {ways}")


def check_moment(moment: object, name: str = "now") -> None:
    """Raise TypeError unless `moment` is a datetime, ValueError unless it is aware.

    >>> check_moment(datetime(2026, 1, 1))
    Traceback (most recent call last):
    ValueError: now must be an aware datetime, one with a time zone, for example datetime.now(UTC)
    """
    if not isinstance(moment, datetime):
        raise TypeError(f"{name} must be a datetime, for example datetime.now(UTC), not {type(moment).__name__}")
    if moment.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime, one with a time zone, for example datetime.now(UTC)")


def check_paths(paths: object) -> None:
    """Raise TypeError unless `paths` are several; a single one is a sequence of characters by mistake.

    >>> check_paths("cluster.yaml")
    Traceback (most recent call last):
    TypeError: paths must be a list of paths, not str; write dsplan.load(["cluster.yaml"])
    """
    if isinstance(paths, str) or hasattr(paths, "__fspath__"):
        raise TypeError(f'paths must be a list of paths, not {type(paths).__name__}; write dsplan.load(["{paths}"])')
    if isinstance(paths, bytes | Mapping) or not isinstance(paths, Iterable):
        raise TypeError(f"paths must be a list of paths, not {type(paths).__name__}")


def check_trees(trees: object) -> None:
    """Raise TypeError unless `trees` are several objects; a single one is an iterable of its keys by mistake.

    >>> check_trees({"kind": "Node"})
    Traceback (most recent call last):
    TypeError: trees must be a list of objects, not dict; write dsplan.decode([tree])
    """
    if isinstance(trees, Mapping):
        raise TypeError(f"trees must be a list of objects, not {type(trees).__name__}; write dsplan.decode([tree])")
    if isinstance(trees, str | bytes):
        raise TypeError("trees must be a list of objects, not text; dsplan.load([path]) reads files")
    if not isinstance(trees, Iterable):
        raise TypeError(f"trees must be a list of objects, not {type(trees).__name__}")


def check_tree(tree: Any) -> None:
    """Raise TypeError unless an entry of `trees` is an object.

    >>> check_tree(None)
    Traceback (most recent call last):
    TypeError: each of trees must be an object (a dict), not NoneType
    """
    if not isinstance(tree, Mapping):
        raise TypeError(f"each of trees must be an object (a dict), not {type(tree).__name__}")
