"""Eligible is not placed: will the pods fit, whom do they evict, what cannot be (K1-K21, P1-P4).

Data flow: pods, templates -> demands; nodes + pods -> loads; demand x load -> failures of the scheduler's filters;
queue of demands x loads -> prediction; wants + relations -> components -> search -> the best set, conflicts.
The functions `fit` and `overhead` are in the modules of their names, and in `dsplan`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .deployments import DeploymentFit
    from .filters.outcomes import Outcome, OutcomeKind
    from .fit_types import DaemonSetFit, Fit, VariantStatus
    from .overhead import NodeClassOverhead, Overhead
    from .scheduler.prediction import DaemonSetPrediction, Prediction, predict
    from .search.conflicts import Conflict

__all__ = [
    "Conflict",
    "DaemonSetFit",
    "DaemonSetPrediction",
    "DeploymentFit",
    "Fit",
    "NodeClassOverhead",
    "Outcome",
    "OutcomeKind",
    "Overhead",
    "Prediction",
    "VariantStatus",
    "predict",
]

_HOMES = {
    "Conflict": "search.conflicts",
    "DaemonSetFit": "fit_types",
    "DaemonSetPrediction": "scheduler.prediction",
    "DeploymentFit": "deployments",
    "Fit": "fit_types",
    "NodeClassOverhead": "overhead",
    "Outcome": "filters.outcomes",
    "OutcomeKind": "filters.outcomes",
    "Overhead": "overhead",
    "Prediction": "scheduler.prediction",
    "VariantStatus": "fit_types",
    "predict": "scheduler.prediction",
}


def __getattr__(name: str) -> Any:
    """Import a name of the package on first use: a plan needs the prediction alone, and starts the sooner."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)
