"""Broken variants of why, counterfactuals and what-if."""

from __future__ import annotations

from .mutant import Mutant

WHY = "tests/explain/test_why_property.py"
COUNTERFACTUAL = "tests/explain/test_counterfactual_property.py"
EXAMPLES = "tests/explain/test_counterfactual.py"
EDITS = "tests/explain/test_edits.py"
DIFFERENCE = "tests/explain/test_difference.py"
DEMANDS = "tests/explain/test_demands.py"

EXPLAIN = (
    Mutant("first-cause-only", "explain/evidence.py", "causes=reason.causes,", "causes=reason.causes[:1],", WHY),
    Mutant("no-automatic-toleration-told", "explain/evidence.py", "if not node.taints:", "if True:", WHY),
    Mutant(
        "class-key-without-fields", "explain/why.py", "shared = _failing(evaluation), helped", "shared = helped", WHY
    ),
    Mutant("first-term-is-closest", "explain/evidence.py", "min(ranked)", "ranked[0]", WHY),
    Mutant(
        "last-member-forgotten",
        "explain/why.py",
        "for position in positions]",
        "for position in positions[: max(1, len(positions) - 1)]]",
        WHY,
    ),
    Mutant(
        "toleration-per-taint",
        "explain/search.py",
        "by_key[taint.key].append(taint)",
        "by_key[taint.key + taint.effect].append(taint)",
        COUNTERFACTUAL,
    ),
    Mutant(
        "first-branch-only",
        "explain/search.py",
        "for branch in branches:\n        labels",
        "for branch in branches[:1]:\n        labels",
        COUNTERFACTUAL,
    ),
    Mutant(
        "affinity-never-dropped",
        "explain/search.py",
        "if len(branches) > 1 and side",
        "if False and side",
        COUNTERFACTUAL,
    ),
    Mutant(
        "no-value-allowed",
        "explain/search.py",
        'return requirement.operator == "In" and all',
        "return False and all",
        EXAMPLES,
    ),
    Mutant("removals-ascending", "explain/requirement_paths.py", "reverse=True", "reverse=False", EDITS),
    Mutant("price-counts-the-node", "explain/side_effects.py", "runs - ran - position", "runs - ran", COUNTERFACTUAL),
    Mutant("others-not-looked-at", "explain/side_effects.py", "if before is not after:", "if False:", COUNTERFACTUAL),
    Mutant("removal-option-sets", "report/text/edits.py", "{path_text(path)}-", "{path_text(path)}=", EDITS),
    Mutant(
        "what-left-a-node-is-not-compared",
        "planner/account/difference.py",
        '    for name, old in was.items():\n        found[old.fate, "", old.text, "", False].append(name)\n',
        "",
        DIFFERENCE,
    ),
    Mutant(
        "created-not-compared",
        "planner/account/difference.py",
        "create=_by(old, new, lambda part: part.comes),",
        "create=_by(old, old, lambda part: part.comes),",
        DIFFERENCE,
    ),
    Mutant("no-fresh-candidate", "explain/demands.py", "*spelled, fresh, None)", "*spelled, None)", DEMANDS),
    Mutant(
        "no-neighbour-of-a-bound",
        "explain/demands.py",
        "(*named, *preferred, *spelled,",
        "(*named, *preferred,",
        DEMANDS,
    ),
)
