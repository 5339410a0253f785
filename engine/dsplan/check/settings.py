"""What the user chooses: rules, severities, and the numbers that rules compare with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ..errors import InputError, Problem, shorten
from .types import Severity

__all__ = ["Options", "Settings", "merged", "settings_of"]


class Options(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Numbers that rules compare with.

    `many_nodes` is how many nodes a roll-out of one at a time may have; `overhead_share` how much of a node's
    allocatable resources all DaemonSets together may request, from 0 to 1; `node_shutdown_seconds` how long a node
    waits for its pods when it shuts down.
    """

    many_nodes: int = 50
    overhead_share: float = 0.3
    node_shutdown_seconds: int | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Which rules run: those `selected` (empty: every enabled one) less those `ignored`, by id, prefix or name."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    options: Options = Options()
    fail_on: str = ""


_KEYS = ("select", "ignore", "severity", "fail-on", "options")


def settings_of(tree: Any, source: str) -> Settings:
    """Return the settings of a parsed `[check]` table.

    Raises InputError with every problem.

    >>> settings_of({"ignore": ["DSP1"], "severity": {"DSP101": "info"}}, ".dsplan.toml").severity["DSP101"].value
    'info'
    """
    problems: list[Problem] = []
    if not isinstance(tree, dict):
        raise InputError.of([_problem(source, "check", "must be a table", tree)])
    for key in tree:
        if key not in _KEYS:
            close = difflib.get_close_matches(str(key), _KEYS, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            problems.append(_problem(source, f"check.{key}", f"unknown setting{hint}", accepted=_KEYS))
    found = {
        key: _part(tree[key], kind, f"check.{key}", source, problems)
        for key, kind in (
            ("select", tuple[str, ...]),
            ("ignore", tuple[str, ...]),
            ("severity", dict[str, Severity]),
            ("options", Options),
            ("fail-on", str),
        )
        if key in tree
    }
    if problems:
        raise InputError.of(problems)
    return Settings(**{key.replace("-", "_"): value for key, value in found.items()})


def merged(base: Settings, select: Iterable[str], ignore: Iterable[str], fail_on: str) -> Settings:
    """Return the settings of a file with those of a command line over them.

    >>> merged(Settings(ignore=("DSP1",)), (), ("DSP2",), "").ignore
    ('DSP1', 'DSP2')
    """
    return msgspec.structs.replace(
        base,
        select=tuple(select) or base.select,
        ignore=(*base.ignore, *ignore),
        fail_on=fail_on or base.fail_on,
    )


def _part(value: Any, kind: Any, field: str, source: str, problems: list[Problem]) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        problems.append(_problem(source, field, str(error)[:200], value))
        return None


def _problem(
    source: str, field: str, message: str, value: Any = msgspec.UNSET, accepted: Iterable[str] = ()
) -> Problem:
    seen = value if value is msgspec.UNSET else shorten(value)
    return Problem(
        reason="FieldValueInvalid", field=field, message=message, value=seen, source=source, accepted=tuple(accepted)
    )
