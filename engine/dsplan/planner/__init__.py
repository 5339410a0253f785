"""From a World to a Plan: `solve` wires the stages (passes, policies, placement, waves) and owns none of them."""

from .plan import DaemonSetPlan, Plan
from .solve import solve

__all__ = ["DaemonSetPlan", "Plan", "solve"]
