"""The public manifests and nodes, and what dsplan makes of them; present only beside a checkout that has them.

`python -m tests.functional.corpus` writes the golden summaries anew.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dsplan
from dsplan.errors import InputError
from dsplan.model.node import Node
from dsplan.planner import DaemonSetPlan

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
GOLDEN = Path(__file__).with_name("corpus_golden.json")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the public manifests are not here ({CORPUS})")


def files(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).iterdir()) if CORPUS.is_dir() else []


@cache
def golden() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text())
    return found


@cache
def nodes() -> tuple[Node, ...]:
    """Every node of the files that the golden summaries are over; of those with one name the first."""
    found: dict[str, Node] = {}
    for name in golden()["nodes"]:
        for node in dsplan.load([CORPUS / "nodes" / name]).nodes:
            found.setdefault(node.name, node)
    return tuple(found.values())


def outcome(path: Path) -> dict[str, Any]:
    """What is refused of a file, and what each of its DaemonSets comes to over all nodes."""
    refused = {}
    try:
        world = dsplan.load([path])
    except InputError as error:
        refused = {"refused": sorted({problem.reason for problem in error.problems})}
        try:
            world = dsplan.load([path], validate=False)
        except InputError:
            return refused
    plan = dsplan.solve(msgspec.structs.replace(world, nodes=nodes(), pods=()), now=NOW)
    return {**refused, "daemonsets": [summary(entry) for entry in plan.daemonsets]}


def summary(entry: DaemonSetPlan) -> dict[str, Any]:
    excluded: Counter[str] = Counter()
    for part in entry.exclusions:
        excluded[part.code] += len(part.nodes)
    assert entry.desired + excluded.total() == len(nodes())
    return {
        "desired": entry.desired,
        "excluded": dict(excluded),
        **({"impossible": entry.account.sums.impossible} if entry.account.sums.impossible else {}),
        **({"error": True} if entry.step.error else {}),
    }


def main() -> None:
    names = json.dumps([path.name for path in files("nodes")])
    rows = ((path.name, outcome(path)) for path in files("daemonsets"))
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(row, sort_keys=True)}" for name, row in rows)
    GOLDEN.write_text(f'{{"nodes": {names},\n"daemonsets": {{\n{text}\n}}}}\n')


if __name__ == "__main__":
    main()
