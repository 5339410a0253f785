"""Names among the files of a command line, as kubectl takes them: `agent`, `ds/agent`, `ds agent`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .completers import complete_names, is_file

if TYPE_CHECKING:
    from ..model.world import World

__all__ = ["files_and_names", "named_daemonsets", "names_given", "split_words"]

F = TypeVar("F", bound=Callable[..., Any])
_NAMES = "dsplan.names"
_KINDS = ("ds", "daemonset", "daemonsets", "daemonset.apps", "daemonsets.apps")


def split_words(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files and the names; the kind alone is neither.

    >>> split_words(("ds", "agent", "dump.yaml"))
    (('dump.yaml',), ('agent',))
    """
    files = tuple(word for word in words if is_file(word))
    return files, tuple(word for word in words if word not in files and word not in _KINDS)


def named_daemonsets(world: World, names: tuple[str, ...]) -> World:
    """Return the world with the named DaemonSets alone, in the order of the names; with all if none is named.

    Raises InputError for a name that none has, with what was perhaps meant.
    """
    import msgspec

    from ..explain.names import find_daemonset

    if not names:
        return world
    chosen = dict.fromkeys(find_daemonset(world, name).identity for name in names)
    known = {daemonset.identity: daemonset for daemonset in world.daemonsets}
    return msgspec.structs.replace(world, daemonsets=tuple(known[identity] for identity in chosen))


def files_and_names(function: F) -> F:
    """Add FILES to a command, among which names may stand: `names_given` has those."""
    return click.argument(
        "files", nargs=-1, metavar="[FILE...] [NAME...]", callback=_keep_names, shell_complete=complete_names
    )(function)


def _keep_names(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    files, ctx.meta[_NAMES] = split_words(value)
    return files


def names_given() -> tuple[str, ...]:
    """Return the names that stood among the files of the current command line."""
    names: tuple[str, ...] = click.get_current_context().meta.get(_NAMES, ())
    return names
