"""What to do about it: one pass of manage and rolling update, as actions with reasons (M7-M23, R1-R31).

In: situations of nodes, a budget. Out: names of nodes and pods, and actions, cut to the burst (C12).
Promises: rules run once per situation and not once per node; what upstream leaves to chance has one written order.
"""

from .actions import Action, ActionReason, Actor, Precondition, Stage
from .blueprint import Blueprint, blueprint_of
from .budget import Budget, BudgetError, allows_surge, resolve_budget
from .manage import Manage, manage
from .order import node_order
from .rolling import Rolling, rolling_update

__all__ = [
    "Action",
    "ActionReason",
    "Actor",
    "Blueprint",
    "Budget",
    "BudgetError",
    "Manage",
    "Precondition",
    "Rolling",
    "Stage",
    "allows_surge",
    "blueprint_of",
    "manage",
    "node_order",
    "resolve_budget",
    "rolling_update",
]
