"""Volumes that tie a pod to nodes (K19)."""

from __future__ import annotations

from typing import Any

import pytest

from dsplan.placement.filters.scheduler_view import SchedulerView

from .scenes import ZONE, Tree, daemonset, node, pod, spec, world

DRIVER = "ebs.example.com"


def claiming(name: str = "data") -> Tree:
    return {**spec(), "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]}


def claim(mode: str = "ReadWriteMany", volume: str = "pv") -> Tree:
    return {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"accessModes": [mode], "volumeName": volume},
    }


def volume(*, labels: Tree | None = None, handle: str = "vol-1", **found: Any) -> Tree:
    return {
        "kind": "PersistentVolume",
        "metadata": {"name": "pv", "labels": labels or {}},
        "spec": {"csi": {"driver": DRIVER, "volumeHandle": handle}, **found},
    }


def csi_node(count: int) -> Tree:
    driver = {"name": DRIVER, "nodeID": "n1", "allocatable": {"count": count}}
    return {"kind": "CSINode", "metadata": {"name": "n1"}, "spec": {"drivers": [driver]}}


def asked(*trees: Tree) -> list[str]:
    found = world(node("n1", labels={ZONE: "a"}), daemonset("d", claiming()), *trees)
    return [str(failure.plugin) for failure in SchedulerView(found).failures(found.daemonsets[0], "n1")]


def on(zone: str) -> Tree:
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
    return {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}


@pytest.mark.parametrize(("zone", "expected"), [("a", []), ("b", ["VolumeBinding"])])
def test_node_affinity_of_a_volume(zone: str, expected: list[str]) -> None:
    assert asked(claim(), volume(**on(zone))) == expected


@pytest.mark.parametrize(("zone", "expected"), [("a", []), ("b__a", []), ("b", ["VolumeZone"])])
def test_zone_of_a_volume(zone: str, expected: list[str]) -> None:
    assert asked(claim(), volume(labels={ZONE: zone})) == expected


@pytest.mark.parametrize(("mode", "expected"), [("ReadWriteOnce", []), ("ReadWriteOncePod", ["VolumeRestrictions"])])
def test_a_claim_for_one_pod_in_use(mode: str, expected: list[str]) -> None:
    assert asked(claim(mode), volume(), pod("other", "n1", claiming(), namespace="default")) == expected


@pytest.mark.parametrize(("count", "expected"), [(1, []), (0, ["NodeVolumeLimits"])])
def test_volumes_that_a_driver_can_attach(count: int, expected: list[str]) -> None:
    assert asked(claim(), volume(), csi_node(count)) == expected


def test_what_is_not_described_decides_nothing() -> None:
    assert asked() == asked(claim(volume="elsewhere")) == []
