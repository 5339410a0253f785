"""Problems of the input, and findings of checks, as text, JSON, GitHub annotations, GitLab reports, SARIF and JUnit.

In: `Problem`s, or a `Log`. Out: text. Promises: ids of rules never change, and the worst come first.
"""

from .github import github, github_log
from .gitlab import gitlab_log
from .junit import junit, junit_log
from .log import Entry, Log, log_of
from .plain import problems_json, problems_text
from .rules import RULES, Outcome, rule_of, worst_first
from .sarif import sarif, sarif_log

__all__ = [
    "RULES",
    "Entry",
    "Log",
    "Outcome",
    "github",
    "github_log",
    "gitlab_log",
    "junit",
    "junit_log",
    "log_of",
    "problems_json",
    "problems_text",
    "rule_of",
    "sarif",
    "sarif_log",
    "worst_first",
]
