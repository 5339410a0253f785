"""Eligible is not placed: will the pods fit, whom do they evict, what cannot be (K1-K21, P1-P4).

Data flow: pods, templates -> demands; nodes + pods -> loads; demand x load -> failures of the scheduler's filters;
queue of demands x loads -> prediction; wants + relations -> components -> search -> the best set, conflicts.
"""

from .conflicts import Conflict
from .deployments import DeploymentFit
from .fit import fit
from .fit_types import DaemonSetFit, Fit, VariantStatus
from .overhead import NodeClassOverhead, Overhead, overhead
from .prediction import DaemonSetPrediction, Prediction, predict
from .queue import Outcome, OutcomeKind

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
    "fit",
    "overhead",
    "predict",
]
