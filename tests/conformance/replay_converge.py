"""Whole roll-outs against recorded ones: counts in every round equal, names where the record is exact (R29-R34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from dsplan.diff import Stage
from dsplan.model.daemonset import HASH_LABEL, DaemonSet
from dsplan.model.meta import Identity
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from dsplan.observe.shape import is_ready
from dsplan.passes import DaemonSetStep, step
from dsplan.simulator.cluster import Cluster
from dsplan.simulator.invariants import judge
from dsplan.simulator.kubelet import BoundPod, PodTransition, PodTransitionKind
from tests.conformance.replay_sync import outcome, world_of

Record = dict[str, Any]
_ROUND_LISTS = {"mc": "m_create", "md": "m_delete", "rc": "ru_create", "rd": "ru_delete"}
_LIMIT = 200


def check(record: Record) -> list[str]:
    """Return what differs from the recorded roll-out."""
    cluster = cluster_of(record)
    problems: list[str] = []
    passes, converged = play(record, cluster, problems)
    counts = [counts_of(entry) for entry in passes]
    if (passes[0].observed is not None) and passes[0].observed.history.hash != record["out"]["hash"]:
        problems.append(f"hash: expected {record['out']['hash']}, got {passes[0].observed.history.hash}")
    if converged != record["out"]["converged"]:
        problems.append(f"converged: expected {record['out']['converged']}, got {converged}")
    if counts != record["counts"]:
        place = next(
            (at for at, (got, want) in enumerate(zip(counts, record["counts"], strict=False)) if got != want),
            min(len(counts), len(record["counts"])),
        )
        got, want = counts[place : place + 3], record["counts"][place : place + 3]
        problems.append(f"counts from round {place}: expected {want}, got {got}")
    if record["exact"]:
        problems += _names_differ(record["out"]["rounds"], passes)
        final = pods_of(cluster)
        if final != record["out"]["final"]:
            problems.append(f"final: expected {record['out']['final']}, got {final}")
    return problems


def _names_differ(want: list[Record], got: list[DaemonSetStep]) -> Iterator[str]:
    for number, (expected, entry) in enumerate(zip(want, got, strict=False)):
        decided = outcome(entry)
        for short, field in _ROUND_LISTS.items():
            if sorted(expected.get(short) or []) != sorted(decided[field]):
                yield f"round {number} {short}: expected {expected.get(short)}, got {sorted(decided[field])}"
        if expected.get("st", decided["status"]) != decided["status"]:
            yield f"round {number} status: expected {expected['st']}, got {decided['status']}"


def cluster_of(record: Record) -> Cluster:
    """Return the cluster at the beginning of a record."""
    world, now = world_of(record)
    return Cluster(world, RecordedKubelet(record), now=now, naming=_recorded_name)


def _recorded_name(daemonset: DaemonSet, node: str, number: int) -> str:
    return f"new-{node}-{number}"


class RecordedKubelet:
    """Kubelets as the recording had them: everything takes a number of rounds."""

    def __init__(self, record: Record) -> None:
        self._seconds = float(record["stepSeconds"])
        self._ready = (1 + record["readyAfter"]) * self._seconds
        self._grace = (1 + record["graceRounds"]) * self._seconds
        self._never = set(record.get("neverReady") or ())
        self._fail_first = record.get("failFirst") or {}

    def create(self, daemonset: Identity, node: str) -> float:
        return 0.0

    def start(self, bound: BoundPod) -> Iterable[PodTransition]:
        if bound.number <= self._fail_first.get(bound.node.name, 0):
            return (PodTransition(self._ready, PodTransitionKind.FAILED),)
        return () if bound.node.name in self._never else (PodTransition(self._ready, PodTransitionKind.READY),)

    def resume(self, pod: Pod, node: Node | None, now: datetime) -> Iterable[PodTransition]:
        return ()

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        return self._grace


def quiet_rounds(record: Record) -> int:
    """Return after how many rounds without a write the recording stopped."""
    ripening = ceil(record["daemonset"]["spec"].get("minReadySeconds", 0) / record["stepSeconds"])
    patience = 8 if record.get("failFirst") else 0
    return int(2 + record["readyAfter"] + record["graceRounds"] + ripening + patience)


def play(record: Record, cluster: Cluster, violations: list[str]) -> tuple[list[DaemonSetStep], bool]:
    """Return the passes of all rounds without the quiet tail, and whether it became quiet; note broken invariants."""
    start, patience = cluster.now, quiet_rounds(record)
    passes: list[DaemonSetStep] = []
    quiet = 0
    while len(passes) < _LIMIT and quiet < patience:
        cluster.advance(start + timedelta(seconds=len(passes) * record["stepSeconds"]))
        entry = step(cluster.world, now=cluster.now).daemonsets[0]
        if entry.observed is not None:
            judged = judge(entry.daemonset, entry.actions, entry.observed, cluster.objects.index, now=cluster.now)
            violations += [f"round {len(passes)}: {found.invariant}: {found.text}" for found in judged]
        cluster.carry_out(entry.actions)
        cluster.remember(entry)
        passes.append(entry)
        quiet = 0 if any(counts_of(entry)) else quiet + 1
    converged = quiet >= patience
    return _without_tail(passes) if converged else passes, converged


def _without_tail(passes: list[DaemonSetStep]) -> list[DaemonSetStep]:
    """Return the rounds up to the first of the equal, quiet ones at the end."""
    end = len(passes)
    while end > 1 and _look(passes[end - 1]) == _look(passes[end - 2]) and not any(counts_of(passes[end - 1])):
        end -= 1
    return passes[:end]


def _look(entry: DaemonSetStep) -> tuple[list[int], list[int]]:
    return counts_of(entry), outcome(entry)["status"]


def counts_of(entry: DaemonSetStep) -> list[int]:
    """Return [manage creates, manage deletes, update creates, update deletes, errors] of a pass."""
    stages = (Stage.MANAGE, Stage.ROLLING_UPDATE)
    pods = [(action.stage, action.verb) for action in entry.actions if action.kind == "Pod"]
    return [pods.count((stage, verb)) for stage in stages for verb in ("create", "delete")] + [bool(entry.error) * 1]


def pods_of(cluster: Cluster) -> list[str]:
    """Return the pods at the end as `node:name:updated:ready`."""
    daemonset = next(iter(cluster.objects.daemonsets.values()))
    current = cluster.observation(daemonset.identity).observed.history.hash
    return sorted(
        f"{pod.spec.node_name}:{pod.name}:{int(pod.metadata.labels.get(HASH_LABEL) == current)}:{int(is_ready(pod))}"
        for pod in cluster.objects.pods
    )
