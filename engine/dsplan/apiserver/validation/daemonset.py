"""A DaemonSet, after defaulting (V).

Source: apps validation (AV:ValidateDaemonSet, ValidateDaemonSetSpec).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .findings import Findings
from .metadata import check_metadata
from .selectors import check_label_selector, matches
from .strategy import check_update_strategy
from .template import check_template

__all__ = ["check_daemonset", "check_daemonset_status"]

Tree = Mapping[str, Any]

_COUNTERS = (
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
)


def check_daemonset(daemonset: Tree, found: Findings) -> None:
    """Metadata and spec; generation and status are set by the server on creation."""
    check_metadata(daemonset.get("metadata", {}), found, namespaced=True, generation=False)
    spec = daemonset.get("spec", {})
    template = spec.get("template", {})
    _check_selector(spec.get("selector"), template, found)
    check_template(template, "spec.template", found)
    pod_spec = template.get("spec", {})
    if pod_spec.get("restartPolicy", "Always") != "Always":
        found.not_supported("spec.template.spec.restartPolicy", pod_spec["restartPolicy"], ("Always",))
    if "activeDeadlineSeconds" in pod_spec:
        found.forbidden("spec.template.spec.activeDeadlineSeconds", "is not supported in a DaemonSet")
    _check_not_negative(spec, "minReadySeconds", "spec", found)
    check_update_strategy(spec.get("updateStrategy", {}), "spec.updateStrategy", found)
    _check_not_negative(spec, "revisionHistoryLimit", "spec", found)


def check_daemonset_status(daemonset: Tree, found: Findings) -> None:
    """generation and the counters of a stored DaemonSet are not negative."""
    _check_not_negative(daemonset.get("metadata", {}), "generation", "metadata", found)
    for counter in _COUNTERS:
        _check_not_negative(daemonset.get("status", {}), counter, "status", found)


def _check_selector(selector: Tree | None, template: Tree, found: Findings) -> None:
    """Valid, not empty, and matching the template's labels; a broken one is not matched at all (X8)."""
    before = len(found.problems)
    check_label_selector(selector, "spec.selector", found)
    labels = template.get("metadata", {}).get("labels", {})
    if len(found.problems) == before and not matches(selector, labels):
        found.invalid("spec.template.metadata.labels", dict(labels), "must match `selector`")
    if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        found.invalid("spec.selector", dict(selector), "must not be empty: it would select every pod")


def _check_not_negative(owner: Tree, field: str, path: str, found: Findings) -> None:
    if owner.get(field, 0) < 0:
        found.invalid(f"{path}.{field}", owner[field], "must be greater than or equal to 0")
