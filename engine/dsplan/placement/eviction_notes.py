"""Pods that are evicted and made again without end, since their taint is tolerated for a while only (L9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from ..constraints.taint_eviction import tolerated_seconds
from ..constraints.tolerations import daemon_tolerations
from ..model.daemonset import DaemonSet
from ..model.pod import Pod
from ..model.world import Note, World
from .scheduler.prediction import Prediction

__all__ = ["eviction_notes"]

_SHOWN = 3


def eviction_notes(prediction: Prediction, world: World) -> Iterator[Note]:
    """Yield where a DaemonSet's toleration matches a NoExecute taint, so its pod is wanted, and runs out."""
    daemonsets = {daemonset.identity: daemonset for daemonset in world.daemonsets}
    for entry in prediction.daemonsets:
        daemonset = daemonsets.get(entry.identity)
        if daemonset is None or not _runs_out(daemonset):
            continue
        spec = daemonset.pod.spec
        pod = Pod(spec=msgspec.structs.replace(spec, tolerations=daemon_tolerations(spec)))
        nodes: dict[float, list[str]] = defaultdict(list)
        for position in entry.running:
            node = world.nodes[position]
            seconds = tolerated_seconds(pod, node)
            if seconds is not None:
                nodes[seconds].append(node.name)
        for seconds, names in sorted(nodes.items()):
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            where = f"{len(names):,} node{'s' * (len(names) != 1)} ({', '.join(names[:_SHOWN])}{more})"
            text = (
                f"on {where} the pod is evicted {seconds:g} s after it came and made again, without end: a NoExecute "
                "taint is tolerated for that long only; remove tolerationSeconds, or the toleration, or the taint"
            )
            yield Note(str(entry.identity), text)


def _runs_out(daemonset: DaemonSet) -> bool:
    return any(entry.toleration_seconds is not None for entry in daemonset.pod.spec.tolerations)
