"""What one pass of the controller comes to."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ..diff import Action, Budget, Manage, Rolling
from ..eligibility import NodeIndex, Verdicts
from ..model.brief import Brief
from ..model.daemonset import DaemonSet, DaemonSetStatus
from ..model.meta import Identity
from ..model.pod import Pod
from ..model.state import Backoff, Expectations, State
from ..model.world import Note
from ..observe import Observed

__all__ = ["DaemonSetStep", "Event", "Step"]


class Event(msgspec.Struct, frozen=True, order=True):
    """An event that the controller would record about the DaemonSet; returned, never emitted."""

    type: str
    reason: str
    message: str


class DaemonSetStep(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One pass over one DaemonSet.

    `actions` are what is issued now, in the order of C1 and C14, cut to 250 creations and 250 deletions a phase (C12);
    `deferred` is how many creations and deletions later passes will issue. `manage` and `rolling` hold everything the
    phases want, `rolling` also where manage acted first and its turn comes in a later pass (C9); `rolling_update_ran`
    tells. `status` is None where the pass ended before status.
    `expectation` and `backoffs` are what the pass adds to the State. `retry_after` is when the next back-off window
    closes (M9), `available_after` when the next pod becomes available (R29), `lapse_after` when what was issued and not
    seen is given up (C7), all in seconds. `looks_again_after` is when the real controller comes back to failed pods: a
    whole back-off from now, not only what is left of it, unless an event wakes it before (M9, seen live).
    """

    daemonset: DaemonSet
    actions: tuple[Action, ...] = ()
    deferred: tuple[int, int] = (0, 0)
    verdicts: Verdicts | None = None
    observed: Observed | None = None
    manage: Manage | None = None
    rolling: Rolling | None = None
    rolling_update_ran: bool = False
    budget: Budget | None = None
    status: DaemonSetStatus | None = None
    status_written: bool = False
    events: tuple[Event, ...] = ()
    notes: tuple[Note, ...] = ()
    error: str | None = None
    expectation: Expectations | None = None
    backoffs: tuple[Backoff, ...] = ()
    looks_again_after: float | None = None
    retry_after: float | None = None
    available_after: float | None = None
    lapse_after: float | None = None

    @property
    def identity(self) -> Identity:
        """(DaemonSet, namespace, name)."""
        return self.daemonset.identity

    @property
    def requeue_after(self) -> float | None:
        """Seconds until one of the three falls due, whichever is the soonest."""
        waits = (self.retry_after, self.available_after, self.lapse_after)
        return min((wait for wait in waits if wait is not None), default=None)

    @property
    def held(self) -> tuple[tuple[str, Pod], ...]:
        """Failed pods whose back-off window is open, with their nodes (M9, M10)."""
        return self.manage.held if self.manage else ()


class Step(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """One pass over every DaemonSet, sorted by identity, and the State for the next pass.

    `requeue_after` is the soonest of all, in seconds; None means that only an event can change the answer.
    """

    now: datetime
    daemonsets: tuple[DaemonSetStep, ...]
    index: NodeIndex
    state: State

    @property
    def actions(self) -> tuple[Action, ...]:
        """What all DaemonSets issue now."""
        return tuple(action for entry in self.daemonsets for action in entry.actions)

    @property
    def requeue_after(self) -> float | None:
        """Seconds until the answer may change without an event."""
        return min((entry.requeue_after for entry in self.daemonsets if entry.requeue_after is not None), default=None)
