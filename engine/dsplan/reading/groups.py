"""Which objects planning reads, and the API groups of former years: converted with a note.

Kubernetes moved DaemonSets and Deployments from extensions/v1beta1 over apps/v1beta1 and apps/v1beta2 to apps/v1. The
old versions defaulted more: the selector from the template's labels, the update strategy to OnDelete (extensions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from dsplan.model.world import Note
from dsplan.reading.objects import RawObject
from dsplan.reading.resources import CURRENT

__all__ = ["FORMER", "Selection", "select"]

FORMER: Final = {
    "DaemonSet": ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"),
    "Deployment": ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"),
    "ControllerRevision": ("apps/v1beta1", "apps/v1beta2"),
    "PriorityClass": ("scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1beta1"),
    "RuntimeClass": ("node.k8s.io/v1beta1",),
    "PodDisruptionBudget": ("policy/v1beta1",),
    "CSINode": ("storage.k8s.io/v1beta1",),
}
"""Kinds -> the API versions of former years that are read, too."""
_SELECTOR_DEFAULTED: Final = ("extensions/v1beta1", "apps/v1beta1")
_GENERATION: Final = "deprecated.daemonset.template.generation"
_NAMED_WHEN_PASSED_OVER: Final = ("DaemonSet",)


class Selection:
    """What planning reads of the objects shown to it, with notes, and counts of what was passed over.

    `also` names API versions all of whose kinds are kept (`dsplan.dev/v1alpha1`).

    >>> from dsplan.reading.read import read_bytes
    >>> text = b"# flow style\\n{apiVersion: extensions/v1beta1, kind: DaemonSet, metadata: {name: a}, spec: {}}"
    >>> chosen = Selection().take(read_bytes(text).objects[0])
    >>> chosen.api_version, chosen.tree["spec"]
    ('apps/v1', {'updateStrategy': {'type': 'OnDelete'}})
    """

    def __init__(self, *, also: frozenset[str] = frozenset()) -> None:
        self.objects: list[RawObject] = []
        """What `select` has chosen; `take` alone keeps nothing."""
        self.notes: list[Note] = []
        self._also = also
        self._passed: Counter[str] = Counter()

    @property
    def passed_over(self) -> dict[str, int]:
        """How many objects were passed over, by `kind.group` (`ConfigMap`, `Role.rbac.authorization.k8s.io`)."""
        return dict(sorted(self._passed.items()))

    def take(self, item: RawObject) -> RawObject | None:
        """Return `item`, converted to the current API version, or None if planning does not read it."""
        if CURRENT.get(item.kind) == item.api_version or item.api_version in self._also:
            return item
        if item.api_version in FORMER.get(item.kind, ()):
            self.notes.append(_note(item, f"is converted from {item.api_version} to {CURRENT[item.kind]}"))
            return _converted(item)
        self._passed[f"{item.kind}.{item.group}" if item.group else item.kind] += 1
        if item.kind in _NAMED_WHEN_PASSED_OVER:
            self.notes.append(_note(item, f"is passed over: {item.api_version} is not apps/v1"))
        return None


def select(objects: Iterable[RawObject], *, also: frozenset[str] = frozenset()) -> Selection:
    """Return a `Selection` whose `objects` are what planning reads of `objects`, in order.

    >>> from dsplan.reading.read import read_bytes
    >>> select(read_bytes(b'{"apiVersion": "v1", "kind": "Secret"}').objects).passed_over
    {'Secret': 1}
    """
    selection = Selection(also=also)
    selection.objects.extend(chosen for item in objects if (chosen := selection.take(item)) is not None)
    return selection


def _note(item: RawObject, text: str) -> Note:
    name = f"{item.namespace}/{item.name}" if item.namespace else item.name
    return Note(subject=f"{item.kind} {name}", text=text)


def _converted(item: RawObject) -> RawObject:
    current = CURRENT[item.kind]
    tree = {**item.tree, "apiVersion": current}
    spec = tree.get("spec")
    if item.kind in ("DaemonSet", "Deployment") and isinstance(spec, dict):
        tree["spec"] = _converted_spec(item, spec)
        generation = tree["spec"].pop("templateGeneration", None)
        if generation and item.kind == "DaemonSet" and isinstance(tree.get("metadata", {}), dict):
            tree["metadata"] = _with_generation(tree.get("metadata") or {}, generation)
    return item.with_tree(current, tree)


def _converted_spec(item: RawObject, spec: dict[str, Any]) -> dict[str, Any]:
    spec = dict(spec)
    labels = _template_labels(spec)
    if item.api_version in _SELECTOR_DEFAULTED and spec.get("selector") is None and labels:
        spec["selector"] = {"matchLabels": dict(labels)}
    if item.api_version == "extensions/v1beta1" and item.kind == "DaemonSet":
        strategy = spec.get("updateStrategy")
        if strategy is None:
            strategy = {}
        if isinstance(strategy, dict) and not strategy.get("type"):
            spec["updateStrategy"] = {**strategy, "type": "OnDelete"}
    return spec


def _template_labels(spec: dict[str, Any]) -> dict[str, Any] | None:
    template = spec.get("template")
    metadata = template.get("metadata") if isinstance(template, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else None


def _with_generation(metadata: dict[str, Any], generation: Any) -> dict[str, Any]:
    """Keep spec.templateGeneration where apps/v1 keeps it, in an annotation. (H12)"""
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict | None):
        return metadata
    return {**metadata, "annotations": {**(annotations or {}), _GENERATION: str(generation)}}
