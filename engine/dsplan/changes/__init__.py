"""What lies between two plans: who gains, who loses, what updates; and which actions of an old plan still hold.

Documents in, values out: a plan read from a file and one just made are compared alike.
"""

from .between import Changes, DaemonSetChange, NodeChange, between
from .drift import BrokenAction, Drift, drift

__all__ = ["BrokenAction", "Changes", "DaemonSetChange", "Drift", "NodeChange", "between", "drift"]
