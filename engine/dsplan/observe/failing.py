"""Evidence that a pod will not become available: until there is some, it is starting.

Evidence is a reason for which a container waits or ended, restarts while it is not ready, phase Failed, or being not
ready for longer than pods of its kind take. A pod without a node is not looked at: that is a matter of room.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from ..model.daemonset import DaemonSet
from ..model.pod import ContainerState, Pod
from .shape import is_ready, ready_since
from .startup import percentile, startup_seconds

__all__ = ["LEAST_PATIENCE", "failure_of", "not_ready_since", "patience_of"]

LEAST_PATIENCE = 300.0
"""Seconds that every pod is given to become ready."""
_STARTING = frozenset(("", "ContainerCreating", "PodInitializing"))
_SHARE, _TIMES = 95, 4


def failure_of(pod: Pod, now: datetime, patience: float = LEAST_PATIENCE) -> str:
    """Return why a pod that is not ready will not become so, in the words of its status; empty without evidence.

    `patience` is how many seconds it may be not ready before that alone is evidence (see `patience_of`).

    >>> from dsplan.testing import NOW, a_daemonset, a_pod
    >>> pod = a_pod(a_daemonset(), "n1", ready_since=None)
    >>> failure_of(pod, NOW + timedelta(minutes=2)), failure_of(pod, NOW + timedelta(minutes=6))
    ('', 'not ready for 6m')
    """
    if not pod.spec.node_name or pod.terminating:
        return ""
    if pod.status.phase == "Failed":
        return pod.status.reason or "Failed"
    if is_ready(pod):
        return ""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    for status in statuses:
        if reason := _reason(status.state):
            return reason
    restarts = max((status.restart_count for status in pod.status.container_statuses), default=0)
    if restarts:
        return f"restarted {restarts:,} time{'s' * (restarts > 1)} and not ready"
    since = not_ready_since(pod)
    if since is None or (now - since).total_seconds() <= patience:
        return ""
    return f"not ready for {_span(now - since)}"


def not_ready_since(pod: Pod) -> datetime | None:
    """Return since when a pod that is not ready has been so: its last Ready transition, else its creation."""
    known = [moment for moment in (ready_since(pod), pod.metadata.creation_timestamp) if moment is not None]
    return max(known, default=None)


def patience_of(daemonset: DaemonSet, siblings: Iterable[Pod] = ()) -> float:
    """Return for how many seconds a pod of a DaemonSet may be not ready without that being evidence.

    The largest of five minutes, what its startup probes allow, and four times the 95th percentile of what `siblings`
    took to start (`startup_seconds`).

    >>> from dsplan.testing import a_daemonset
    >>> patience_of(a_daemonset())
    300.0
    """
    took = startup_seconds(siblings)
    usual = percentile(took, _SHARE) if took else 0.0
    return max(LEAST_PATIENCE, _allowed_by_probes(daemonset), _TIMES * usual)


def _allowed_by_probes(daemonset: DaemonSet) -> float:
    spec: Any = daemonset.spec.template.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    containers = chain(spec.get("initContainers") or (), spec.get("containers") or ())
    return max((_allowed(one.get("startupProbe")) for one in containers if isinstance(one, dict)), default=0.0)


def _allowed(probe: Any) -> float:
    """Return the seconds that one startup probe allows; defaults as an API server fills them in."""
    if not isinstance(probe, dict):
        return 0.0
    delay, period, times = (
        number if isinstance(number := probe.get(key), int) else default
        for key, default in (("initialDelaySeconds", 0), ("periodSeconds", 10), ("failureThreshold", 3))
    )
    return float(delay + period * times)


def _reason(state: ContainerState | None) -> str:
    """Return the reason for which a container does not run, empty where it runs, starts or is done."""
    if state is None:
        return ""
    if state.waiting is not None and state.waiting.reason not in _STARTING:
        return state.waiting.reason
    if state.terminated is not None and state.terminated.reason not in ("", "Completed"):
        return state.terminated.reason
    return ""


def _span(duration: timedelta) -> str:
    minutes = int(duration.total_seconds() // 60)
    hours, days = minutes // 60, minutes // (60 * 24)
    return f"{days}d" if days else f"{hours}h" if hours else f"{minutes}m"
