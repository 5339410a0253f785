"""What lies between two plans: fates, causes, waves, evictions and stalls; and which actions of an old plan still hold.

Documents in, values out: a plan read from a file and one just made are compared alike.
"""

from .between import Changes, NodeChange, plan_changes
from .drift import BrokenAction, Drift, drift

__all__ = ["BrokenAction", "Changes", "Drift", "NodeChange", "plan_changes", "drift"]
