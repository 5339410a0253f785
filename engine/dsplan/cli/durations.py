"""Options that say how long things take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..rollouts.duration_sources import Overrides

__all__ = ["Seconds", "duration_options", "overrides_of"]

F = TypeVar("F", bound=Callable[..., Any])
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


class Seconds(click.ParamType[float]):
    """A span of time: `90`, `90s`, `1m30s`, `2h`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds, or fail with what is accepted."""
        if isinstance(value, int | float):
            return float(value)
        text = str(value).strip()
        parts = _PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            self.fail(f"{value!r} is not a duration, for example 90, 90s, 1m30s or 2h", param, ctx)
        return sum(float(number) * _UNITS[unit or None] for number, unit in parts)


_OPTIONS = {
    "react": "From a change to its evaluation (default 0).",
    "create": "From the decision to create a pod to its existence (default 1s).",
    "ready": "From a pod's existence to ready (default: measured, else 14s).",
    "terminate": "From deletion to gone (default: the grace period).",
    "between": "From a pod's being available to the controller's next look (default 1s).",
}


def duration_options(function: F) -> F:
    """Add --react, --create, --ready, --terminate, --between."""
    for name, text in reversed(_OPTIONS.items()):
        function = click.option(f"--{name}", type=Seconds(), metavar="TIME", help=text)(function)
    return function


def overrides_of(values: dict[str, Any]) -> Overrides:
    """Take the durations out of a command's arguments."""
    from ..rollouts.duration_sources import Overrides

    return Overrides(**{name: values.pop(name) for name in _OPTIONS})
