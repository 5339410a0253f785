"""What holds whole DaemonSets back, whatever units are left: decisions, stops, windows, steps that are not over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ..model.meta import Identity
from .subjects import Subject
from .targets import Governed, Governing
from .views import View
from .waits import Wait, WaitKind

__all__ = ["Holds", "switch_of"]

_FOR_GOOD = (WaitKind.CONTRADICTION, WaitKind.PAUSED, WaitKind.FROZEN, WaitKind.BROKEN, WaitKind.FAILING)
"""Reasons with which no wave is planned for what they hold; with others waves are planned as if they were lifted."""


def switch_of(subject: Subject, entry: Governed) -> str:
    """Return the first step without which a policy is not enforced, empty where it is."""
    if entry.by_host or subject.daemonset.spec.update_strategy.type != "RollingUpdate":
        return ""
    return "set spec.updateStrategy.type to OnDelete first, since the controller itself carries out a RollingUpdate"


class Holds:
    """The reasons of one decision, DaemonSet by DaemonSet; the first of each is the one that is told."""

    def __init__(
        self, governing: Governing, governed: Mapping[Identity, Governed], subjects: Mapping[Identity, Subject]
    ) -> None:
        self._of: dict[Identity, list[Wait]] = {identity: [] for identity in governed}
        self._frozen = {identity for identity, entry in governed.items() if entry.frozen}
        self._closed: set[Identity] = set()
        self.closed_by: dict[Identity, str] = {}
        self.closings: list[tuple[View, datetime]] = []
        for identity, entry in governed.items():
            if switch := switch_of(subjects[identity], entry):
                self._add(identity, WaitKind.UNENFORCED, f"not enforced: {switch}")
        for contradiction in governing.contradictions:
            for identity in sorted(contradiction.daemonsets & governed.keys()):
                self._add(identity, WaitKind.CONTRADICTION, contradiction.text)
        for identity, entry in governed.items():
            if (by := entry.paused_by) is not None:
                kind = WaitKind.FROZEN if by.spec.frozen else WaitKind.PAUSED
                self._add(identity, kind, f"{kind} by policy {by.identity}")

    def _add(self, identity: Identity, kind: WaitKind, text: str, until: datetime | None = None) -> None:
        self._of[identity].append(Wait(kind, text, until))

    @property
    def idle(self) -> frozenset[Identity]:
        """The DaemonSets that go nowhere by decisions or contradictions, so that nobody waits for their company."""
        return frozenset(identity for identity, waits in self._of.items() if waits)

    @property
    def untouched(self) -> frozenset[Identity]:
        """The DaemonSets of which not even sick pods are replaced."""
        kinds = (WaitKind.UNENFORCED, WaitKind.CONTRADICTION, WaitKind.FROZEN)
        held = {identity for identity, waits in self._of.items() if any(wait.kind in kinds for wait in waits)}
        return frozenset(held | self._frozen | self._closed)

    def see(self, views: Sequence[View]) -> None:
        """Take note of where the targets of the policies stand."""
        for view in views:
            for identity, stand in view.stands.items():
                if view.before.paused:
                    self._add(identity, WaitKind.PAUSED, f"policy {view.policy.identity}: paused by somebody")
                if stand.wait is not None:
                    wait = stand.wait
                    self._add(identity, wait.kind, f"policy {view.policy.identity}: {wait.text}", wait.until)

    def close(self, view: View, text: str, opens: datetime | None) -> None:
        """Take note that the window of a policy is closed."""
        self.closed_by[view.policy.identity] = text
        self._closed |= set(view.targets)
        for identity in view.targets:
            self._add(identity, WaitKind.WINDOW, f"policy {view.policy.identity}: {text}", opens)

    def for_good(self) -> list[tuple[Identity, str]]:
        """Return what no wave is planned for, and why."""
        return [(identity, wait.text) for identity, wait in self._first(_FOR_GOOD)]

    def waits(self) -> list[tuple[Identity, str]]:
        """Return what may not begin now, and why; waves are planned for it."""
        others = tuple(kind for kind in WaitKind if kind not in _FOR_GOOD)
        return [(identity, wait.text) for identity, wait in self._first(others)]

    def _first(self, kinds: Sequence[WaitKind]) -> Iterator[tuple[Identity, Wait]]:
        for identity, waits in self._of.items():
            found = next((wait for wait in waits if wait.kind in kinds), None)
            if found is not None:
                yield identity, found

    def moments(self) -> list[datetime]:
        """Return when reasons end, as far as that is known."""
        return [wait.until for waits in self._of.values() for wait in waits if wait.until is not None]

    def of(self, identity: Identity) -> Sequence[Wait]:
        """Return why a DaemonSet is held, the strongest reason first."""
        return self._of[identity]

    def told(self, identity: Identity, text: str) -> Wait | None:
        """Return the reason with a text."""
        return next((wait for wait in self._of[identity] if wait.text == text), None)
