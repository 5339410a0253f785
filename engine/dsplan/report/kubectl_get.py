"""What `kubectl get daemonsets` prints."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..model.daemonset import DaemonSet, DaemonSetStatus
from ..model.selectors import LabelSelector, selector_text
from .age import age
from .inert import joined
from .table import table

__all__ = ["kubectl_get"]

_COLUMNS = ("NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE")
_WIDE = ("CONTAINERS", "IMAGES", "SELECTOR")


def kubectl_get(
    rows: Iterable[tuple[DaemonSet, DaemonSetStatus]], *, now: datetime, namespaced: bool = True, wide: bool = False
) -> str:
    """Return the table of DaemonSets with the given status; `namespaced` as with -A."""
    header = (*(("NAMESPACE",) if namespaced else ()), *_COLUMNS, *(_WIDE if wide else ()))
    lines = table(
        header, [_row(daemonset, status, now, namespaced, wide) for daemonset, status in rows], as_kubectl=True
    )
    return joined(lines) + "\n"


def _row(
    daemonset: DaemonSet, status: DaemonSetStatus, now: datetime, namespaced: bool, wide: bool
) -> tuple[object, ...]:
    spec = daemonset.pod.spec
    namespace = (daemonset.metadata.namespace,) if namespaced else ()
    extra: tuple[object, ...] = ()
    if wide:
        names = ",".join(container.name for container in spec.containers)
        images = ",".join(container.image for container in spec.containers)
        extra = (names, images, selector_text(daemonset.spec.selector))
    return (
        *namespace,
        daemonset.name,
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_ready,
        status.updated_number_scheduled,
        status.number_available,
        selector_text(LabelSelector(match_labels=spec.node_selector)),
        age(daemonset.metadata.creation_timestamp, now),
        *extra,
    )
