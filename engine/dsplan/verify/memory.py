"""What a pass adds to the State, and when to look again (M9, M10, C6, C7, R29)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from .case import Case
from .pods import AVAILABLE, READY
from .trees import Tree, moment

__all__ = ["Memory", "next_state", "unseen"]

_LOST, _TICK, _IDLE = timedelta(minutes=5), timedelta(microseconds=1), timedelta(minutes=30)
_LONGEST = 2**31 - 1


def _is_open(entry: Tree, now: datetime) -> bool:
    since = moment(entry.get("since"))
    return max(entry.get("creates", 0), entry.get("deletes", 0)) > 0 and (since is None or now - since <= _LOST)


def unseen(case: Case) -> list[Tree]:
    """Return the expectations that keep this pass from acting (C6, C7)."""
    mine = (one for one in case.around.world.state.get("expectations") or () if case.is_about(one["daemonset"]))
    return [one for one in mine if _is_open(one, case.around.now)]


class Memory:
    """The back-off and the flights of one DaemonSet at the moment of a plan."""

    def __init__(self, case: Case) -> None:
        self.case, self.now = case, case.around.now
        state = case.around.world.state
        self.key = case.uid, case.tree.get("status", {}).get("observedGeneration", 0)
        self.backoffs = {
            one["node"]: one
            for one in state.get("backoffs") or ()
            if (one["daemonset_uid"], one["observed_generation"]) == self.key
        }
        self.shut = {node for node, one in self.backoffs.items() if self.now < _closes(one)}
        self.flying = [
            one
            for one in state.get("flights") or ()
            if case.is_about(one["daemonset"]) and self.now - _time(one["since"]) <= _LOST
        ]

    def advance(self, nodes: Iterable[str]) -> None:
        """Open the next window on nodes whose failed pod is deleted (M10)."""
        for node in nodes:
            before = self.backoffs.get(node)
            fresh = before is None or self.now - _time(before["last_deletion"]) > _IDLE
            delay = 1.0 if before is None or fresh else min(before["delay"] * 2, 900.0)
            self.backoffs[node] = {
                "daemonset_uid": self.key[0],
                "observed_generation": self.key[1],
                "node": node,
                "delay": delay,
                "last_deletion": as_text(self.now),
            }

    def waits(self, held: Collection[str], awaited: list[Tree]) -> Iterator[float]:
        """Yield in how many seconds a window closes, a pod becomes available, something issued is given up."""
        for node in held:
            closes = _closes(self.backoffs[node]) if node in self.backoffs else self.now
            yield max(0.0, (closes - self.now).total_seconds())
        least = self.case.spec.get("minReadySeconds", 0)
        for pods, shape in self.case.groups.values() if least > 0 else ():
            for pod, facts in zip(pods, shape, strict=True):
                if facts & READY and not facts & AVAILABLE and pod.since is not None:
                    yield (pod.since - self.now).total_seconds() + min(least, _LONGEST)
        for one in (*awaited, *self.flying):
            if one.get("since"):
                yield (_time(one["since"]) + _LOST + _TICK - self.now).total_seconds()

    def expectation(self, creates: int, deletes: int) -> Tree:
        """Return what the pass expects to see (C7)."""
        identity = {"kind": "DaemonSet", "namespace": self.case.namespace, "name": self.case.name}
        return {"daemonset": identity, "creates": creates, "deletes": deletes, "since": as_text(self.now)}


def as_text(now: datetime) -> str:
    """Return a time as trees have it."""
    return str(msgspec.to_builtins(now))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _closes(entry: Tree) -> datetime:
    return _time(entry["last_deletion"]) + timedelta(seconds=entry["delay"])


def next_state(state: Tree, expected: Iterable[Tree], backoffs: Iterable[Tree], now: datetime) -> Tree:
    """Return expectations, back-offs and flights after passes; what is satisfied, idle or lost is dropped."""
    awaited = {_who(one["daemonset"]): one for one in (*(state.get("expectations") or ()), *expected)}
    shut = {_which(one): one for one in (*(state.get("backoffs") or ()), *backoffs)}
    kept = (one for one in shut.values() if now - _time(one["last_deletion"]) <= _IDLE)
    return {
        "expectations": [awaited[key] for key in sorted(awaited) if _is_open(awaited[key], now)],
        "backoffs": sorted(kept, key=_which),
        "flights": [one for one in state.get("flights") or () if now - _time(one["since"]) <= _LOST],
    }


def _who(identity: Tree) -> tuple[str, str]:
    return identity["namespace"], identity["name"]


def _which(entry: Tree) -> tuple[Any, ...]:
    return entry["daemonset_uid"], entry["observed_generation"], entry["node"]
