"""`timeline` of the cluster right after the last command: how many, how fast, how many at once, how it ends.

A timeline is not told which nodes are bad, nor what flaps: such DaemonSets are held to their end alone. It goes
through nodes in the written order; where the order was left to chance and matters, only sums are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from dsplan.manifests.decode import decode
from dsplan.model.meta import Identity
from dsplan.model.world import World
from dsplan.passes import step
from dsplan.rollouts.duration_sources import Overrides
from dsplan.rollouts.timeline import timeline
from dsplan.simulator import Outcome
from tests.conformance.live.film import Film, Frame
from tests.conformance.live.injections import WRITES
from tests.conformance.live.measures import by_daemonset, measured
from tests.conformance.live.recording import Act, Event, Recording, Tree
from tests.conformance.live.strangers import Strangers

__all__ = ["check"]

_END = {Outcome.COMPLETE: "complete", Outcome.OSCILLATING: "endless"}
_AGAIN_AND_AGAIN = 3
_UNDER_WAY = 0.15
"""Seconds in which the controller still made pods of the template before; they are replaced, too."""
_SLACK, _PART = 2.0, 0.15
"""Seconds, and part of the time, by which the k-th deletion may come sooner or later."""


def check(recording: Recording) -> Iterator[str]:
    """Yield what differs."""
    frame = _after_last_act(recording)
    world = decode([_with_end(tree, recording) for tree in frame.cluster.values()])
    strangers = Strangers(recording)
    for owner, events in sorted(by_daemonset(recording.events).items()):
        later = [event for event in events if event.at >= frame.at and not strangers.wrote(event, frame)]
        decided = any(event.kind in ("create", "delete") for event in later)
        if decided and not strangers.meddles(owner) and not _flaps(later):
            yield from _held_against(recording, Identity("DaemonSet", *owner), world, frame, later)


def _with_end(tree: Tree, recording: Recording) -> Tree:
    """Return a terminating pod with the time that it really took, as a timeline is told how long things take."""
    metadata = tree["metadata"]
    ends = [event.at for event in recording.by_uid.get(metadata.get("uid", ""), ()) if event.kind == "gone"]
    if "deletionTimestamp" not in metadata or not ends:
        return tree
    return {**tree, "metadata": {**metadata, "deletionTimestamp": recording.moment(ends[0]).isoformat()}}


def _flaps(events: list[Event]) -> bool:
    """Return whether pods fell sick, or some became ready and others never."""
    if any(event.kind in ("unready", "failed") for event in events):
        return True
    kinds = {
        kind: {event.uid for event in events if event.kind == kind} for kind in ("create", "bound", "ready", "delete")
    }
    never = kinds["bound"] & kinds["create"] - kinds["ready"] - kinds["delete"]
    return bool(never) and bool(kinds["ready"])


def _held_against(
    recording: Recording, identity: Identity, world: World, frame: Frame, later: list[Event]
) -> Iterator[str]:
    now = recording.moment(frame.at)
    never_ready = not any(event.kind == "ready" for event in later)
    stories = timeline(world, now=now, durations=_pace(later), broken=(identity,) if never_ready else ())
    story = next((story for story in stories if story.identity == identity), None)
    if story is None:
        yield f"{identity}: has no timeline"
        return
    want = measured(later, {})
    deletions = [item.at for item in story.events if str(item.kind) == "deleted"]
    if _end(recording, identity, later) != _END.get(story.window.outcome, "stalled"):
        yield f"{identity}: ends {story.window.outcome}, recorded status {_status(recording, identity)}"
    if story.window.outcome is Outcome.OSCILLATING:
        return
    if _order_matters(world, identity, later):
        return
    under_way = sum(event.kind == "create" and event.at < frame.at + _UNDER_WAY for event in later)
    if not want.deleted - under_way <= len(deletions) <= want.deleted:
        yield f"{identity}: deletes {len(deletions)}, recorded {want.deleted}"
    elif len(deletions) == want.deleted:
        yield from _late(identity, [(at - now).total_seconds() for at in deletions], later, frame.at)


def _late(identity: Identity, deletions: list[float], later: list[Event], since: float) -> Iterator[str]:
    recorded = [event.at - since for event in later if event.kind == "delete"]
    for number, (found, expected) in enumerate(zip(sorted(deletions), recorded, strict=True), start=1):
        if abs(found - expected) > _SLACK + _PART * expected:
            yield f"{identity}: deletion {number} after {found:.1f} s, recorded {expected:.1f} s"
            return


def _pace(later: list[Event]) -> Overrides:
    """Return how long things took."""
    spans: dict[str, list[float]] = {"ready": [], "terminate": []}
    created = {event.uid: event.at for event in later if event.kind == "create"}
    deleted = {event.uid: event.at for event in later if event.kind == "delete"}
    for event in later:
        if event.kind == "ready" and event.uid in created:
            spans["ready"].append(event.at - created.pop(event.uid))
        elif event.kind == "gone" and event.uid in deleted:
            spans["terminate"].append(event.at - deleted[event.uid])
    ready, terminate = (median(spans[name] or [1.0]) for name in ("ready", "terminate"))
    return Overrides(react=0.0, create=0.02, between=0.03, ready=ready, terminate=max(0.0, terminate - 0.08))


def _after_last_act(recording: Recording) -> Frame:
    by_hand = any(event.kind == "create" and not event.daemonset for event in recording.events)
    frames = list(Film(recording, lead=0.0 if by_hand else WRITES).frames())
    acts = [place for place, frame in enumerate(frames) if isinstance(frame.happens, Act)]
    return frames[acts[-1] + 1]


def _status(recording: Recording, identity: Identity) -> tuple[int, int, int]:
    last = recording.moment(max(recording.dumps))
    found = {entry.identity: entry.status for entry in step(decode(recording.after), now=last).daemonsets}[identity]
    assert found is not None
    return found.desired_number_scheduled, found.updated_number_scheduled, found.number_available


def _end(recording: Recording, identity: Identity, later: list[Event]) -> str:
    """Return how it ended; what makes one node's pods again and again does so without end (L9)."""
    made = Counter(event.node for event in later if event.kind == "create")
    if max(made.values(), default=0) > _AGAIN_AND_AGAIN:
        return "endless"
    desired, updated, available = _status(recording, identity)
    return "complete" if desired == updated == available else "stalled"


def _order_matters(world: World, identity: Identity, later: list[Event]) -> bool:
    """Return whether some nodes are not like the others: gone, not ready, or too small."""
    known = {node.name for node in world.nodes if node.ready}
    created, bound = ({event.uid for event in later if event.kind == kind} for kind in ("create", "bound"))
    return created != bound or any(
        pod.spec.node_name and pod.spec.node_name not in known
        for pod in world.pods
        if pod.metadata.namespace == identity.namespace
        and any(reference.name == identity.name for reference in pod.metadata.owner_references)
    )
