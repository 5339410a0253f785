"""Who else writes: pod garbage collection, taint eviction, people; and who refuses what the controller asks for."""

from __future__ import annotations

from dsplan.constraints.taint_eviction import tolerated_seconds
from dsplan.diff import Action
from dsplan.model.convert import convert
from dsplan.model.node import Node
from dsplan.model.pod import Pod
from tests.conformance.live.film import Frame
from tests.conformance.live.quotas import Quotas
from tests.conformance.live.recording import Event, Recording, Tree

__all__ = ["Strangers"]

_QUARANTINE = 40.0
"""Seconds that pod garbage collection leaves a node that is gone (L2)."""


class Strangers:
    """The rest of the control plane, and the people who type."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._quotas = Quotas(recording)

    def wrote(self, event: Event, frame: Frame) -> bool:
        """Return whether somebody else than the DaemonSet controller did it."""
        if event.kind != "delete":
            return False
        pod = frame.cluster.get(("Pod", event.namespace, event.pod))
        return self._by_hand(event) or (
            pod is not None and (self._collected(pod, event, frame) or self._evicted(pod, event, frame))
        )

    def refuse(self, action: Action, frame: Frame) -> bool:
        """Return whether the API server refuses a creation: a quota is used up (L10)."""
        used = sum(1 for key in frame.cluster if key[:2] == ("Pod", action.namespace))
        return action.verb == "create" and self._quotas.left(action.namespace, frame.at, used) <= 0

    def meddles(self, owner: tuple[str, str]) -> bool:
        """Return whether a quota or a person decides how a DaemonSet goes on."""
        limited = self._quotas.left(owner[0], float("inf"), 0) != float("inf")
        return limited or any(
            self._by_hand(event) for event in self._recording.events if (event.namespace, event.daemonset) == owner
        )

    def _by_hand(self, event: Event) -> bool:
        return any(
            act.command.startswith("kubectl") and " delete " in act.command and f'"{event.pod}" deleted' in act.said
            for act in self._recording.acts
        )

    def _collected(self, pod: Tree, event: Event, frame: Frame) -> bool:
        gone = [at.at for at in self._recording.events if at.kind == "node-deleted" and at.node == event.node]
        return bool(gone) and event.at >= gone[0] + _QUARANTINE and ("Node", "", event.node) not in frame.cluster

    def _evicted(self, pod: Tree, event: Event, frame: Frame) -> bool:
        node = frame.cluster.get(("Node", "", event.node))
        return node is not None and tolerated_seconds(convert(pod, Pod), convert(node, Node)) is not None
