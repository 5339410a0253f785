"""Why, and what if: answers as values, the smallest edits that change them, and edited worlds.

Data flow: World -> plan -> `why` -> classes of equal answer; a no -> `counterfactuals` -> edits with their price;
World x edits -> `apply_edits` -> World.
"""

from .answers import Answer, AnswerClass, Explanation, Kind
from .counterfactual import Counterfactual, counterfactuals
from .difference import Difference, what_if
from .edits import Edit, apply_edits
from .search import Side
from .why import why, why_all

__all__ = [
    "Answer",
    "AnswerClass",
    "Counterfactual",
    "Difference",
    "Edit",
    "Explanation",
    "Kind",
    "Side",
    "apply_edits",
    "counterfactuals",
    "what_if",
    "why",
    "why_all",
]
