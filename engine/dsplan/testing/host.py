"""A host as one should be written: list, watch, look, send; it can crash between any two of its writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from ..diff import Action
from ..model.state import State
from ..reconciler import Delta, Reconciler
from .cluster import FakeCluster
from .wire import Wire

__all__ = ["Host"]

Watcher = Callable[["Host", Action], None]


class Host:
    """One controller process. `skew` is by how much its clock is wrong; `saved` what it wrote down before each write.

    `about_to_write` is told of every write that goes out.
    """

    def __init__(self, cluster: FakeCluster, about_to_write: Watcher | None = None) -> None:
        self.cluster = cluster
        self.wire = Wire(cluster)
        self.skew = timedelta()
        self.saved = State()
        self.to_send: list[Action] = []
        self.about_to_write: Watcher = about_to_write or (lambda host, action: None)
        self.reconciler = Reconciler.resume(State())
        self.wire.relist(self.reconciler)

    @property
    def now(self) -> datetime:
        """What its clock says."""
        return self.cluster.now + self.skew

    def hear(self, number: int | None = None) -> None:
        """Take in events."""
        self.wire.deliver(self.reconciler, number)

    def look(self) -> Delta:
        """Decide; what is to be written waits in `to_send`, is noted as issued, and the State is saved."""
        delta = self.reconciler.delta(self.now)
        # What is handed out again was given up in the meantime; what still waits of it must not go out, too.
        again = {action.key for action in delta.started}
        self.to_send = [action for action in self.to_send if action.key not in again]
        self.reconciler.issued(*delta.started)
        self.to_send.extend(delta.started)
        self.saved = self.reconciler.state
        return delta

    def send(self, number: int | None = None) -> int:
        """Write the first so many of what waits, all where no number is given; return how many were accepted."""
        sending = self.to_send[:number]
        del self.to_send[: len(sending)]
        accepted = 0
        for action in sending:
            if not self.reconciler.in_flight(action):
                continue
            self.about_to_write(self, action)
            try:
                self.cluster.carry_out(action)
                accepted += 1
            except Exception as error:
                self.reconciler.failed(action, error)
        return accepted

    def crash(self, *, keep_state: bool = True, lag: int = 0) -> None:
        """Lose everything in memory, and start again from the saved State; the first lists are `lag` versions old.

        A list that is too old is not believed; then everything is listed again. Without State there is nothing to tell
        an old list by, so that one is always as of now: that is what a host that saves nothing has to see to.
        """
        self.to_send.clear()
        self.reconciler = Reconciler.resume(self.saved if keep_state else State())
        self.wire = Wire(self.cluster)
        at = max(0, self.cluster.version - lag) if keep_state and lag else None
        if not self.wire.relist(self.reconciler, at=at):
            self.wire.relist(self.reconciler)
