"""One field of a DaemonSet by its path, as Kubernetes prints it: read, set, removed.

The paths are those of error messages and explanations: `spec.template.spec.tolerations[0].key`,
`spec.template.spec.nodeSelector[kubernetes.io/os]`; `[+]` is one more entry of a list.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec

from ..apiserver.schema.kinds import SCALARS, Field, Shape, fields_of
from ..errors import InputError, Problem
from ..model.meta import RawTree

__all__ = ["REMOVE", "Path", "parse_path", "field_at", "parse_value", "path_text", "set_field"]

Path = tuple[str | int, ...]
"""Keys and indexes; "+" in a list stands for one more entry."""


REMOVE: Any = msgspec.UNSET
"""Given as a value: the field goes."""

_WORD = re.compile(r"\.?([^.\[\]]+)")
_BRACKET = re.compile(r"\[([^\]]*)\]")
_DAEMONSET = Field("", "DaemonSet", Shape.ONE, None, False)  # type: ignore[arg-type]


def parse_path(text: str) -> tuple[Path, Field]:
    """Return the path into a DaemonSet that a text means, and what the API server knows about the field.

    A map's key may stand in brackets or behind a dot, whatever dots it has itself.
    Raises InputError, with what was perhaps meant, for a field that does not exist.

    >>> parse_path("spec.template.spec.nodeSelector.kubernetes.io/os")[0]
    ('spec', 'template', 'spec', 'nodeSelector', 'kubernetes.io/os')
    """
    path: list[str | int] = []
    field, rest = _DAEMONSET, text
    while rest:
        if field.shape is Shape.MAP:
            bracket = _BRACKET.fullmatch(rest)
            key = bracket[1] if bracket else rest.removeprefix(".")
            field, rest = msgspec.structs.replace(field, shape=Shape.ONE), ""
            path.append(key)
        elif field.shape is Shape.LIST:
            path.append(_index(text, rest))
            rest = rest[rest.index("]") + 1 :]
            field = msgspec.structs.replace(field, shape=Shape.ONE)
        else:
            word = _WORD.match(rest)
            if word is None or field.type in SCALARS:
                raise _refused("is no field path", text, ())
            field = _known(text, field, word[1])
            path.append(word[1])
            rest = rest[word.end() :]
    if not path:
        raise _refused("names no field", text, ())
    return tuple(path), field


def _index(text: str, rest: str) -> str | int:
    bracket = _BRACKET.match(rest)
    if bracket is None or not (bracket[1] == "+" or (bracket[1].isascii() and bracket[1].isdigit())):
        raise _refused("needs the number of a list entry in brackets, or [+] for one more", text, ())
    return "+" if bracket[1] == "+" else int(bracket[1][:9])


def _known(text: str, field: Field, name: str) -> Field:
    fields = fields_of(field.type)
    if name not in fields:
        raise _refused(f"{field.type} has no field {name!r}", text, difflib.get_close_matches(name, fields, 3))
    return fields[name]


def _refused(message: str, value: str, accepted: Any) -> InputError:
    return InputError.of([Problem(reason="FieldValueInvalid", message=message, value=value, accepted=tuple(accepted))])


def parse_value(text: str, field: Field) -> Any:
    """Return the value a text means for a field of that type: text stays text where the field is a string.

    >>> parse_value("10", parse_path("spec.minReadySeconds")[1]), parse_value("10", parse_path("metadata.labels.x")[1])
    (10, '10')

    Raises InputError where it cannot be read; whether it is allowed is another question.
    """
    if field.shape is Shape.ONE and field.type in ("string", "quantity", "time"):
        return text
    from ..reading.yaml_exact import parse_yaml

    located = parse_yaml(text, source=f"value of {field.name}")
    if located.problems:
        raise InputError.of(located.problems)
    return located.tree


def path_text(path: Path) -> str:
    """Return a path as Kubernetes prints it.

    >>> path_text(("spec", "tolerations", 0, "key")), path_text(("metadata", "labels", "a.b/c"))
    ('spec.tolerations[0].key', 'metadata.labels[a.b/c]')
    """
    text = ""
    for step in path:
        if isinstance(step, int) or step == "+" or not step.isalnum():
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def field_at(tree: Any, path: Path) -> Any:
    """Return what is at a path. Raises InputError where nothing is.

    >>> field_at({"a": [{"b": 1}]}, ("a", 0, "b"))
    1
    """
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            raise _refused("no field at this path", path_text(path), ()) from None
    return tree


def set_field(tree: RawTree, path: Path, value: Any) -> RawTree:
    """Return a copy of a tree in which one field has another value, or is gone (REMOVE); the rest is shared.

    What is missing on the way is made. Raises InputError for a list entry that is not there.

    >>> set_field({"a": {"b": 1}}, ("a", "c"), 2), set_field({"a": [1, 2]}, ("a", 0), REMOVE)
    ({'a': {'b': 1, 'c': 2}}, {'a': [2]})
    """
    changed: RawTree = _set(tree, path, value, path)
    return changed


def _set(tree: Any, path: Path, value: Any, whole: Path) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(step, int) or step == "+":
        return _set_entry(list(tree or ()), path, value, whole)
    copy = dict(tree) if isinstance(tree, dict) else {}
    if rest:
        copy[step] = _set(copy.get(step), rest, value, whole)
    elif value is not REMOVE:
        copy[step] = value
    elif step in copy:
        del copy[step]
    else:
        raise _refused("no field to remove at this path", path_text(whole), ())
    return copy


def _set_entry(entries: list[Any], path: Path, value: Any, whole: Path) -> list[Any]:
    step, rest = path[0], path[1:]
    place = len(entries) if step == "+" else int(step)
    if place > len(entries) or (place == len(entries) and value is REMOVE):
        raise _refused(f"the list has {len(entries)} entries", path_text(whole), ())
    if place == len(entries):
        entries.append(None)
    if rest:
        entries[place] = _set(entries[place], rest, value, whole)
    elif value is REMOVE:
        del entries[place]
    else:
        entries[place] = value
    return entries
