"""Broken variants of the account."""

from __future__ import annotations

from .mutant import Mutant

LAWS = "tests/planner/test_account.py"
CASES = "tests/planner/test_proof_cases.py"

ACCOUNT = (
    Mutant(
        "waves-begin-whatever-the-pass-does",
        "planner/account/unwanted.py",
        "nodes & known.writes.updated & known.first",
        "nodes & known.first",
        LAWS,
    ),
    Mutant(
        "a-pod-that-stays-has-no-lot",
        "planner/account/lots.py",
        "lots.append(Lot(kind=LotKind.STAYS, place=place))",
        "pass",
        LAWS,
    ),
    Mutant(
        "nodes-without-pods-are-in-no-row",
        "planner/account/build.py",
        "empty = known.index.all - occupied",
        "empty = known.index.all - known.index.all",
        LAWS,
    ),
    Mutant(
        "a-replaced-pod-is-summed-twice",
        "planner/account/types.py",
        "if row.fate is not Fate.REPLACED:",
        "if row.lots:",
        LAWS,
    ),
    Mutant(
        "failed-pods-go-whatever-their-back-off",
        "planner/account/unwanted.py",
        "waiting = nodes - known.writes.retried if failed else BitMap()",
        "waiting = BitMap()",
        "tests/explain/test_standing.py",
    ),
    Mutant(
        "two-adopt-one-orphan",
        "observe/ownership.py",
        "self._takers.get((metadata.namespace, metadata.name), own) == own",
        "True",
        CASES,
    ),
    Mutant(
        "a-deletion-after-an-adoption-asks-for-the-old-version",
        "passes/pass_actions.py",
        "if pod.metadata.name not in written:",
        "if pod.metadata.name:",
        CASES,
    ),
    Mutant(
        "relabelled-pods-are-updated-all-the-same",
        "passes/forecast.py",
        "if observed.history.duplicates:",
        "if observed is None:",
        CASES,
    ),
    Mutant(
        "an-unready-node-holds-no-budget",
        "planner/account/build.py",
        "stuck = basis.unready | ends.hopeless | ends.sick | doubtful",
        "stuck = ends.hopeless | ends.sick | doubtful",
        CASES,
    ),
    Mutant(
        "evictions-are-no-difference",
        "planner/account/difference.py",
        "evictions=_evictions(old, new),",
        "evictions=_evictions(old, old),",
        CASES,
    ),
)
