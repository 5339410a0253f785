"""When the taint eviction controller deletes a pod: NoExecute taints and tolerationSeconds (T8, L9)."""

from __future__ import annotations

from ..model.node import Node
from ..model.pod import Pod
from .tolerations import tolerates

__all__ = ["tolerated_seconds"]


def tolerated_seconds(pod: Pod, node: Node) -> float | None:
    """Return for how long a pod may stay on a node with its taints; None where for ever, 0 where it goes at once.

    Of each NoExecute taint the first toleration that matches counts, of all taints the shortest time.

    >>> from dsplan.model.node import NodeSpec, Taint, Toleration
    >>> from dsplan.model.pod import PodSpec
    >>> node = Node(spec=NodeSpec(taints=(Taint(key="own/evict", effect="NoExecute"),)))
    >>> staying = Toleration(key="own/evict", operator="Exists", effect="NoExecute", toleration_seconds=6)
    >>> tolerated_seconds(Pod(spec=PodSpec(tolerations=(staying,))), node), tolerated_seconds(Pod(), node)
    (6.0, 0.0)
    """
    longest: list[float] = []
    for taint in node.taints:
        if taint.effect != "NoExecute":
            continue
        found = next((entry for entry in pod.spec.tolerations if tolerates(entry, taint)), None)
        if found is None:
            return 0.0
        if found.toleration_seconds is not None:
            longest.append(max(0.0, float(found.toleration_seconds)))
    return min(longest, default=None)
