"""What the reconciler hands out: values that never change once they are handed out."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ..diff import Action
from ..model.brief import Brief
from ..model.daemonset import DaemonSetStatus
from ..model.meta import Identity
from ..model.state import State
from ..model.world import Note
from ..passes import Event

__all__ = ["Condition", "CurrentPlan", "Decision", "Delta", "Metric"]


class Condition(msgspec.Struct, frozen=True, order=True):
    """A condition to report: `Progressing`, `Stalled` or `Complete`; `status` is "True" or "False".

    There is no transition time, since there is no clock: a host that stores conditions sets it when `status` changes.
    """

    type: str
    status: str
    reason: str
    message: str


class Decision(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done now about one DaemonSet, as `dsplan.step` decides it.

    `actions` are in the order in which to carry them out, at most 250 creations and 250 deletions (C12); `deferred` is
    how many of each come later. `desired` is a number of nodes, `budget` how many may be down or surge. `held` nodes
    have failed pods in back-off (M10). `due` is when the decision may change without an event; None: never.
    """

    identity: Identity
    uid: str
    actions: tuple[Action, ...] = ()
    deferred: tuple[int, int] = (0, 0)
    status: DaemonSetStatus | None = None
    status_written: bool = False
    desired: int = 0
    budget: str = ""
    held: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    events: tuple[Event, ...] = ()
    notes: tuple[Note, ...] = ()
    error: str | None = None
    due: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing is left to be done for this DaemonSet."""
        return any(condition.type == "Complete" and condition.status == "True" for condition in self.conditions)

    def requeue_after(self, now: datetime) -> float | None:
        """Return the seconds until `due`."""
        return None if self.due is None else max(0.0, (self.due - now).total_seconds())


class CurrentPlan(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """The decisions for all DaemonSets, by namespace and name; `requeue_after` is the soonest of all, in seconds.

    `state` is what a restarted host needs to go on from here.
    """

    now: datetime
    decisions: tuple[Decision, ...]
    state: State
    requeue_after: float | None

    @property
    def actions(self) -> tuple[Action, ...]:
        """Everything that is to be done now."""
        return tuple(action for decision in self.decisions for action in decision.actions)

    @property
    def errored(self) -> bool:
        """Whether the pass over some DaemonSet fails."""
        return any(decision.error is not None for decision in self.decisions)


class Delta(Brief, msgspec.Struct, frozen=True, kw_only=True):
    """What changed since the last call of `delta`; false where nothing did.

    `decisions` are those that are another now, in any of their fields; `removed` the DaemonSets that are gone.
    `started` are the actions to be done now that had not been handed out; `withdrawn` those handed out, not issued, and
    no longer wanted. `events` are to be recorded and `conditions` to be written, each with its DaemonSet: no event
    comes again for as long as it stands, and of the conditions only those come that are another now.
    `requeue_after` is in seconds: when to ask again if no event comes first; None: never.
    """

    now: datetime
    decisions: tuple[Decision, ...]
    removed: tuple[Identity, ...]
    started: tuple[Action, ...]
    withdrawn: tuple[Action, ...]
    events: tuple[tuple[Identity, Event], ...]
    conditions: tuple[tuple[Identity, Condition], ...]
    requeue_after: float | None

    def __bool__(self) -> bool:
        """Return whether anything changed."""
        return bool(self.decisions or self.removed or self.started or self.withdrawn)


class Metric(msgspec.Struct, frozen=True, order=True):
    """One sample, named and labelled as Prometheus has it; counters end in `_total`."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float

    def __str__(self) -> str:
        """Return it in the text format.

        >>> str(Metric("dsplan_nodes", (("kind", "Node"),), 3))
        'dsplan_nodes{kind="Node"} 3'
        """
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels)
        return f"{self.name}{{{labels}}} {self.value:g}" if labels else f"{self.name} {self.value:g}"
