"""One pass of the DaemonSet controller over a World: `step`, and the forecast of its own waves.

In: World, `now`, constraints. Out: `Step`: per DaemonSet what is observed, the actions, the status, the next State.
Promises: the same input gives the same Step. With policies, `governed` adds what the host does.
"""

from .observer import NO_OBSERVER, Observer
from .step import step
from .step_types import DaemonSetStep, Event, Step

__all__ = ["NO_OBSERVER", "DaemonSetStep", "Event", "Observer", "Step", "step"]
