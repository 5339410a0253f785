"""Broken variants of one pass: eligibility, observation, manage, rolling update."""

from __future__ import annotations

from .mutant import Mutant

PROPAGATION = "tests/eligibility/test_propagation.py"
STEP = "tests/passes/test_step_properties.py"

CORE = (
    Mutant(
        "notin-needs-the-label",
        "eligibility/propagation.py",
        'return named if operator == "In" else index.all - named',
        'return named if operator == "In" else index.with_key(key) - named',
        PROPAGATION,
    ),
    Mutant(
        "match-fields-forgotten",
        "eligibility/propagation.py",
        "sets += [_field(requirement, index) for requirement in term.match_fields]",
        "sets += [index.all]",
        PROPAGATION,
    ),
    Mutant(
        "first-failing-constraint-only",
        "eligibility/verdicts.py",
        "failing.append((constraint, index.all - passed))",
        "failing.append((constraint, run - passed))",
        PROPAGATION,
    ),
    Mutant(
        "excluded-node-counted-twice",
        "eligibility/accounting.py",
        "remaining = remaining - counted",
        "remaining = remaining | counted",
        PROPAGATION,
    ),
    Mutant(
        "keep-creates",
        "diff/manage.py",
        "create=ActionReason.MISSING if verdict is Verdict.RUN else None",
        "create=ActionReason.MISSING",
        STEP,
        also=(
            (
                "observe/observed.py",
                "empty = verdicts.run - BitMap.union(BitMap(), *occupied.values())",
                "empty = (verdicts.run | verdicts.keep) - BitMap.union(BitMap(), *occupied.values())",
            ),
        ),
    ),
    Mutant(
        "budget-off-by-one",
        "diff/rolling.py",
        "room = max(0, budget.max_unavailable - unavailable)",
        "room = max(0, budget.max_unavailable + 1 - unavailable)",
        STEP,
    ),
    Mutant(
        "sick-pods-spend-nothing",
        "diff/rolling.py",
        "unavailable = len(places[Place.DOWN]) + len(vanished[Place.DOWN]) + len(must)",
        "unavailable = len(places[Place.DOWN]) + len(vanished[Place.DOWN])",
        "tests/diff/test_rolling.py",
    ),
    Mutant(
        "terminating-pods-deleted-again",
        "diff/manage.py",
        "        if facts & _TERMINATING:\n            continue\n",
        "",
        STEP,
    ),
    Mutant(
        "both-phases-in-one-pass",
        "passes/step.py",
        "may_act = not (managed.create or managed.delete)",
        "may_act = True",
        STEP,
    ),
    Mutant(
        "pods-in-input-order",
        "observe/groups.py",
        "members.sort(key=lambda member: oldest_first(member[0]))",
        "members.reverse()",
        STEP,
        also=(
            (
                "model/world.py",
                "if sorted(keys) == keys:",
                "if True:",
            ),
        ),
    ),
    Mutant(
        "misscheduled-counts-pods",
        "observe/status.py",
        "misscheduled += nodes if shape else 0",
        "misscheduled += nodes * len(shape) * 3",
        STEP,
    ),
    Mutant(
        "turns-counted-among-what-is-left",
        "diff/rolling.py",
        "among = observed.verdicts.run",
        "among = nodes",
        "tests/simulator/test_cluster.py",
    ),
)
