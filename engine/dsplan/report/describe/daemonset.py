"""A DaemonSet and its pods' phases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ...model.daemonset import DaemonSet, DaemonSetStatus
from ...model.meta import RawTree
from ...model.pod import Pod
from ...model.selectors import LabelSelector, selector_text
from ..inert import joined
from .containers import containers
from .parts import annotation_lines, labels, spread_constraints, tolerations
from .tabs import align
from .volumes import volumes

__all__ = ["describe_daemonset"]


def describe_daemonset(daemonset: DaemonSet, status: DaemonSetStatus, pods: Iterable[Pod]) -> str:
    """Return the description with the given status and the DaemonSet's own pods; events are not in any input."""
    return (
        joined(align([*_head(daemonset, status, pods), *_template(daemonset.spec.template), "Events:\t<none>"])) + "\n"
    )


def _head(daemonset: DaemonSet, status: DaemonSetStatus, pods: Iterable[Pod]) -> Iterator[str]:
    metadata = daemonset.metadata
    yield f"Name:\t{metadata.name}"
    yield f"Selector:\t{selector_text(daemonset.spec.selector)}"
    yield f"Node-Selector:\t{selector_text(LabelSelector(match_labels=daemonset.pod.spec.node_selector))}"
    yield from labels("Labels", metadata.labels)
    yield from annotation_lines("Annotations", metadata.annotations)
    yield f"Desired Number of Nodes Scheduled: {status.desired_number_scheduled}"
    yield f"Current Number of Nodes Scheduled: {status.current_number_scheduled}"
    yield f"Number of Nodes Scheduled with Up-to-date Pods: {status.updated_number_scheduled}"
    yield f"Number of Nodes Scheduled with Available Pods: {status.number_available}"
    yield f"Number of Nodes Misscheduled: {status.number_misscheduled}"
    phases = Counter(pod.status.phase for pod in pods)
    counts = (("Running", "Running"), ("Pending", "Waiting"), ("Succeeded", "Succeeded"), ("Failed", "Failed"))
    yield "Pods Status:\t" + " / ".join(f"{phases[phase]} {word}" for phase, word in counts)


def _template(template: RawTree) -> Iterator[str]:
    metadata: RawTree = template.get("metadata") or {}
    spec: RawTree = template.get("spec") or {}
    yield "Pod Template:"
    yield from labels("Labels", metadata.get("labels") or {}, "  ")
    if metadata.get("annotations"):
        yield from annotation_lines("Annotations", metadata["annotations"], "  ")
    if spec.get("serviceAccountName"):
        yield f"  Service Account:\t{spec['serviceAccountName']}"
    if spec.get("initContainers"):
        yield from containers("Init Containers", spec["initContainers"])
    yield from containers("Containers", spec.get("containers") or [])
    yield from volumes(spec.get("volumes") or [])
    yield from spread_constraints(spec.get("topologySpreadConstraints") or [], "  ")
    if spec.get("priorityClassName"):
        yield f"  Priority Class Name:\t{spec['priorityClassName']}"
    yield from labels("Node-Selectors", spec.get("nodeSelector") or {}, "  ")
    yield from tolerations(spec.get("tolerations") or [], "  ")
