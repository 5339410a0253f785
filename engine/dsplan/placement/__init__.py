"""Eligible is not placed: will the pods fit, whom do they evict, what cannot be (K1-K21, P1-P4).

In: a World and the pass over it. Out: `Prediction` (what the scheduler will do), `Fit` (the best that could be placed,
with bound and causes), `Overhead`. `filters` judge one pod on one node, `scheduler` queues, `search` chooses.
Promises: a filter gives every reason at once; what is called impossible comes with a minimal set of causes.
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
