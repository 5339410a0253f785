"""How long things take, measured from the observed pods' own timestamps.

From creationTimestamp to the last transition of Ready: for a pod whose containers were restarted later that is too
long, so the median is taken, and the 95th percentile shows the tail. No object tells how long termination took; the
pods' own grace period bounds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from ..model.meta import Identity, controller_of
from ..model.pod import Pod
from ..observe.shape import is_ready, ready_since
from ..simulator.durations import Spread

__all__ = ["FEW", "Measured", "measure", "percentile"]

FEW = 3
"""With fewer pods than this nothing is concluded."""


class Measured(msgspec.Struct, frozen=True):
    """Seconds from creation to ready, over `pods` pods."""

    ready: Spread
    pods: int


def measure(pods: Iterable[Pod]) -> dict[Identity, Measured]:
    """Return, per DaemonSet with at least three ready pods, how long its pods took from creation to ready."""
    samples: dict[Identity, list[float]] = defaultdict(list)
    for pod in pods:
        owner = controller_of(pod.metadata)
        created, since = pod.metadata.creation_timestamp, ready_since(pod)
        if owner is None or owner.kind != "DaemonSet" or created is None or since is None or not is_ready(pod):
            continue
        if since >= created:
            identity = Identity("DaemonSet", pod.metadata.namespace, owner.name)
            samples[identity].append((since - created).total_seconds())
    return {
        identity: Measured(Spread(percentile(times, 50), percentile(times, 95)), len(times))
        for identity, times in sorted(samples.items())
        if len(times) >= FEW
    }


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that at least `percent` of 100 values do not exceed.

    >>> percentile([3, 1, 2], 50), percentile(range(1, 101), 95)
    (2, 95)
    """
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
