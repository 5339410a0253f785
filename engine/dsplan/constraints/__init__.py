"""Rules about one node and one DaemonSet: one class, one rule, one stable reason code.

Data flow: a DaemonSet's template -> constraints -> `check(projection of a node)` -> Reason or None.
"""

from .builtin import BUILTIN_RULES, constraints_of
from .protocol import Cause, Constraint, Projection, Reason, Rule, Strength, project

__all__ = [
    "BUILTIN_RULES",
    "Cause",
    "Constraint",
    "Projection",
    "Reason",
    "Rule",
    "Strength",
    "constraints_of",
    "project",
]
