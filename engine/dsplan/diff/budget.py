"""maxUnavailable and maxSurge resolved to numbers of nodes (R1-R3, M14)."""

from __future__ import annotations

import msgspec

from ..errors import DsplanError
from ..model.daemonset import DaemonSet
from ..model.selectors import parse_int64

__all__ = ["Budget", "BudgetError", "allows_surge", "resolve_budget", "scaled"]


class BudgetError(DsplanError):
    """maxUnavailable or maxSurge cannot be read; the controller fails the rolling update with it (R2)."""


class Budget(msgspec.Struct, frozen=True):
    """Numbers of nodes for one pass; `arithmetic` says how they came about."""

    max_unavailable: int
    max_surge: int
    desired: int
    arithmetic: str


def scaled(value: int | str | None, total: int) -> int:
    """Return an int-or-percent as a number out of `total`, percentages rounded up (R1).

    Raises BudgetError for text that is no percentage and for None (R2).

    >>> scaled("25%", 10), scaled(3, 10)
    (3, 3)
    """
    if value is None:
        raise BudgetError("maxUnavailable is missing")
    if isinstance(value, int):
        return value
    percent = parse_int64(value.removesuffix("%")) if value.endswith("%") else None
    if percent is None:
        raise BudgetError(f"{value!r} is neither a number nor a percentage")
    return -(-percent * total // 100)


def _surge(daemonset: DaemonSet, total: int) -> int:
    strategy = daemonset.spec.update_strategy
    if strategy.type != "RollingUpdate" or strategy.rolling_update is None:
        return 0
    value = strategy.rolling_update.max_surge
    return 0 if value is None else scaled(value, total)


def allows_surge(daemonset: DaemonSet) -> bool:
    """Return whether manage works with surge: any non-zero maxSurge, since it is resolved against 1 (M14)."""
    try:
        return _surge(daemonset, 1) > 0
    except BudgetError:
        return False


def resolve_budget(daemonset: DaemonSet, desired: int) -> Budget:
    """Return the budget of one rolling update pass over `desired` nodes (R1-R3).

    Raises BudgetError where upstream fails the pass.
    """
    strategy = daemonset.spec.update_strategy
    unavailable, written = 0, None
    if strategy.type == "RollingUpdate" and strategy.rolling_update is not None:
        written = strategy.rolling_update.max_unavailable
        unavailable = scaled(written, desired)
    surge = _surge(daemonset, desired)
    if desired > 0 and unavailable == 0 and surge == 0:
        return Budget(1, 0, desired, f"maxUnavailable and maxSurge are both 0 of {desired} nodes: 1 is used")
    if surge:
        assert strategy.rolling_update is not None
        return Budget(
            unavailable, surge, desired, _arithmetic("maxSurge", strategy.rolling_update.max_surge, surge, desired)
        )
    return Budget(unavailable, 0, desired, _arithmetic("maxUnavailable", written, unavailable, desired))


def _arithmetic(name: str, written: int | str | None, resolved: int, desired: int) -> str:
    if isinstance(written, str):
        return f"{name} {written} of {desired} nodes = {resolved} (rounded up)"
    return f"{name} {resolved} of {desired} nodes"
