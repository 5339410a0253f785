"""From a World to a Plan: `solve` wires the stages (passes, policies, placement, waves, stalls) and owns none of them.

In: World, `now`, constraints. Out: `Plan`: per DaemonSet the next pass and its account (package `account`), State,
notes.
Promises: what becomes of a node or a pod is worked out in the account, once, and every answer is read off it.
"""

from .light import light_plan
from .plan import DaemonSetPlan, Plan
from .solve import solve

__all__ = ["DaemonSetPlan", "Plan", "light_plan", "solve"]
