"""State while it is in use: writes issued and not seen yet, back-off, learned hashes (C6-C8, M10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ..diff import Action, ActionReason
from ..model.daemonset import DaemonSet
from ..model.meta import Identity
from ..model.state import Backoff, Expectations, Flight, State
from ..passes.memory import ActionKey, BackoffLedger, expectations_satisfied, is_lost, next_state
from .freshness import is_older

__all__ = ["LiveState"]

_FEW_BACKOFFS = 1024


class LiveState:
    """State by key.

    Creations and deletions of pods are expected as well, and hold back the next pass over their DaemonSet; all other
    writes are only not wanted a second time. A State that came from `dsplan.step` has counts and no flights: they are
    counted down by whatever is seen (C8).
    """

    def __init__(self, state: State) -> None:
        self.hashes = {entry.daemonset: entry.hash for entry in state.hashes}
        self.backoffs = {
            (entry.daemonset_uid, entry.observed_generation, entry.node): entry for entry in state.backoffs
        }
        self.expectations = {entry.daemonset: entry for entry in state.expectations}
        self.in_flight: dict[Identity, dict[ActionKey, datetime]] = {}
        for flight in state.flights:
            key = flight.verb, flight.kind, flight.name, flight.uid
            self.in_flight.setdefault(flight.daemonset, {})[key] = flight.since
        self._state = state
        self._restored = {(daemonset, key) for daemonset, keys in self.in_flight.items() for key in keys}
        self._unsettled = set(self._restored)
        self._seen_before = dict(state.seen).get("Pod", "")
        self._oldest = min((since for keys in self.in_flight.values() for since in keys.values()), default=None)
        self._prune_at = _FEW_BACKOFFS

    def state(self, now: datetime | None) -> State:
        """Return it as a value; at `now`, what is idle, satisfied or lost is left out."""
        flights = [
            Flight(daemonset=daemonset, verb=key[0], kind=key[1], name=key[2], uid=key[3], since=since)
            for daemonset, keys in self.in_flight.items()
            for key, since in keys.items()
        ]
        whole = msgspec.structs.replace(
            self._state,
            backoffs=tuple(sorted(self.backoffs.values())),
            expectations=tuple(sorted(self.expectations.values(), key=lambda entry: entry.daemonset)),
            flights=tuple(sorted(flights)),
        )
        return whole if now is None else next_state(whole, self.backoffs, self.expectations, now)

    def issued(self, action: Action, daemonset: DaemonSet | None, now: datetime) -> bool:
        """Note that an action is on its way; return False where it is already."""
        keys = self.in_flight.setdefault(action.daemonset, {})
        if action.key in keys:
            return False
        keys[action.key] = now
        self._oldest = now if self._oldest is None else min(self._oldest, now)
        if action.reason is ActionReason.FAILED and daemonset is not None:
            ledger = BackoffLedger(daemonset, self.backoffs, now)
            if ledger.may_retry(action.node):
                self.backoffs.update(ledger.advanced)
                self._drop_idle(now)
        if action.kind == "Pod" and action.verb in ("create", "delete"):
            self._expect(action.daemonset, action.verb, 1, now)
        return True

    def sent(self, action: Action, now: datetime) -> None:
        """Note when an action was really sent: it is given up so long after that."""
        keys = self.in_flight.get(action.daemonset, {})
        if action.key in keys:
            keys[action.key] = now
        entry = self.expectations.get(action.daemonset)
        if entry is not None:
            self.expectations[action.daemonset] = msgspec.structs.replace(entry, since=now)

    def unknown(self, action: Action) -> None:
        """Note that the answer to a write was lost: only a later list shows what became of it."""
        if action.key in self.in_flight.get(action.daemonset, {}):
            self._unsettled.add((action.daemonset, action.key))

    def unsettled(self) -> set[str]:
        """Return the kinds of which a list is needed to know what became of writes."""
        return {key[1] for daemonset, key in self._unsettled if key in self.in_flight.get(daemonset, {})}

    def settle(self, kind: str) -> list[Identity]:
        """Drop what a list of a kind did not show to have landed, though it could no longer arrive; return whose."""
        found = [entry for entry in self._unsettled if entry[1][1] == kind]
        self._unsettled.difference_update(found)
        return [daemonset for daemonset, key in sorted(found) if self.write_seen(daemonset, key)]

    def creation_seen(self, daemonset: Identity, node: str, hash_label: str, resource_version: str) -> bool:
        """Note that a pod is seen for the first time; return whether its creation was in flight.

        What went into flight before a restart cannot have made a pod that was seen before the restart, too.
        """
        key = "create", "Pod", node, hash_label
        if (daemonset, key) in self._restored and not _is_later(resource_version, self._seen_before):
            return False
        return self.write_seen(daemonset, key)

    def write_seen(self, daemonset: Identity, key: ActionKey) -> bool:
        """Note that the effect of a write is seen, or that it will never be; return whether it was in flight."""
        keys = self.in_flight.get(daemonset)
        if not keys or keys.pop(key, None) is None:
            return False
        if not keys:
            del self.in_flight[daemonset]
        if key[1] == "Pod" and key[0] in ("create", "delete"):
            self._expect(daemonset, key[0], -1, None)
        return True

    def expected_seen(self, daemonset: Identity, verb: str) -> bool:
        """Note a creation or deletion that was expected by number only; return whether one was."""
        entry = self.expectations.get(daemonset)
        if entry is None:
            return False
        known = sum(key[:2] == (verb, "Pod") for key in self.in_flight.get(daemonset, ()))
        if (entry.creates if verb == "create" else entry.deletes) <= known:
            return False
        self._expect(daemonset, verb, -1, None)
        return True

    def _expect(self, daemonset: Identity, verb: str, number: int, since: datetime | None) -> None:
        entry = self.expectations.get(daemonset) or Expectations(daemonset=daemonset)
        creates = entry.creates + (number if verb == "create" else 0)
        deletes = entry.deletes + (number if verb == "delete" else 0)
        if creates <= 0 and deletes <= 0:
            self.expectations.pop(daemonset, None)
            return
        self.expectations[daemonset] = Expectations(
            daemonset=daemonset, creates=creates, deletes=deletes, since=since or entry.since
        )

    def forget(self, daemonset: Identity) -> None:
        """Drop what was expected of a DaemonSet that is gone (C2)."""
        self.in_flight.pop(daemonset, None)
        self.expectations.pop(daemonset, None)

    def give_up(self, now: datetime) -> Iterable[Identity]:
        """Drop what was issued and never seen (C7); return whose it was."""
        found = [daemonset for daemonset, entry in self.expectations.items() if expectations_satisfied(entry, now)]
        if self._oldest is not None and is_lost(self._oldest, now):
            for daemonset, keys in list(self.in_flight.items()):
                lost = [key for key, since in keys.items() if is_lost(since, now)]
                found.extend(daemonset for key in lost if self.write_seen(daemonset, key))
            self._oldest = min((since for keys in self.in_flight.values() for since in keys.values()), default=None)
        for daemonset in found:
            if expectations_satisfied(self.expectations.get(daemonset), now):
                self.expectations.pop(daemonset, None)
        return found

    def _drop_idle(self, now: datetime) -> None:
        """Drop back-offs that would restart anyway, now and then (M10)."""
        if len(self.backoffs) > self._prune_at:
            kept = next_state(State(), self.backoffs, {}, now).backoffs
            self.backoffs = {_key(entry): entry for entry in kept}
            self._prune_at = max(_FEW_BACKOFFS, 2 * len(kept))


def _is_later(resource_version: str, seen: str) -> bool:
    return resource_version != seen and not is_older(resource_version, seen)


def _key(entry: Backoff) -> tuple[str, int, str]:
    return entry.daemonset_uid, entry.observed_generation, entry.node
