"""Why, and what if: answers as values, the smallest edits that change them, and edited worlds.

In: a World, `now`, names or edits. Out: `why` gives classes of equal answers, `counterfactuals` edits that turn a no
into a yes, with their side effects, `what_if` the difference that edits make, `apply_edits` the edited World.
Promises: every reason at once; every edit that is proposed was verified by planning again.
"""

from .answers import Answer, AnswerClass, Explanation, Kind
from .counterfactual import Counterfactual, counterfactuals
from .difference import Difference, what_if
from .edit_text import parse_cordon, parse_drain, parse_remove_node, parse_set, parse_taint, parse_undo, parse_untaint
from .edits import (
    AddNodes,
    AddTaint,
    AddToleration,
    AllowValue,
    Cordon,
    DeletePod,
    Drain,
    DropRequirements,
    Edit,
    FreeRoom,
    RemoveNode,
    RemoveTaint,
    ReplacePool,
    SetField,
    SetLabel,
    Undo,
    apply_edits,
)
from .search import Side
from .why import why, why_all

__all__ = [
    "AddNodes",
    "AddTaint",
    "AddToleration",
    "AllowValue",
    "Answer",
    "AnswerClass",
    "Cordon",
    "Counterfactual",
    "DeletePod",
    "Difference",
    "Drain",
    "DropRequirements",
    "Edit",
    "Explanation",
    "FreeRoom",
    "Kind",
    "RemoveNode",
    "RemoveTaint",
    "ReplacePool",
    "SetField",
    "SetLabel",
    "Side",
    "Undo",
    "apply_edits",
    "counterfactuals",
    "parse_cordon",
    "parse_drain",
    "parse_remove_node",
    "parse_set",
    "parse_taint",
    "parse_undo",
    "parse_untaint",
    "what_if",
    "why",
    "why_all",
]
