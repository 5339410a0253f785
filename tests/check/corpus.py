"""Every rule on public DaemonSets, one at a time over public nodes: how often each fires. No names, only figures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dsplan.check import BUILTIN_RULES, Scene, Settings, check
from dsplan.errors import InputError
from dsplan.manifests.load import load
from dsplan.model.world import World
from dsplan.planner import solve
from dsplan.testing import NOW

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def worlds() -> list[World]:
    """Return one world for each DaemonSet, with all nodes; of nodes of one name the first."""
    nodes = {node.name: node for read in _read("nodes") for node in read.nodes}
    return [
        World(nodes=tuple(nodes.values()), daemonsets=(daemonset,), disruption_budgets=read.disruption_budgets)
        for read in _read("daemonsets")
        for daemonset in read.daemonsets
    ]


def _read(folder: str) -> list[World]:
    found = []
    for path in sorted((CORPUS / folder).iterdir(), reverse=folder == "nodes"):
        try:
            found.append(load([path], validate="ignore"))
        except InputError:
            continue
    return found


def figures() -> dict[str, int]:
    """Return how often each rule fires, those that are off by default included."""
    every = tuple(each.id for each in BUILTIN_RULES)
    found = Counter(dict.fromkeys(every, 0))
    for world in worlds():
        report = check(Scene.of(world, solve(world, now=NOW)), BUILTIN_RULES, Settings(select=every))
        found.update(finding.rule for finding in report.findings)
    return dict(sorted(found.items()))
