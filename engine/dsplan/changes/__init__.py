"""What lies between two plans, and which actions of an old plan still hold.

In: two plan documents. Out: `Changes` (fates, causes, waves, evictions, stalls), `Drift`.
Promises: a plan read from a file and one just made are compared alike, and nothing that is the same is told.
"""

from .between import Changes, NodeChange, plan_changes
from .drift import BrokenAction, Drift, drift

__all__ = ["BrokenAction", "Changes", "Drift", "NodeChange", "plan_changes", "drift"]
