"""PodDisruptionBudgets, as far as preemption reads them (P3)."""

from __future__ import annotations

from typing import Any

from .meta import ObjectMeta, Wire
from .selectors import LabelSelector

__all__ = ["PodDisruptionBudget", "PodDisruptionBudgetSpec", "PodDisruptionBudgetStatus"]


class PodDisruptionBudgetSpec(Wire, frozen=True, kw_only=True, gc=False):
    """spec of a budget: whom it protects, and how many of them; a number of pods or a percentage."""

    selector: LabelSelector | None = None
    min_available: int | str | None = None
    max_unavailable: int | str | None = None


class PodDisruptionBudgetStatus(Wire, frozen=True, kw_only=True, gc=False):
    """status of a budget: how many pods may still go, and which are on their way already."""

    disruptions_allowed: int = 0
    disrupted_pods: dict[str, Any] = {}


class PodDisruptionBudget(Wire, frozen=True, kw_only=True, gc=False):
    """A budget. The DaemonSet controller never looks at it (B1), the scheduler tries to keep it."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()
