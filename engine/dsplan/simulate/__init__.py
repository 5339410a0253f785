"""Time: repeated passes against a model of kubelets, scheduler and clock (DESIGN section 3).

Data flow: World -> Cluster (objects, agenda) <- Controller's decisions, pass by pass -> log, invariants -> Simulation
-> timeline, comparison, stalls. There is one simulator: what fakes a cluster elsewhere drives a Cluster of this one.
"""

import sys
from types import ModuleType

from .chance import ChanceKubelet, Odds
from .cluster import Cluster, Object, Removed
from .controllers import BatchHost, BuiltinController, Controller, Decision, WholeStepController
from .durations import SEED_DURATIONS, Durations, Spread
from .happenings import Happening, HappeningKind
from .invariants import Invariant, Violation, judge, judge_fixed_point
from .kubelet import Birth, Kubelet, SteadyKubelet, Turn, TurnKind
from .policies import PolicyController, controller_for
from .results import DaemonSetRun, Oscillation, Outcome, Simulation, Totals
from .run import Injection, simulate
from .scheduler import Scheduler, SchedulerFactory, everything_fits

__all__ = [
    "SEED_DURATIONS",
    "BatchHost",
    "Birth",
    "BuiltinController",
    "ChanceKubelet",
    "Cluster",
    "Controller",
    "DaemonSetRun",
    "Decision",
    "Durations",
    "Happening",
    "HappeningKind",
    "Injection",
    "Invariant",
    "Kubelet",
    "Object",
    "Odds",
    "Oscillation",
    "Outcome",
    "PolicyController",
    "Removed",
    "Scheduler",
    "SchedulerFactory",
    "Simulation",
    "Spread",
    "SteadyKubelet",
    "Totals",
    "Turn",
    "TurnKind",
    "Violation",
    "WholeStepController",
    "controller_for",
    "everything_fits",
    "judge",
    "judge_fixed_point",
    "simulate",
]


class _Callable(ModuleType):
    """`dsplan.simulate(world, ...)` is the function, `dsplan.simulate.Cluster` a name of the package."""

    __call__ = staticmethod(simulate)


sys.modules[__name__].__class__ = _Callable
