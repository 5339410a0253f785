"""Real DaemonSets on one node: what a search adds to first come, first served."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import dsplan
from dsplan.model.world import World

from ..placement.scenes import NOW, node

FOLDER = Path(__file__).parents[3] / "shared" / "corpus" / "daemonsets"
FILES = {
    "datadog-otel-config-ports.yaml": "datadog",
    "otel-daemonset-and-deployment.yaml": "example-opentelemetry-collector-agent",
    "azure-ama-logs.yaml": "ama-logs",
}
POLICY = {
    "apiVersion": "dsplan.dev/v1alpha1",
    "kind": "PlacementPolicy",
    "metadata": {"name": "one-log-collector"},
    "spec": {"apart": [{"daemonSets": ["datadog-agent/datadog", "kube-system/ama-logs"]}]},
}


def world() -> World:
    """A node, three agents and the policy that two of them are never together."""
    found = dsplan.decode([node("n1", labels={"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}), POLICY])
    loaded = [dsplan.load([FOLDER / name]) for name in FILES]
    daemonsets = [entry for each in loaded for entry in each.daemonsets if entry.name in FILES.values()]
    return msgspec.structs.replace(found, daemonsets=tuple(daemonsets))


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the corpus is not here ({FOLDER})")
def test_without_the_search_one_agent_keeps_two_out() -> None:
    """datadog comes first; its ports 4317 and 4318 keep the OpenTelemetry agent out, the policy keeps ama-logs out."""
    cluster = world()
    whole = dsplan.step(cluster, now=NOW)
    off, on = dsplan.fit(cluster, whole, search=False), dsplan.fit(cluster, whole)
    assert [entry.identity.name for entry in off.daemonsets if entry.placed] == ["datadog"]
    assert sorted(entry.identity.name for entry in on.daemonsets if entry.placed) == [
        "ama-logs",
        "example-opentelemetry-collector-agent",
    ]
    assert on.steps > 0
    assert on.gap == 0
    assert [(part.size, part.nodes, part.best) for part in on.components] == [(3, 1, 2)]
