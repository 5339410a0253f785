"""What is there: whose pods, on which node, in what condition; revisions; status (M1-M6, H, S).

In: pods, revisions, verdicts. Out: `Observed`: groups by node, situations (verdict + shape), history, status.
Promises: a shape holds all that any rule asks about the pods of a node, so every later rule runs once per distinct
situation and not once per node.
"""

from .groups import Group, Grouping, group_by_node
from .history import History, observe_history
from .observed import Observed, Situation, observe
from .ownership import Claim, PodIndex, claim_pods, owned_pods
from .shape import PodFact, Shape
from .status import count_status, is_status_written

__all__ = [
    "Claim",
    "Group",
    "Grouping",
    "History",
    "Observed",
    "PodFact",
    "PodIndex",
    "Shape",
    "Situation",
    "claim_pods",
    "count_status",
    "group_by_node",
    "is_status_written",
    "observe",
    "observe_history",
    "owned_pods",
]
