"""step and solve: wires the stages, owns nothing."""

from .observer import NO_OBSERVER, Observer
from .plan import DaemonSetPlan, Plan, Summary
from .solve import solve
from .step import step
from .step_types import DaemonSetStep, Event, Step

__all__ = [
    "NO_OBSERVER",
    "DaemonSetPlan",
    "DaemonSetStep",
    "Event",
    "Observer",
    "Plan",
    "Step",
    "Summary",
    "solve",
    "step",
]
