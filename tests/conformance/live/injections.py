"""The commands of a recording as changes of a simulated cluster."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise

from dsplan.manifests.decode import decode_object
from dsplan.model.pod import Pod
from dsplan.simulator.cluster import Object, Removed
from dsplan.simulator.run import Injection
from tests.conformance.live.film import Film, Frame
from tests.conformance.live.kubectl import Cluster, type_act
from tests.conformance.live.recording import Act, Key, Recording, key_of

__all__ = ["WRITES", "injections"]

WRITES = 0.1
"""Seconds before its end at which a command writes: most of its time goes with what it reads first."""
_ORDER = {"Node": 0, "DaemonSet": 1, "Pod": 2}


def injections(recording: Recording) -> list[Injection]:
    """Return what was typed, each change at the moment at which it took effect."""
    cluster: Cluster = {key_of(tree): tree for tree in recording.before}
    found: list[Injection] = []
    for act in recording.acts:
        before = dict(cluster)
        cluster = copy.deepcopy(cluster)
        type_act(act, cluster, recording)
        at = recording.moment(_effective(act))
        found += [(at, change) for change in _changes(act, before, cluster)]
    found += [(recording.moment(at), pod) for at, pod in _pods_of_others(recording)]
    found += [(recording.moment(at), Removed(pod)) for at, pod in _deleted_by_hand(recording)]
    return found


def _effective(act: Act) -> float:
    """Return when a command wrote."""
    return max(act.at, act.until - WRITES)


def _changes(act: Act, before: Cluster, after: Cluster) -> Iterator[Object | Removed]:
    for key in sorted(before.keys() | after.keys(), key=lambda key: (_ORDER.get(key[0], 9), key)):
        if key[0] not in ("Node", "DaemonSet"):
            continue
        if key not in after:
            yield Removed(_decoded(before, key), orphan="--cascade=orphan" in act.command)
        elif before.get(key) != after[key]:
            yield _decoded(after, key)


def _decoded(cluster: Cluster, key: Key) -> Object:
    decoded = decode_object(cluster[key])
    assert decoded is not None
    return decoded  # type: ignore[return-value]


def _pods_of_others(recording: Recording) -> Iterator[tuple[float, Pod]]:
    """Yield pods without a DaemonSet that somebody made."""
    for frame, after in _pairs(recording):
        event = frame.happens
        if not isinstance(event, Act) and event is not None and event.kind == "create" and not event.daemonset:
            pod = decode_object(after.cluster["Pod", event.namespace, event.pod])
            yield event.at, pod  # type: ignore[misc]


def _pairs(recording: Recording) -> Iterator[tuple[Frame, Frame]]:
    yield from pairwise(Film(recording).frames())


def _deleted_by_hand(recording: Recording) -> Iterator[tuple[float, Pod]]:
    for act in recording.acts:
        if " delete pod" not in act.command:
            continue
        for frame, _ in _pairs(recording):
            event = frame.happens
            if (
                not isinstance(event, Act)
                and event is not None
                and event.kind == "delete"
                and f'"{event.pod}" deleted' in act.said
            ):
                yield event.at, decode_object(frame.cluster["Pod", event.namespace, event.pod])  # type: ignore[misc]
