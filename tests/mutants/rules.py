"""Broken variants of rules that no record singles out, and of what a Python shell shows."""

from __future__ import annotations

from .mutant import Mutant

RULES = "tests/passes/test_rules.py"
VOLUMES = "tests/placement/test_volumes.py"
FACES = "tests/test_faces.py"
CHECK = "tests/check"

RULE_MUTANTS = (
    Mutant(
        "an-empty-selector-selects-c3",
        "passes/step.py",
        "if selector is not None and is_empty_selector",
        "if False and is_empty_selector",
        RULES,
    ),
    Mutant(
        "deleted-daemonsets-go-on-c4",
        "passes/step.py",
        "if daemonset.metadata.deletion_timestamp is not None:",
        "if False:",
        RULES,
    ),
    Mutant(
        "clean-up-after-an-error-c11",
        "passes/step.py",
        "        if entry.error is None:\n",
        "        if True:\n",
        RULES,
    ),
    Mutant(
        "deletions-first-c14", "passes/pass_actions.py", "return actions, (max(", "return actions[::-1], (max(", RULES
    ),
    Mutant("a-burst-of-300-c12", "passes/pass_actions.py", "BURST = 250", "BURST = 300", RULES),
    Mutant(
        "the-first-taint-last-t9",
        "constraints/tolerations.py",
        "for taint in projection[0] if",
        "for taint in projection[0][::-1] if",
        RULES,
    ),
    Mutant(
        "a-volume-is-everywhere-k19",
        "placement/filters/volumes.py",
        "return constraint.check(project(node, constraint.reads)) is None",
        "return True",
        VOLUMES,
    ),
    Mutant("a-naive-now-is-taken", "model/arguments.py", "if moment.utcoffset() is None:", "if False:", FACES),
    Mutant(
        "reprs-show-everything",
        "model/brief.py",
        '        return f"<{len(part)}>"\n',
        "        return repr(part)\n",
        FACES,
    ),
    Mutant(
        "a-rule-raises-without-a-wildcard",
        "check/rules/selection.py",
        'if not each.key and each.operator == "Exists"), None)',
        'if not each.key and each.operator == "Exists"))',
        f"{CHECK}/test_any_world.py",
    ),
    Mutant(
        "annotations-ignore-nothing",
        "check/run.py",
        'return pattern in (rule.name, "all") or rule.id.startswith(pattern)',
        "return False",
        f"{CHECK}/test_rules.py",
    ),
)
