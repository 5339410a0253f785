"""The verdict of one pair, by single evaluation and by set algebra over an index of that node.

Held by these records: E1-E10, T1-T12, T14, A1-A11.
"""

from __future__ import annotations

from typing import Any

from dsplan.constraints import constraints_of
from dsplan.eligibility import NodeIndex, Verdict, evaluate, propagate
from dsplan.manifests.decode import decode
from tests.conformance.replay_sync import named

_WORDS = {(True, True): Verdict.RUN, (False, True): Verdict.KEEP, (False, False): Verdict.DENY}


def check(record: dict[str, Any]) -> list[str]:
    """Return what differs from the recorded verdict."""
    world = decode([{"kind": "DaemonSet", **named(record["daemonset"])}, {"kind": "Node", **record["node"]}])
    constraints, node = constraints_of(world.daemonsets[0]), world.nodes[0]
    evaluation = evaluate(constraints, node)
    propagated = propagate(constraints, NodeIndex(world.nodes)).of(0)
    want = _WORDS.get((record["shouldRun"], record["shouldContinueRunning"]))
    problems = [
        f"{how}: expected {want}, got {got}"
        for how, got in (("evaluate", evaluation.verdict), ("propagate", propagated))
        if got is not want
    ]
    if bool(evaluation.reasons) == evaluation.should_run:
        problems.append(f"reasons: {evaluation.verdict} with {len(evaluation.reasons)} reasons")
    return problems
