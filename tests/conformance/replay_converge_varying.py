"""Roll-outs whose counts depend on the order of a random walk: invariants, the same end, and the walk by name.

Of these only the outcome of a walk by name was recorded. dsplan's written order is the walk by name where every node
is ready and none has a zone: there the counts must be equal, too. Elsewhere the invariants must hold in every round,
and the end must be the same: as many pods, and the same nodes with one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dsplan.diff.order import ZONE_LABEL
from tests.conformance import replay_converge
from tests.conformance.replay_converge import cluster_of, play, pods_of

Record = dict[str, Any]


def check(record: Record) -> list[str]:
    """Return the invariants that are broken, and what differs at the end."""
    violations: list[str] = []
    cluster = cluster_of(record)
    _, converged = play(record, cluster, violations)
    if converged != record["out"]["converged"]:
        violations.append(f"converged: expected {record['out']['converged']}, got {converged}")
    got, want = _places(pods_of(cluster)), _places(record["out"]["final"])
    if got != want:
        violations.append(f"final: expected pods on {sorted(want.items())}, got {sorted(got.items())}")
    if all(node.ready and ZONE_LABEL not in node.labels for node in cluster.objects.nodes.values()):
        violations += replay_converge.check(record)
    return violations


def _places(final: list[str]) -> Counter[str]:
    return Counter(entry.split(":")[0] for entry in final)
