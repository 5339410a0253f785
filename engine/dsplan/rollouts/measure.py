"""How long things take, measured from the observed pods' own timestamps.

How long a pod took to start is told by its status (`observe.startup`); restarts and reboots are not in it. No object
tells how long termination took; the pods' own grace period bounds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from ..model.meta import Identity, controller_of
from ..model.pod import Pod
from ..observe.startup import percentile, startup_seconds
from ..simulator.durations import Spread

__all__ = ["FEW", "Measured", "measure"]

FEW = 3
"""With fewer pods than this nothing is concluded."""


class Measured(msgspec.Struct, frozen=True):
    """Seconds from creation to ready, over `pods` pods."""

    ready: Spread
    pods: int


def measure(pods: Iterable[Pod]) -> dict[Identity, Measured]:
    """Return, per DaemonSet of which a pod tells it, how long its pods took to become ready, and how many pods tell."""
    of_owner: dict[Identity, list[Pod]] = defaultdict(list)
    for pod in pods:
        owner = controller_of(pod.metadata)
        if owner is not None and owner.kind == "DaemonSet":
            of_owner[Identity("DaemonSet", pod.metadata.namespace, owner.name)].append(pod)
    found = {identity: startup_seconds(mine) for identity, mine in sorted(of_owner.items())}
    return {
        identity: Measured(Spread(percentile(times, 50), percentile(times, 95)), len(times))
        for identity, times in found.items()
        if times
    }
