"""Broken variants of edits: what is out of date, what is refused, what is taken back."""

from __future__ import annotations

from .mutant import Mutant

LEARNING = "tests/observe/test_learning.py"

EDITS = (
    Mutant(
        "stored-template-forgotten",
        "observe/learning.py",
        "return _of_a_new_template(daemonset, pods, stored)",
        "pass",
        LEARNING,
    ),
    Mutant(
        "sidecars-count",
        "observe/likeness.py",
        "return all(one.name in by_name",
        "return len(by_name) == len(tuple(wanted)) and all(one.name in by_name",
        LEARNING,
    ),
    Mutant(
        "status-of-another-generation-believed",
        "observe/learning.py",
        "not generation or status.observed_generation != generation or not judged",
        "not judged",
        LEARNING,
    ),
)
