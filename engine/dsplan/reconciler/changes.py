"""What was handed out, and what is news since then."""

from __future__ import annotations

from ..diff import Action
from ..model.meta import Identity
from .decisions import Decision

__all__ = ["Changes"]

_ActionId = tuple[tuple[str, str, str, str], str, str]


def _id(action: Action) -> _ActionId:
    """Return what makes an action the same as one handed out: its key, why, and on which version it rests."""
    version = action.precondition.resource_version if action.precondition else ""
    if action.kind == "Pod":
        return action.key, action.reason, version
    return action.key, f"{action.reason} {sorted(action.change.items())}", version


class Changes:
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

    def take(self) -> tuple[tuple[Decision, ...], tuple[Identity, ...], tuple[Action, ...], tuple[Action, ...]]:
        """Return the changed decisions, the removed DaemonSets, and the actions that are new or not wanted any more."""
        decisions: list[Decision] = []
        removed: list[Identity] = []
        started: list[Action] = []
        withdrawn: list[Action] = []
        for identity, decision in sorted(self._pending.items(), key=lambda entry: entry[0]):
            before = self._known.get(identity)
            if decision is None:
                self._known.pop(identity, None)
                withdrawn.extend(self._handed_out.pop(identity, {}).values())
                if before is not None:
                    removed.append(identity)
                continue
            if before != decision:
                decisions.append(decision)
            self._known[identity] = decision
            wanted = {_id(action): action for action in decision.actions}
            out = self._handed_out.get(identity, {})
            started.extend(action for key, action in wanted.items() if key not in out)
            withdrawn.extend(action for key, action in out.items() if key not in wanted)
            self._handed_out[identity] = wanted
        self._pending.clear()
        return tuple(decisions), tuple(removed), tuple(started), tuple(withdrawn)
