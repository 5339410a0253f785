"""What lies between two plans, and which actions of an old plan still hold.

In: two plan documents. Out: `Changes` (fates, causes, waves, evictions, stalls), `Drift`.
Promises: a plan read from a file and one just made are compared alike, and nothing that is the same is told.
"""

from .between import Changes, NodeChange, plan_changes
from .drift import Drift, Evidence, Standing, StandingState, drift

__all__ = ["Changes", "Drift", "Evidence", "NodeChange", "Standing", "StandingState", "drift", "plan_changes"]
