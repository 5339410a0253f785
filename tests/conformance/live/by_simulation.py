"""`simulate` from the cluster before: the same pods are made and deleted, in the same bursts, with the same end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from dsplan.manifests.decode import decode
from dsplan.model.meta import controller_of
from dsplan.model.world import World
from dsplan.observe.shape import is_ready
from dsplan.passes import step
from dsplan.simulator import Durations, Simulation, simulate
from dsplan.simulator.placement_scheduler import PlacementScheduler
from tests.conformance.live.injections import injections
from tests.conformance.live.kubelet import RecordedKubelet
from tests.conformance.live.measures import Measured, by_daemonset, measured
from tests.conformance.live.recording import Event, Recording
from tests.conformance.live.steering import SteeredController

__all__ = ["check", "played"]

_EVENTS = {
    "created": "create",
    "deleted": "delete",
    "gone": "gone",
    "ready": "ready",
    "not-ready": "unready",
    "failed": "failed",
}
_JITTER = 1.3
"""Seconds by which single writes come sooner or later: the real client sends 20 a second after the first 30."""
_PART = 0.02
_BY_THE_CLOCK = 0.2
"""The part by which counts may differ where nodes were sick for a time: which pods it hit was a matter of moments."""
_COUNTERS = (
    "desired_number_scheduled",
    "current_number_scheduled",
    "updated_number_scheduled",
    "number_ready",
    "number_available",
    "number_misscheduled",
)


def played(recording: Recording) -> Simulation:
    """Return the simulation of a recording, with its kubelets and its commands."""
    world = decode(recording.before)
    ripens = any(daemonset.spec.min_ready_seconds for daemonset in world.daemonsets)
    end = max((event.at for event in recording.events), default=0.0)
    until = max([end, *recording.dumps])
    return simulate(
        world,
        RecordedKubelet(recording),
        now=recording.moment(min(recording.dumps)),
        until=recording.moment(until),
        durations=Durations(react=0.02, between=1.0 if ripens else 0.02),  # R29
        controller=SteeredController(recording),
        scheduler=PlacementScheduler,
        injections=injections(recording),
    )


def check(recording: Recording) -> Iterator[str]:
    """Yield what differs."""
    story = played(recording)
    yield from (f"invariant {found.invariant}: {found.text}" for found in story.violations)
    before = decode(recording.before)
    recorded, simulated = by_daemonset(recording.events), by_daemonset(_events(story, recording))
    for owner in sorted(recorded.keys() | simulated.keys()):
        pods = _pods(before, owner)
        name = "/".join(owner)
        yield from _differences(name, measured(recorded.get(owner, []), pods), measured(simulated.get(owner, []), pods))
    yield from _ends_differ(decode(recording.after), story.world, recording)


def _differences(name: str, want: Measured, got: Measured) -> Iterator[str]:
    for field in ("created", "deleted", "most_down"):
        expected, found = getattr(want, field), getattr(got, field)
        if abs(expected - found) > (_BY_THE_CLOCK * expected if want.failed else 0):
            yield f"{name}: {field} {found}, recorded {expected}"
    for field in () if want.failed else ("creations", "deletions"):
        expected, found = getattr(want, field), getattr(got, field)
        if not _is_jitter(expected, found):
            yield f"{name}: {field} {_written(found)}, recorded {_written(expected)}"


def _is_jitter(expected: tuple[tuple[float, int], ...], found: tuple[tuple[float, int], ...]) -> bool:
    """Return whether the writes are the same, but for a moment by which single ones came sooner or later."""
    recorded, simulated = ([at for at, size in bursts for _ in range(size)] for bursts in (expected, found))
    return len(recorded) == len(simulated) and all(
        abs(one - other) < _JITTER + _PART * one for one, other in zip(recorded, simulated, strict=True)
    )


def _written(bursts: tuple[tuple[float, int], ...]) -> str:
    return " ".join(f"{size}@{at:.1f}" for at, size in bursts)


def _events(story: Simulation, recording: Recording) -> Iterator[Event]:
    """Yield a simulation in the words of a recording."""
    uids: dict[tuple[str, str], str] = {}
    for pod in decode(recording.before).pods:
        uids[pod.metadata.namespace, pod.name] = pod.metadata.uid
    for item in story.log:
        kind = _EVENTS.get(str(item.kind))
        if kind is not None and item.daemonset is not None and item.pod:
            yield Event(
                at=(item.at - recording.started).total_seconds(),
                kind=kind,
                node=item.node,
                namespace=item.daemonset.namespace,
                daemonset=item.daemonset.name,
                pod=item.pod,
                uid=uids.get((item.daemonset.namespace, item.pod), item.pod),
            )


def _pods(world: World, owner: tuple[str, str]) -> dict[str, tuple[str, bool]]:
    found = {}
    for pod in world.pods:
        reference = controller_of(pod.metadata)
        if reference is not None and (pod.metadata.namespace, reference.name) == owner:
            found[pod.metadata.uid] = (pod.spec.node_name, is_ready(pod))
    return found


def _ends_differ(want: World, got: World, recording: Recording) -> Iterator[str]:
    """Yield where the status at the end is not the one that was recorded."""
    last = recording.moment(max(recording.dumps)) + timedelta(seconds=1)
    recorded = {entry.identity: entry.status for entry in step(want, now=last).daemonsets}
    simulated = {entry.identity: entry.status for entry in step(got, now=last).daemonsets}
    for identity, status in recorded.items():
        found = simulated.pop(identity, None)
        for counter in _COUNTERS:
            expected, counted = getattr(status, counter), getattr(found, counter, None)
            if expected != counted:
                yield f"{identity}: {counter} {counted} in the end, recorded {expected}"
    yield from (f"{identity}: is there in the end" for identity in simulated)
