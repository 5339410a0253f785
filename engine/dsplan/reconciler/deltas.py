"""What changed between two calls of `delta`: decisions, actions started and withdrawn, events, conditions."""

from __future__ import annotations

import msgspec

from ..diff import Action
from ..model.meta import Identity
from ..passes import Event
from .decisions import Condition, Decision

__all__ = ["DeltaLog", "DeltaParts"]

_ActionId = tuple[tuple[str, str, str, str], str, str]


def _id(action: Action) -> _ActionId:
    """Return what makes an action the same as one handed out: its key, why, and on which version it rests."""
    version = action.precondition.resource_version if action.precondition else ""
    if action.kind == "Pod":
        return action.key, action.reason, version
    return action.key, f"{action.reason} {sorted(action.change.items())}", version


class DeltaParts(msgspec.Struct):
    """What a Delta is made of, field by field."""

    decisions: list[Decision] = []
    removed: list[Identity] = []
    started: list[Action] = []
    withdrawn: list[Action] = []
    events: list[tuple[Identity, Event]] = []
    conditions: list[tuple[Identity, Condition]] = []


class DeltaLog:
    """Collects decisions between two calls of `delta`."""

    def __init__(self) -> None:
        self._handed_out: dict[Identity, dict[_ActionId, Action]] = {}
        self._known: dict[Identity, Decision] = {}
        self._pending: dict[Identity, Decision | None] = {}

    def decided(self, identity: Identity, decision: Decision | None) -> None:
        """Take a new decision; None where the DaemonSet is gone."""
        self._pending[identity] = decision

    def issued(self, action: Action) -> None:
        """Note that an action is out of the host's hands."""
        self._handed_out.get(action.daemonset, {}).pop(_id(action), None)

    def failed(self, action: Action) -> None:
        """Note that an action has to be handed out again if it is still wanted."""
        self.issued(action)
        known = self._known.pop(action.daemonset, None)
        if known is not None:
            self._pending.setdefault(action.daemonset, known)

    def take(self) -> DeltaParts:
        """Return what is another than at the last call."""
        news = DeltaParts()
        for identity, decision in sorted(self._pending.items(), key=lambda entry: entry[0]):
            before = self._known.get(identity)
            if decision is None:
                self._known.pop(identity, None)
                news.withdrawn.extend(self._handed_out.pop(identity, {}).values())
                if before is not None:
                    news.removed.append(identity)
                continue
            if before != decision:
                news.decisions.append(decision)
                told = set(before.events) if before is not None else set()
                stood = set(before.conditions) if before is not None else set()
                news.events.extend((identity, event) for event in decision.events if event not in told)
                news.conditions.extend((identity, entry) for entry in decision.conditions if entry not in stood)
            self._known[identity] = decision
            wanted = {_id(action): action for action in decision.actions}
            out = self._handed_out.get(identity, {})
            news.started.extend(action for key, action in wanted.items() if key not in out)
            news.withdrawn.extend(action for key, action in out.items() if key not in wanted)
            self._handed_out[identity] = wanted
        self._pending.clear()
        return news
