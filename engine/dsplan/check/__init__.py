"""Rules about what is risky, judged in a cluster before a change is merged.

In: a World and its plan. Out: findings, each with a stable rule id, a place in the source, what it affects, and a fix.
Promises: pure; the same input gives the same findings in the same order; built-in rules are plug-ins like any other.
"""

from .expectations import Expectation, decode_expectations
from .expecting import Result, results_of
from .registry import BUILTIN_RULES, chosen_rules, rules_of
from .rule import Report, Rule, rule
from .run import check, with_expectations
from .scene import Scene, Subject
from .settings import Settings
from .types import Finding, Severity, Spot

__all__ = [
    "BUILTIN_RULES",
    "Expectation",
    "Finding",
    "Report",
    "Result",
    "Rule",
    "Scene",
    "Settings",
    "Severity",
    "Spot",
    "Subject",
    "check",
    "chosen_rules",
    "decode_expectations",
    "results_of",
    "with_expectations",
    "rule",
    "rules_of",
]
