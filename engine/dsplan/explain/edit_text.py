"""Edits as people type them: `--set`, `--taint`, `--untaint`, `--cordon`, `--drain`, `--remove-node`, `--undo`.

| text | edit |
|---|---|
| `node/NAME:label=value`, `node/NAME:label-` | a label set, removed |
| `ds/NAME:path=value`, `ds/NAMESPACE/NAME:path-` | a field of a DaemonSet set, removed (paths: fields.py) |
| `node/NAME:key=value:Effect`, `node/NAME:key:Effect` | a taint set |
| `node/NAME:key`, `node/NAME:key:Effect` | a taint removed |
| `NAME` | a node cordoned, drained, removed |
| `ds/NAME`, `ds/NAMESPACE/NAME:REVISION` | a DaemonSet back at an earlier revision |

A node's name may be a pattern with `*`, `?` and `[...]`; it must match at least one node.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from ..errors import InputError, Problem
from ..model.names import is_label_key, is_label_value
from ..model.node import Taint
from ..model.world import World
from .edits import AddTaint, Cordon, Drain, Edit, RemoveNode, RemoveTaint, SetField, SetLabel, Undo
from .fields import REMOVE, parse_path, parse_value
from .names import find_daemonset, find_node

__all__ = [
    "parse_cordon",
    "parse_drain",
    "parse_remove_node",
    "parse_set",
    "parse_taint",
    "parse_undo",
    "parse_untaint",
]

_NODE = re.compile(r"(?:nodes?/|no/)?(?P<name>[^:/]+)(?::(?P<rest>.*))?", re.DOTALL)
_DAEMONSET = re.compile(r"(?:ds|daemonsets?(?:\.apps)?)/(?P<name>[^:]+):(?P<rest>.*)", re.DOTALL)
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def parse_set(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edits of one `--set`.

    Raises InputError where it cannot be read, or names what is not there.

    >>> from dsplan.model.meta import ObjectMeta
    >>> from dsplan.model.node import Node
    >>> parse_set("node/n1:disktype=ssd", World(nodes=(Node(metadata=ObjectMeta(name="n1")),)))
    (SetLabel(node='n1', key='disktype', value='ssd'),)
    """
    if (found := _DAEMONSET.fullmatch(text)) is not None:
        return (_field(found["name"], found["rest"], world),)
    names, rest = _nodes(text, world, "node/NAME:label=value, node/NAME:label-, ds/NAME:path=value or ds/NAME:path-")
    key, equals, value = rest.partition("=")
    if not equals and key.endswith("-"):
        return tuple(SetLabel(name, key[:-1], None) for name in names)
    if not equals or not is_label_key(key) or not is_label_value(value):
        raise _refused(text, "a label", "node/NAME:label=value with a legal key and value, or node/NAME:label-")
    return tuple(SetLabel(name, key, value) for name in names)


def _field(name: str, rest: str, world: World) -> SetField:
    identity = find_daemonset(world, name).identity
    path, equals, value = rest.partition("=")
    if equals:
        return SetField(identity, path, parse_value(value, parse_path(path)[1]))
    if not path.endswith("-"):
        raise _refused(rest, "a field and its value", "path=value, or path- to remove it")
    parse_path(path[:-1])
    return SetField(identity, path[:-1], REMOVE)


def parse_taint(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edits of one `--taint`; raises InputError as `parse_set` does.

    >>> from dsplan.model.meta import ObjectMeta
    >>> from dsplan.model.node import Node
    >>> str(parse_taint("n1:dedicated=gpu:NoSchedule", World(nodes=(Node(metadata=ObjectMeta(name="n1")),)))[0].taint)
    'dedicated=gpu:NoSchedule'
    """
    accepted = f"node/NAME:key=value:EFFECT or node/NAME:key:EFFECT, EFFECT one of {', '.join(_EFFECTS)}"
    names, rest = _nodes(text, world, accepted)
    left, _, effect = rest.rpartition(":")
    key, _, value = left.partition("=")
    if effect not in _EFFECTS or not is_label_key(key) or not is_label_value(value):
        raise _refused(text, "a taint", accepted)
    return tuple(AddTaint(name, Taint(key=key, value=value, effect=effect)) for name in names)


def parse_untaint(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edits of one `--untaint`; raises InputError as `parse_set` does.

    >>> from dsplan.model.meta import ObjectMeta
    >>> from dsplan.model.node import Node
    >>> parse_untaint("n1:dedicated", World(nodes=(Node(metadata=ObjectMeta(name="n1")),)))
    (RemoveTaint(node='n1', key='dedicated', effect=''),)
    """
    accepted = "node/NAME:key or node/NAME:key:EFFECT"
    names, rest = _nodes(text, world, accepted)
    key, _, effect = rest.removesuffix("-").partition(":")
    if not is_label_key(key.partition("=")[0]) or effect not in ("", *_EFFECTS):
        raise _refused(text, "a taint to remove", accepted)
    return tuple(RemoveTaint(name, key.partition("=")[0], effect) for name in names)


def parse_cordon(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edits of one `--cordon`; raises InputError as `parse_set` does."""
    return _each(text, world, Cordon)


def parse_drain(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edits of one `--drain`; raises InputError as `parse_set` does."""
    return _each(text, world, Drain)


def parse_undo(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edit of one `--undo`; raises InputError where the DaemonSet is not there or the number is none.

    >>> from dsplan.testing import a_daemonset
    >>> parse_undo("ds/agent:3", World(daemonsets=(a_daemonset("agent"),)))[0].revision
    3
    """
    name, colon, number = text.partition(":")
    if colon and not (number.isascii() and number.isdigit() and 0 < len(number) < 19):
        raise _refused(
            text, "a revision to go back to", "ds/NAME or ds/NAME:REVISION, a number as `dsplan history` lists"
        )
    return (Undo(find_daemonset(world, name).identity, int(number) if colon else None),)


def parse_remove_node(text: str, world: World) -> tuple[Edit, ...]:
    """Return the edits of one `--remove-node`; raises InputError as `parse_set` does."""
    return _each(text, world, RemoveNode)


def _each(text: str, world: World, edit: Callable[[str], Edit]) -> tuple[Edit, ...]:
    names, rest = _nodes(f"{text}:", world, "node/NAME")
    if rest:
        raise _refused(text, "a node", "node/NAME")
    return tuple(edit(name) for name in names)


def _nodes(text: str, world: World, accepted: str) -> tuple[Iterable[str], str]:
    """Return the nodes that the first part of a text names, and the rest of it."""
    found = _NODE.fullmatch(text)
    if found is None or found["rest"] is None:
        raise _refused(text, "an edit", accepted)
    name = found["name"]
    if not any(sign in name for sign in "*?["):
        return (find_node(world, name).name,), found["rest"]
    names = [node.name for node in world.nodes if fnmatchcase(node.name, name)]
    if not names:
        raise InputError.of([Problem(reason="NotFound", message="no node has such a name", value=name)])
    return names, found["rest"]


def _refused(text: str, what: str, accepted: str) -> InputError:
    problem = Problem(reason="FieldValueInvalid", message=f"is not {what}", value=text, accepted=(accepted,))
    return InputError.of([problem])
