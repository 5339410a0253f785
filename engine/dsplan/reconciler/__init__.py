"""Events in, decisions out: an incremental core for controllers.

Data flow: watch events of any client -> typed objects -> is it news? -> trackers, one per DaemonSet, which know the
situation of every node -> one pass of the controller over those that changed -> decisions, deltas.

The rules are those of `dsplan.step`, which makes the same passes; here is only the bookkeeping that spares it from
reading everything again. A host in asyncio runs the calls in `asyncio.to_thread`, one after another: there is one
writer, and whatever is returned is frozen.
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
