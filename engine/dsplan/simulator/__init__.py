"""A cluster in time: repeated passes against a model of kubelets, scheduler and clock.

In: World, `now`, a Kubelet, a Controller, a Scheduler. Out: `Simulation`: a log, runs, violations, the World at the
end.
Promises: the same arguments give the same log. There is one simulator: what fakes a cluster elsewhere drives a
Cluster of this one.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chance import ChanceKubelet, Odds
    from .cluster import Cluster, Object, Removed
    from .controllers import BatchHost, BuiltinController, Controller, Decision, WholeStepController
    from .durations import SEED_DURATIONS, Durations, Spread
    from .invariants import Invariant, Violation, judge, judge_fixed_point
    from .kubelet import BoundPod, Kubelet, PodTransition, PodTransitionKind, SteadyKubelet
    from .log import LogEntry, LogEntryKind
    from .policies import PolicyController, controller_for
    from .results import DaemonSetRun, Oscillation, Outcome, Simulation, Totals
    from .run import Injection, simulate
    from .scheduler import EverythingFits, Scheduler, SchedulerFactory

__all__ = [
    "SEED_DURATIONS",
    "BatchHost",
    "BoundPod",
    "BuiltinController",
    "ChanceKubelet",
    "Cluster",
    "Controller",
    "DaemonSetRun",
    "Decision",
    "Durations",
    "Injection",
    "Invariant",
    "Kubelet",
    "LogEntry",
    "LogEntryKind",
    "Object",
    "Odds",
    "Oscillation",
    "Outcome",
    "PodTransition",
    "PodTransitionKind",
    "PolicyController",
    "Removed",
    "Scheduler",
    "SchedulerFactory",
    "Simulation",
    "Spread",
    "SteadyKubelet",
    "Totals",
    "Violation",
    "WholeStepController",
    "controller_for",
    "EverythingFits",
    "judge",
    "judge_fixed_point",
    "simulate",
]


_HOMES = {
    "SEED_DURATIONS": "durations",
    "BatchHost": "controllers",
    "BoundPod": "kubelet",
    "BuiltinController": "controllers",
    "ChanceKubelet": "chance",
    "Cluster": "cluster",
    "Controller": "controllers",
    "DaemonSetRun": "results",
    "Decision": "controllers",
    "Durations": "durations",
    "LogEntry": "log",
    "LogEntryKind": "log",
    "Injection": "run",
    "Invariant": "invariants",
    "Kubelet": "kubelet",
    "Object": "cluster",
    "Odds": "chance",
    "Oscillation": "results",
    "Outcome": "results",
    "PolicyController": "policies",
    "Removed": "cluster",
    "Scheduler": "scheduler",
    "SchedulerFactory": "scheduler",
    "Simulation": "results",
    "Spread": "durations",
    "SteadyKubelet": "kubelet",
    "Totals": "results",
    "PodTransition": "kubelet",
    "PodTransitionKind": "kubelet",
    "Violation": "invariants",
    "WholeStepController": "controllers",
    "controller_for": "policies",
    "EverythingFits": "scheduler",
    "judge": "invariants",
    "judge_fixed_point": "invariants",
    "simulate": "run",
}


def __getattr__(name: str) -> Any:
    """Import a name of the package on first use: a plan whose roll-outs cannot stall simulates none of them."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)
