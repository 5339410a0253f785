"""Pod templates and Pods: metadata and spec together (V: spec.template.*).

Source: core validation (CV:ValidatePodTemplateSpec, ValidatePodCreate).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .annotations import MIRROR, check_pod_annotations, check_profiles_match
from .containers import check_image_blanks
from .findings import Findings
from .label_keys import with_merged_label_keys
from .metadata import check_annotations, check_metadata, name_after_creation
from .podspec import check_pod_spec
from .selectors import check_labels

__all__ = ["check_new_pod", "check_pod", "check_template"]

Tree = Mapping[str, Any]


def check_template(template: Tree, path: str, found: Findings) -> None:
    """A template; the paths of its labels and annotations leave out `metadata`, as the server's do."""
    metadata, spec = template.get("metadata", {}), template.get("spec", {})
    annotations = metadata.get("annotations", {})
    check_labels(metadata.get("labels", {}), f"{path}.labels", found)
    check_annotations(annotations, f"{path}.annotations", found)
    check_pod_annotations(annotations, spec, f"{path}.annotations", found)
    check_pod_spec(spec, f"{path}.spec", found)
    check_profiles_match(annotations, spec, f"{path}.spec", found)
    if spec.get("ephemeralContainers"):
        found.forbidden(f"{path}.spec.ephemeralContainers", "may not be set in a pod template")


def check_pod(pod: Tree, found: Findings) -> None:
    """A Pod; its status is not looked at, since the server clears it on creation."""
    metadata, spec = pod.get("metadata", {}), pod.get("spec", {})
    annotations = metadata.get("annotations", {})
    check_metadata(metadata, found, namespaced=True, generation=False)
    check_pod_annotations(annotations, spec, "metadata.annotations", found)
    check_pod_spec(spec, "spec", found, pod_name=name_after_creation(metadata), is_pod=True)
    if MIRROR in annotations:
        for index in range(len(spec.get("resourceClaims", ()))):
            found.forbidden(f"spec.resourceClaims[{index}]", "may not be set for a mirror of a static pod")
    if not spec.get("serviceAccountName"):
        _check_no_tokens(spec, found)
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(kind) or ()):
            check_image_blanks(container, f"spec.{kind}[{index}]", found)
    if spec.get("nodeName") and spec.get("schedulingGates"):
        found.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
    check_profiles_match(annotations, spec, "spec", found)


def check_new_pod(pod: Tree, found: Findings) -> None:
    """A Pod that is being created: with what the server merges in first, and without what only comes later."""
    spec = pod.get("spec", {})
    merged = with_merged_label_keys(spec, pod.get("metadata", {}).get("labels", {}))
    check_pod({**pod, "spec": merged}, found)
    if spec.get("ephemeralContainers"):
        found.forbidden("spec.ephemeralContainers", "cannot be set on creation")


def _check_no_tokens(spec: Tree, found: Findings) -> None:
    for index, volume in enumerate(spec.get("volumes", ())):
        for number, source in enumerate(volume.get("projected", {}).get("sources") or ()):
            if "serviceAccountToken" in source:
                where = f"spec.volumes[{index}].projected.sources[{number}].serviceAccountToken"
                found.forbidden(where, "must not be specified when serviceAccountName is not set")
