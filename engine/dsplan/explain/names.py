"""What people call objects on the command line: `NAME`, `NAMESPACE/NAME`, with or without `ds/` or `node/`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from ..errors import InputError, Problem, printable
from ..model.daemonset import DaemonSet
from ..model.node import Node
from ..model.world import World

__all__ = ["find_daemonset", "find_node", "which_is_which"]

_DAEMONSET_PREFIXES = ("ds/", "daemonset/", "daemonsets/", "daemonset.apps/", "daemonsets.apps/")
_NODE_PREFIXES = ("node/", "nodes/", "no/")


def find_daemonset(world: World, name: str) -> DaemonSet:
    """Return the DaemonSet of that name, `namespace/name` where several namespaces have one.

    Raises InputError, with what was perhaps meant, where there is none or more than one.
    """
    bare = _without(name, _DAEMONSET_PREFIXES)
    namespace, slash, last = bare.rpartition("/")
    found = [
        daemonset
        for daemonset in world.daemonsets
        if daemonset.name == last and (not slash or daemonset.metadata.namespace == namespace)
    ]
    exact = [daemonset for daemonset in found if str(daemonset.identity) == bare]
    if len(found) == 1 or len(exact) == 1:
        return (exact or found)[0]
    if found:
        raise _ambiguous("several DaemonSets are named", bare, [str(entry.identity) for entry in found])
    known = [daemonset.name for daemonset in world.daemonsets] + [str(entry.identity) for entry in world.daemonsets]
    raise _missing("DaemonSet", bare, known)


def find_node(world: World, name: str) -> Node:
    """Return the node of that name.

    Raises InputError, with what was perhaps meant, where there is none.
    """
    bare = _without(name, _NODE_PREFIXES)
    for node in world.nodes:
        if node.name == bare:
            return node
    raise _missing("node", bare, [node.name for node in world.nodes])


def which_is_which(world: World, names: Sequence[str]) -> tuple[str | None, str | None]:
    """Return (DaemonSet, node) of up to two names in either order; None for the one that is missing.

    Raises InputError for a name that is neither or could be both, and for two of a kind.
    """
    daemonset: str | None = None
    node: str | None = None
    for name in names:
        kind = _kind(world, name)
        if (kind == "ds" and daemonset is not None) or (kind == "node" and node is not None):
            raise _ambiguous("name one DaemonSet and one node, not two of a kind:", " ".join(names), ())
        if kind == "ds":
            daemonset = name
        else:
            node = name
    return daemonset, node


def _kind(world: World, name: str) -> str:
    """Return "ds" or "node"; raises InputError as `which_is_which` does."""
    if name.startswith(_DAEMONSET_PREFIXES):
        return "ds"
    if name.startswith(_NODE_PREFIXES):
        return "node"
    is_node = any(node.name == name for node in world.nodes)
    is_daemonset = any(name in (entry.name, str(entry.identity)) for entry in world.daemonsets)
    if is_node and is_daemonset:
        raise _ambiguous("both a DaemonSet and a node are named", name, (f"ds/{name}", f"node/{name}"))
    if is_node or is_daemonset:
        return "node" if is_node else "ds"
    known = [entry.name for entry in world.daemonsets] + [node.name for node in world.nodes]
    raise _missing("DaemonSet or node", name, known)


def _without(name: str, prefixes: Iterable[str]) -> str:
    return next((name[len(prefix) :] for prefix in prefixes if name.startswith(prefix)), name)


_LISTED = 5


def _missing(what: str, name: str, known: list[str]) -> InputError:
    """Return that there is none of a name, with what was perhaps meant, else with what there is."""
    close = sorted(difflib.get_close_matches(name, known[:100_000], 3))
    if close:
        hint = "did you mean " + " or ".join(f'"{printable(one)}"' for one in close) + "?"
    elif known:
        more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
        hint = f"there is {', '.join(map(printable, known[:_LISTED]))}{more}"
    else:
        hint = "the input has none"
    message = f'no {what} named "{printable(name)}"; {hint}'
    return InputError.of([Problem(reason="NotFound", message=message, value=name, accepted=tuple(close))])


def _ambiguous(message: str, name: str, choices: Iterable[str]) -> InputError:
    said = f'{message} "{printable(name)}"'
    listed = "; say which: " + ", ".join(map(printable, choices)) if choices else ""
    return InputError.of([Problem(reason="NotFound", message=said + listed, value=name, accepted=tuple(choices))])
