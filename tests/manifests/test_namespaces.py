"""What decides which pods a namespace takes is read into the World."""

from __future__ import annotations

from pathlib import Path

from dsplan import load, snapshot_json

_FILE = """
apiVersion: v1
kind: Namespace
metadata:
  name: team
  annotations: {scheduler.alpha.kubernetes.io/node-selector: realm=test, owner: somebody}
status: {phase: Active}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: few, namespace: team}
spec: {hard: {pods: 8}, scopes: [NotBestEffort]}
status: {hard: {pods: "8"}, used: {pods: "3"}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: agent, namespace: team}
---
apiVersion: v1
kind: LimitRange
metadata: {name: limits, namespace: team}
spec: {limits: [{type: Container, max: {cpu: 2}}]}
"""


def test_objects_of_a_namespace_are_read(tmp_path: Path) -> None:
    path = tmp_path / "team.yaml"
    path.write_text(_FILE)
    world = load([path])
    assert [quota.spec.hard for quota in world.resource_quotas] == [{"pods": 8}]
    assert world.resource_quotas[0].status.used == {"pods": "3"}
    assert [account.metadata.name for account in world.service_accounts] == ["agent"]
    assert [limits.metadata.namespace for limits in world.limit_ranges] == ["team"]
    assert world.namespaces[0].status.phase == "Active"


def test_a_snapshot_keeps_the_node_selector_of_a_namespace_and_no_other_annotation(tmp_path: Path) -> None:
    path = tmp_path / "team.yaml"
    path.write_text(_FILE)
    kept = snapshot_json(load([path]))
    assert b"realm=test" in kept
    assert b"somebody" not in kept
