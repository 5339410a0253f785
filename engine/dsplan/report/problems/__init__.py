"""Problems of the input as text, JSON, GitHub annotations, SARIF and JUnit.

In: `Problem`s. Out: text. Promises: ids of rules never change, and the worst come first.
"""

from .github import github
from .junit import junit
from .plain import problems_json, problems_text
from .rules import RULES, Outcome, rule_of, worst_first
from .sarif import sarif

__all__ = [
    "RULES",
    "Outcome",
    "github",
    "junit",
    "problems_json",
    "problems_text",
    "rule_of",
    "sarif",
    "worst_first",
]
