"""State as a host saves and loads it: versioned, small, and whole again when it is read.

    {"kind": "dsplan-state", "format": 1, "names": [...], "state": {...}}

Written column by column, whatever fields State has: names of nodes once each in a table, sets of them as runs, moments
as differences, what repeats once. With 10,000 nodes in back-off, in flight and in canaries it stays below 200 KB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import msgspec

from ..errors import InputError, Problem
from .name_table import names_in, runs_in, runs_of, table_of
from .state import STATE_VERSION, State

__all__ = ["FORMAT", "load_state", "save_state"]

FORMAT = 1
"""The version of the way of writing; `State.version` is that of what is written."""

_KIND = "dsplan-state"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_ROWS = 2_000_000
_LARGEST = 16 * 1024 * 1024


class _Saved(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    format: int
    names: list[str] = []
    state: dict[str, Any] = {}


def save_state(state: State) -> bytes:
    """Return a State as canonical JSON that `load_state` reads: the same State, the same bytes.

    >>> load_state(save_state(State(seen=(("Node", "7"),)))) == State(seen=(("Node", "7"),))
    True
    """
    tree: dict[str, Any] = msgspec.to_builtins(state, builtin_types=(datetime,))
    rows = table_of(_long_texts(tree))
    places = {name: place for place, name in enumerate(names_in(rows))}
    written = _write(tree, places)
    return msgspec.json.encode(_Saved(_KIND, FORMAT, rows, written), order="deterministic")


def load_state(saved: bytes | str) -> State:
    """Return the State that `save_state` wrote.

    Raises InputError for anything else, and for what a newer dsplan wrote: a host must then stop, and not begin anew.

    >>> try:
    ...     load_state('{"kind": "dsplan-state", "format": 2}')
    ... except InputError as error:
    ...     print(error.problems[0].message.partition(";")[0])
    State cannot be used: a newer dsplan wrote it
    """
    if len(saved) > _LARGEST:
        raise _refusal(f"longer than {_LARGEST:,} bytes")
    try:
        found = msgspec.json.decode(saved, type=_Saved)
    except msgspec.MsgspecError as error:
        raise _refusal(f"not what dsplan saved: {error}") from None
    if found.kind != _KIND:
        raise _refusal(f"its kind is {found.kind!r}")
    version = found.state.get("version", STATE_VERSION)
    if found.format > FORMAT or not isinstance(version, int) or version > STATE_VERSION:
        raise _refusal("a newer dsplan wrote it; use that one, or remove the State to begin anew at the canary")
    try:
        return msgspec.convert(_read(found.state, names_in(found.names)), State)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise _refusal(f"it cannot be read: {error}") from None


def _refusal(why: str) -> InputError:
    return InputError.of([Problem(reason="DecodeError", message=f"State cannot be used: {why}")])


# Writing


def _long_texts(tree: Any) -> set[str]:
    """Return the texts that columns hold: of lists, and of fields that every row has."""
    if isinstance(tree, dict):
        return set().union(*(_long_texts(value) for value in tree.values()))
    if not isinstance(tree, list | tuple):
        return set()
    if _are_rows(tree):
        columns = {key: [row[key] for row in tree] for key in tree[0]}
        return set().union(*(_long_texts(column) for column in columns.values()))
    texts = {value for value in tree if isinstance(value, str)}
    return texts.union(*(_long_texts(value) for value in tree if not isinstance(value, str)))


def _are_rows(values: Sequence[Any]) -> bool:
    return len(values) > 1 and all(isinstance(row, dict) and row and row.keys() == values[0].keys() for row in values)


def _write(tree: Any, places: Mapping[str, int]) -> Any:
    if isinstance(tree, dict):
        return {"@" * key.startswith("@") + key: _write(value, places) for key, value in tree.items()}
    if isinstance(tree, datetime):
        return {"@at": (tree - _EPOCH) // _MICROSECOND}
    return _column(tree, places) if isinstance(tree, list | tuple) else tree


def _column(values: Sequence[Any], places: Mapping[str, int]) -> Any:
    if _are_rows(values):
        return {"@rows": len(values), "@of": {key: _column([row[key] for row in values], places) for key in values[0]}}
    if values and all(isinstance(value, str) for value in values):
        return {"@names": _runs(places[value] for value in values)}
    if len(values) > 1 and all(isinstance(value, datetime) for value in values):
        moments = [(value - _EPOCH) // _MICROSECOND for value in values]
        steps = [later - earlier for earlier, later in pairwise(moments)]
        return {"@from": moments[0], "@steps": _counted(steps, lambda step: step)}
    return {"@each": _counted(values, lambda value: _write(value, places))}


def _runs(numbers: Any) -> str | list[Any]:
    """Return numbers as runs; where one repeats on and on, how often."""
    found = list(numbers)
    if len(set(found)) * 4 > len(found):
        return runs_of(found)
    return _counted(found, lambda value: value)


def _counted(values: Sequence[Any], write: Callable[[Any], Any]) -> list[Any]:
    """Return values with how often each comes in a row; just the values, after a 1, where few come twice."""
    found = [[write(value), len(list(alike))] for value, alike in groupby(values)]
    return found if len(found) * 2 <= len(values) + 1 else [1, *map(write, values)]


# Reading


def _read(tree: Any, names: Sequence[str]) -> Any:
    if not isinstance(tree, dict):
        return tree
    if set(tree) == {"@at"}:
        return _EPOCH + tree["@at"] * _MICROSECOND
    read = _COLUMNS.get(frozenset(tree))
    return read(tree, names) if read else {key.removeprefix("@"): _read(value, names) for key, value in tree.items()}


def _read_rows(tree: dict[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    columns = {key: _read(column, names) for key, column in tree["@of"].items()}
    number = tree["@rows"]
    if not 0 <= number <= _MOST_ROWS or any(len(column) != number for column in columns.values()):
        raise ValueError("columns of different lengths")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _read_names(tree: dict[str, Any], names: Sequence[str]) -> list[str]:
    written = tree["@names"]
    places = runs_in(written) if isinstance(written, str) else _repeated(written)
    if any(place < 0 for place in places):
        raise ValueError("a name that is not in the table")
    return [names[place] for place in places]


def _read_moments(tree: dict[str, Any], names: Sequence[str]) -> list[datetime]:
    moments = [tree["@from"]]
    for step in _repeated(tree["@steps"]):
        moments.append(moments[-1] + step)
    return [_EPOCH + moment * _MICROSECOND for moment in moments]


def _read_each(tree: dict[str, Any], names: Sequence[str]) -> list[Any]:
    return [_read(value, names) for value in _repeated(tree["@each"])]


def _repeated(counted: list[Any]) -> list[Any]:
    if counted and counted[0] == 1:
        return counted[1:]
    found: list[Any] = []
    for value, times in counted:
        if not 0 < times <= _MOST_ROWS - len(found):
            raise ValueError("more rows than any State has")
        found += [value] * times
    return found


_COLUMNS: Mapping[frozenset[str], Callable[[dict[str, Any], Sequence[str]], Any]] = {
    frozenset({"@rows", "@of"}): _read_rows,
    frozenset({"@names"}): _read_names,
    frozenset({"@from", "@steps"}): _read_moments,
    frozenset({"@each"}): _read_each,
}
