"""Rules about one node and one DaemonSet: one class, one rule, one stable reason code.

In: a DaemonSet's template. Out: constraints, whose `check(projection of a node)` gives a Reason or None.
Promises: a constraint is given only the fields that it declares to read, so it may run once per distinct projection.
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
