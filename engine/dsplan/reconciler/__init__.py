"""Events in, decisions out: an incremental core for controllers.

In: watch events and lists of any client, `now`. Out: decisions, and deltas of actions, events and conditions. A
tracker per DaemonSet knows the situation of every node; one pass is made over those that changed.
Promises: it decides what `dsplan.step` decides, whatever the order of events, at the cost of what changed. A host in
asyncio runs the calls in `asyncio.to_thread`, one after another: there is one writer, and whatever is returned is
frozen.
"""

from .cluster_cache import WATCHED
from .decisions import Condition, CurrentPlan, Decision, Delta, Metric
from .events import WatchEvent, WatchEventType, read_event
from .freshness import EventOutcome
from .reconciler import Reconciler
from .trees import Convertible, object_of, tree_of

__all__ = [
    "WATCHED",
    "Condition",
    "Convertible",
    "CurrentPlan",
    "Decision",
    "Delta",
    "EventOutcome",
    "Metric",
    "Reconciler",
    "WatchEvent",
    "WatchEventType",
    "object_of",
    "read_event",
    "tree_of",
]
