"""`step` at every moment: the controller wrote what a pass decides, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from dsplan.diff import Action, ActionReason, Stage
from dsplan.model.daemonset import HASH_LABEL
from dsplan.observe.shape import is_ready
from dsplan.passes import DaemonSetStep, step
from tests.conformance.live.film import Film, Frame
from tests.conformance.live.recording import Event, Recording
from tests.conformance.live.strangers import Strangers

__all__ = ["check"]

_LAG = 0.3
"""Seconds that the controller may be behind: its caches, and its writes one after another."""
_QUIET = 0.45
"""Seconds after which it has seen everything and would have acted."""


def check(recording: Recording) -> Iterator[str]:
    """Yield every write that no pass decides, and every decision that was not written."""
    films = [list(Film(recording, lead=lead).frames()) for lead in (0.0, float("inf"))]
    strangers = Strangers(recording)
    for place, frame in enumerate(films[0]):
        event = frame.happens
        written = isinstance(event, Event) and _is_write(event) and not strangers.wrote(event, frame)
        if written and not any(_decided(recording, frames, event) for frames in films):
            yield f"{event.at:.2f} s: {event.kind} of {event.pod} on {event.node}: no pass decides it"
        quiet_since = films[0][place - 1].at if place else frame.at
        if frame.at - quiet_since > 2 * _QUIET and not _is_typing(recording, quiet_since + _QUIET):
            yield from _idle(recording, frame, quiet_since + _QUIET, strangers)


def _is_write(event: Event) -> bool:
    return event.kind in ("create", "delete") and bool(event.daemonset)


def _is_typing(recording: Recording, at: float) -> bool:
    return any(act.at <= at <= act.until for act in recording.acts)


def _decided(recording: Recording, frames: list[Frame], event: Event) -> bool:
    """Return whether a pass over the cluster as it was then, or shortly before, decides a write."""
    place = next(place for place, frame in enumerate(frames) if frame.happens == event)
    for frame in reversed(frames[: place + 1]):
        if frame.at < event.at - _LAG:
            return False
        for entry in step(frame.world, now=recording.moment(event.at)).daemonsets:
            if (entry.identity.namespace, entry.identity.name) != event.owner[1:]:
                continue
            if any(_is(action, event) for action in entry.actions) or _is_equal(entry, event):
                return True
    return False


def _is(action: Action, event: Event) -> bool:
    if action.kind != "Pod" or action.verb != event.kind:
        return False
    return action.node == event.node if event.kind == "create" else action.name == event.pod


def _is_equal(entry: DaemonSetStep, event: Event) -> bool:
    """Return whether the pass updates another node of which the controller could as well have taken this one (R11)."""
    candidates = [
        action
        for action in entry.actions
        if (action.kind, action.stage, action.reason) == ("Pod", Stage.ROLLING_UPDATE, ActionReason.OUTDATED)
    ]
    if not any(action.verb == event.kind for action in candidates) or entry.observed is None:
        return False
    group = entry.observed.groups.get(event.node)
    current = entry.observed.history.hash
    old = [pod for pod in group.pods if pod.metadata.labels.get(HASH_LABEL) != current] if group else []
    live = [pod for pod in old if not pod.terminating and is_ready(pod)]
    return any(event.kind == "create" or pod.name == event.pod for pod in live)


def _idle(recording: Recording, frame: Frame, at: float, strangers: Strangers) -> Iterator[str]:
    """Yield what a pass decides although the controller did nothing for a while."""
    moment = recording.moment(at)
    for entry in step(frame.world, now=moment).daemonsets:
        for action in entry.actions:
            if (
                action.kind == "Pod"
                and not strangers.refuse(action, frame)
                and not _waits_longer(action, frame, moment)
            ):
                what = f"{action.verb} of {entry.identity.name} on {action.node} ({action.reason})"
                yield f"{at:.2f} s: {what}: was not done"


def _waits_longer(action: Action, frame: Frame, moment: datetime) -> bool:
    """Return whether a failed pod's back-off is over, and the controller has not looked again.

    It waits for the whole back-off from when it saw the pod, not only for what is left of it (M9).
    """
    if action.reason is not ActionReason.FAILED:
        return False
    return any(
        entry.node == action.node and entry.last_deletion + timedelta(seconds=2 * entry.delay) > moment
        for entry in frame.state.backoffs
    )
