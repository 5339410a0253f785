"""ResourceQuotas that were typed: how many pods a namespace may have (L10)."""

from __future__ import annotations

from tests.conformance.live.kubectl import Cluster, type_act
from tests.conformance.live.recording import Recording, key_of

__all__ = ["Quotas"]


class Quotas:
    """The limits of a recording, each from when it was set."""

    def __init__(self, recording: Recording) -> None:
        cluster: Cluster = {key_of(tree): tree for tree in recording.before}
        self._limits: list[tuple[float, str, float]] = _limits(cluster, float("-inf"))
        for act in recording.acts:
            if "quota" in act.command:
                type_act(act, cluster, recording)
                self._limits += _limits(cluster, act.until)

    def left(self, namespace: str, at: float, used: int) -> float:
        """Return how many more pods may be created in a namespace that has `used`."""
        found = [limit for since, place, limit in self._limits if place == namespace and since <= at]
        return (found[-1] if found else float("inf")) - used


def _limits(cluster: Cluster, since: float) -> list[tuple[float, str, float]]:
    return [
        (since, key[1], float(tree["spec"]["hard"]["pods"]))
        for key, tree in cluster.items()
        if key[0] == "ResourceQuota" and "pods" in tree["spec"]["hard"]
    ]
