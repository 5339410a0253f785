"""Kubelets as a recording had them: what became of each pod, and how long it took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from dsplan.model.daemonset import HASH_LABEL
from dsplan.model.meta import Identity
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from dsplan.simulator.kubelet import BoundPod, PodTransition, PodTransitionKind, daemonset_of
from tests.conformance.live.recording import TERMINAL, Event, Recording, with_ends

__all__ = ["RecordedKubelet"]

_TURNS = {"ready": PodTransitionKind.READY, "unready": PodTransitionKind.NOT_READY, "failed": PodTransitionKind.FAILED}
_USUAL_TERMINATION = 1.0
_NEAR = 0.5


@dataclass
class _Life:
    """What was recorded of one pod: when it was bound, and its turns since."""

    node: str
    owner: tuple[str, str]
    hash: str
    bound: float | None = None
    turns: list[tuple[float, PodTransitionKind]] = field(default_factory=list)
    deleted: float | None = None
    ended: float | None = None

    @property
    def cut_short(self) -> bool:
        """Whether the pod was deleted before it could turn ready: what would have become of it is not known."""
        return not self.turns and self.deleted is not None

    @property
    def evicted(self) -> bool:
        return any(kind is PodTransitionKind.FAILED for _, kind in self.turns)


class RecordedKubelet:
    """Every pod behaves as the one that was recorded in its place.

    In its place is the pod of the same number on the same node; where pods failed for a time only, and for what was
    not recorded, the pod of the same DaemonSet that was bound at about that time.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._lives: dict[str, _Life] = {}
        self._hashes: dict[str, str] = {}
        for event in with_ends(recording.events):
            if event.pod:
                self._note(event)
        self._born: dict[tuple[str, str], list[_Life]] = defaultdict(list)
        for life in self._lives.values():
            if life.bound is not None:
                self._born[life.owner].append(life)
        ends = [life.ended - life.deleted for life in self._lives.values() if life.ended and life.deleted]
        self._usual = median([end for end in ends if end > _NEAR] or [_USUAL_TERMINATION])

    def _note(self, event: Event) -> None:
        life = self._lives.setdefault(event.uid, _Life(event.node, (event.namespace, event.daemonset), event.hash))
        if event.kind == "bound":
            life.bound = event.at
            life.node = event.node
        elif event.kind in _TURNS and life.deleted is None:
            life.turns.append((event.at, _TURNS[event.kind]))
        elif event.kind == "delete":
            life.deleted = event.at
        elif event.kind in (TERMINAL, "gone") and life.ended is None:
            life.ended = event.at

    def create(self, daemonset: Identity, node: str) -> float:
        """Return the time that a write takes."""
        return 0.02

    def start(self, bound: BoundPod) -> Iterable[PodTransition]:
        """Return the turns of the pod that was recorded in this one's place."""
        owner = daemonset_of(bound.pod)
        if owner is None:
            return ()
        life = self._in_place_of(bound, self._born[owner.namespace, owner.name])
        return () if life is None or life.bound is None else _turns(life, life.bound)

    def _in_place_of(self, bound: BoundPod, lives: list[_Life]) -> _Life | None:
        at = (bound.at - self._recording.started).total_seconds()
        wanted = self._recorded_hash(bound.pod, lives)
        lives = [life for life in lives if life.hash == wanted] or lives
        told = [life for life in lives if not life.cut_short] or lives
        here = [life for life in told if life.node == bound.node.name]
        if here and not any(life.evicted for life in lives):
            return here[min(bound.number, len(here)) - 1]
        return min(told, key=lambda life: abs((life.bound or 0.0) - at), default=None)

    def _recorded_hash(self, pod: Pod, lives: list[_Life]) -> str:
        """Return the hash by which a recording knows a template: new ones come in the same order."""
        given = pod.metadata.labels.get(HASH_LABEL, "")
        if given not in self._hashes:
            recorded = dict.fromkeys(life.hash for life in lives)
            free = [text for text in recorded if text not in self._hashes.values()]
            self._hashes[given] = given if given in recorded or not free else free[0]
        return self._hashes[given]

    def resume(self, pod: Pod, node: Node | None, now: datetime) -> Iterable[PodTransition]:
        """Return what became of a pod that was there before."""
        life = self._lives.get(pod.metadata.uid)
        return () if life is None else _turns(life, (now - self._recording.started).total_seconds())

    def stop(self, pod: Pod, node: Node | None, now: datetime) -> float | None:
        """Return how long the termination took; None where nobody confirmed it."""
        if not pod.spec.node_name or pod.status.phase in ("Failed", "Succeeded"):
            return 0.0
        if node is None or not node.ready:
            return self._collected(pod, now)
        life = self._lives.get(pod.metadata.uid)
        if life is None or life.deleted is None or life.ended is None:
            return self._usual
        return life.ended - life.deleted

    def _collected(self, pod: Pod, now: datetime) -> float | None:
        """Return when pod garbage collection took the pods of a node that is gone (L2)."""
        at = (now - self._recording.started).total_seconds()
        on_node = [life.ended for life in self._lives.values() if life.node == pod.spec.node_name and life.ended]
        later = [end for end in on_node if end > at + _NEAR]
        return max(later) - at if later and self._is_gone(pod.spec.node_name) else None

    def _is_gone(self, node: str) -> bool:
        return any(event.kind == "node-deleted" and event.node == node for event in self._recording.events)


def _turns(life: _Life, since: float) -> list[PodTransition]:
    found = []
    for at, kind in life.turns:
        found.append(PodTransition(max(0.0, at - since), kind))
        since = max(at, since)
    return found
