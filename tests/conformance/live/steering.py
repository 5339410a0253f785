"""The built-in controller with what chance and the API server added: which nodes were picked, what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from dsplan.diff import Action, ActionReason, Precondition, Stage, allows_surge
from dsplan.diff.rolling import Place, classify
from dsplan.diff.shapes import new_and_old
from dsplan.eligibility import Verdict
from dsplan.model.meta import Identity
from dsplan.model.pod import Pod
from dsplan.simulator.cluster import Cluster
from dsplan.simulator.controllers import BuiltinController, Decision
from tests.conformance.live.quotas import Quotas
from tests.conformance.live.recording import Recording

__all__ = ["SteeredController"]

_NEVER = float("inf")


class SteeredController:
    """Replaces what the update picks among equal candidates by what was picked first in the recording (R11)."""

    def __init__(self, recording: Recording) -> None:
        self._controller = BuiltinController()
        self._turns: dict[tuple[str, str, str, str], list[float]] = {}
        for event in recording.events:
            if event.daemonset and event.kind in ("create", "delete"):
                key = (event.kind, event.namespace, event.daemonset, event.node)
                self._turns.setdefault(key, []).append(event.at)
        self._started = recording.started
        self._quotas = Quotas(recording)

    def decide(self, cluster: Cluster, due: Sequence[Identity]) -> Iterator[Decision]:
        """Yield the decisions of the built-in controller, with the recorded nodes."""
        for decision in self._controller.decide(cluster, due):
            decision = self._admitted(cluster, decision)
            picked = [action for action in decision.actions if _is_picked(action)]
            if not picked:
                yield decision
                continue
            wanted = self._candidates(cluster, decision.daemonset, picked[0].verb)[: len(picked)]
            chosen = iter(_moved(action, *place) for action, place in zip(picked, wanted, strict=True))
            actions = tuple(next(chosen) if _is_picked(action) else action for action in decision.actions)
            yield msgspec.structs.replace(decision, actions=actions)

    def _admitted(self, cluster: Cluster, decision: Decision) -> Decision:
        """Return the decision without the creations for which a quota leaves no room (L10)."""
        namespace = decision.daemonset.namespace
        since = (cluster.now - self._started).total_seconds()
        left = self._quotas.left(
            namespace, since, sum(pod.metadata.namespace == namespace for pod in cluster.objects.pods)
        )
        kept = []
        for action in decision.actions:
            creates = action.kind == "Pod" and action.verb == "create"
            if not creates or left > 0:
                kept.append(action)
            left -= creates
        return msgspec.structs.replace(decision, actions=tuple(kept))

    def _candidates(self, cluster: Cluster, identity: Identity, verb: str) -> list[tuple[str, Pod]]:
        observed, names = cluster.observation(identity).observed, cluster.objects.index.names
        surge = allows_surge(cluster.objects.daemonsets[identity])
        nodes = [
            names[position]
            for situation in observed.situations
            if classify(situation.verdict, situation.shape, surge=surge) is Place.CANDIDATE
            for position in situation.nodes
        ]
        nodes += [
            name
            for name, group in observed.vanished.items()
            if classify(Verdict.DENY, group.shape, surge=surge) is Place.CANDIDATE
        ]
        since = (cluster.now - self._started).total_seconds()
        found = []
        for node in sorted(nodes, key=lambda node: (self._turn(verb, identity, node, since), node)):
            group = observed.groups[node]
            old = new_and_old(group.shape)[1]
            assert old is not None
            found.append((node, group.pods[old]))
        return found

    def _turn(self, verb: str, identity: Identity, node: str, since: float) -> float:
        """Return when the node's next turn was in the recording."""
        turns = self._turns.get((verb, identity.namespace, identity.name, node), [])
        return min((turn for turn in turns if turn > since - 2), default=_NEVER)


def _is_picked(action: Action) -> bool:
    return (action.kind, action.stage, action.reason) == ("Pod", Stage.ROLLING_UPDATE, ActionReason.OUTDATED)


def _moved(action: Action, node: str, pod: Pod) -> Action:
    if action.verb == "create":
        return msgspec.structs.replace(action, node=node)
    precondition = Precondition(pod.metadata.uid, pod.metadata.resource_version)
    return msgspec.structs.replace(action, node=node, name=pod.name, precondition=precondition)
