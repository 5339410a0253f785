"""Which current pods fail, by the evidence (observe.failing); looked for only where one is not ready."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from pyroaring import BitMap

from ...eligibility import NodeIndex
from ...model.daemonset import DaemonSet
from ...model.pod import Pod
from ...observe import Observed, PodFact
from ...observe.failing import failure_of, patience_of

__all__ = ["failing_nodes", "failing_revision"]

_TERMINATING, _UPDATED, _BOUND = int(PodFact.TERMINATING), int(PodFact.UPDATED), int(PodFact.BOUND)
_READY = int(PodFact.READY)
_SIBLINGS = 1000
_ENDED = int(PodFact.FAILED | PodFact.SUCCEEDED)


def failing_nodes(
    daemonset: DaemonSet, observed: Observed, index: NodeIndex, now: datetime
) -> tuple[tuple[str, BitMap], ...]:
    """Return the nodes whose current pod will not become available, by the evidence, sorted by it.

    Pods that ended are not among them: they are deleted and made anew (M9, M11).
    """
    found: dict[str, list[int]] = {}
    judge = _Judge(daemonset, observed, now)
    for situation in observed.situations:
        if not any(map(_is_in_doubt, situation.shape)):
            continue
        for position in situation.nodes:
            group = observed.groups[index.names[position]]
            for pod, facts in zip(group.pods, group.shape, strict=True):
                if _is_in_doubt(facts) and (why := judge.failure(pod)):
                    found.setdefault(why, []).append(position)
    return tuple((why, BitMap(nodes)) for why, nodes in sorted(found.items()))


class _Judge:
    """Looks for evidence; how long siblings take is worked out only for a pod that has been unready for long."""

    def __init__(self, daemonset: DaemonSet, observed: Observed, now: datetime) -> None:
        self._daemonset, self._observed, self._now = daemonset, observed, now

    @cached_property
    def _patience(self) -> float:
        pods = self._observed.claim.claimed
        return patience_of(self._daemonset, pods[:: max(1, len(pods) // _SIBLINGS)])

    def failure(self, pod: Pod) -> str:
        """Return why a pod fails, empty where nothing says so."""
        if not failure_of(pod, self._now):
            return ""
        return failure_of(pod, self._now, self._patience)


def _is_in_doubt(facts: int) -> bool:
    return bool(facts & _UPDATED and facts & _BOUND) and not facts & (_READY | _TERMINATING | _ENDED)


def failing_revision(observed: Observed, failing: tuple[tuple[str, BitMap], ...]) -> str:
    """Return why new pods of the current revision will fail: some do, and none is ready; empty where that is open."""
    if not failing:
        return ""
    for situation in observed.situations:
        if any(facts & _UPDATED and facts & _READY for facts in situation.shape):
            return ""
    most = max(failing, key=lambda entry: len(entry[1]))
    return f"pods of this revision fail: {most[0]}"
