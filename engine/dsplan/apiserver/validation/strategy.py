"""spec.updateStrategy of a DaemonSet, after defaulting (V, D1-D3).

Source: apps validation (AV:ValidateDaemonSetUpdateStrategy, ValidateRollingUpdateDaemonSet).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...model.regex import regex
from .findings import Findings

__all__ = ["check_update_strategy"]

_TYPES = ("RollingUpdate", "OnDelete")
_PERCENT = regex(r"([0-9]+)%")
_NONZERO_INTEGER = regex(r"[+-]?0*[1-9][0-9]*")


def check_update_strategy(strategy: Mapping[str, Any], path: str, found: Findings) -> None:
    """RollingUpdate with its block, or OnDelete with or without one (whose values are not looked at)."""
    kind = strategy.get("type", "")
    if kind == "RollingUpdate":
        rolling = strategy.get("rollingUpdate")
        if rolling is None:
            found.required(f"{path}.rollingUpdate")
        else:
            _check_rolling_update(rolling, f"{path}.rollingUpdate", found)
    elif kind != "OnDelete":
        # The server prints the whole strategy as the value, under the path of the strategy.
        found.not_supported(path, kind, _TYPES)


def _check_rolling_update(rolling: Mapping[str, Any], path: str, found: Findings) -> None:
    """Exactly one of the two knobs is not zero; text that is neither percentage nor integer counts as 0 (X8)."""
    knobs = [("maxUnavailable", rolling.get("maxUnavailable", 0)), ("maxSurge", rolling.get("maxSurge", 0))]
    for name, amount in knobs:
        if isinstance(amount, str):
            if _PERCENT.fullmatch(amount) is None:
                hint = f", did you mean '{amount}%'?" if amount.isascii() and amount.isdigit() else ""
                found.invalid(f"{path}.{name}", amount, f"must be an integer, or digits followed by '%'{hint}")
        elif amount < 0:
            found.invalid(f"{path}.{name}", amount, "must be greater than or equal to 0")
    for name, amount in knobs:
        if isinstance(amount, str) and _is_above_100_percent(amount):
            found.invalid(f"{path}.{name}", amount, "must not be greater than 100%")
    unavailable, surge = (_is_nonzero(amount) for _, amount in knobs)
    if unavailable and surge:
        found.invalid(f"{path}.maxSurge", knobs[1][1], "may not be set when maxUnavailable is non-zero")
    elif not unavailable and not surge:
        found.required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def _is_above_100_percent(amount: str) -> bool:
    match = _PERCENT.fullmatch(amount)
    digits = match[1].lstrip("0") if match else ""
    return len(digits) > 3 or (digits != "" and int(digits) > 100)


def _is_nonzero(amount: int | str) -> bool:
    if isinstance(amount, int):
        return amount != 0
    match = _PERCENT.fullmatch(amount)
    if match:
        return match[1].strip("0") != ""
    # As upstream: any integer counts, also one beyond int64; what is no integer counts as 0.
    return _NONZERO_INTEGER.fullmatch(amount) is not None
