"""Required anti-affinity: pods that must not be in one domain (K14, K16, K17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .labels import matches
from .trees import Form, PlannedWorld, Tree

__all__ = ["Repulsion"]

_NAME_LABEL = "kubernetes.io/metadata.name"


class Repulsion:
    """What keeps away from what in a world. False where nothing does."""

    def __init__(self, world: PlannedWorld) -> None:
        self.world = world
        self.namespaces = {
            one["metadata"]["name"]: one["metadata"].get("labels") or {} for one in world.others.get("Namespace", ())
        }
        self.any = any(_terms(pod.form) for pods in world.bound.values() for pod in pods) or any(
            (tree.get("pod", {}).get("spec", {}).get("affinity") or {}).get("podAntiAffinity")
            for tree in world.admitted.values()
        )
        self._labels = {node["metadata"]["name"]: node["metadata"].get("labels") or {} for node in world.nodes}
        self._known: dict[tuple[int, str, str], bool] = {}

    def __bool__(self) -> bool:
        """Return whether some pod has a required anti-affinity term."""
        return self.any

    def between(self, form: Form, others: Iterable[Form], node: Tree, *, anywhere: bool = False) -> bool:
        """Return whether a pod and one of `others` on its node must not be together; `anywhere`, also in its domain."""
        if not self.any:
            return False
        labels = node["metadata"].get("labels") or {}
        if any(self._apart(form, other, labels) for other in others):
            return True
        return anywhere and any(self._in_domain(form, labels))

    def _apart(self, one: Form, other: Form, labels: dict[str, str]) -> bool:
        pairs = ((one, other), (other, one))
        return any(
            term.get("topologyKey") in labels and self._selects(term, mine.namespace, its)
            for mine, its in pairs
            for term in _terms(mine)
        )

    def _in_domain(self, form: Form, labels: dict[str, str]) -> Iterator[bool]:
        """Yield whether pods on other nodes of the same domain keep a pod away."""
        for name, pods in self.world.bound.items():
            there = self._labels.get(name, {})
            shared = {key: value for key, value in there.items() if labels.get(key) == value}
            yield from (self._apart(form, pod.form, shared) for pod in pods)
        for tree in self.world.admitted.values():
            if "pod" in tree:
                yield self._apart(form, self.world.form_of(tree["pod"], None), labels)

    def _selects(self, term: Tree, namespace: str, other: Form) -> bool:
        """Return whether a term of a pod in `namespace` selects another pod (K14)."""
        names, chosen = term.get("namespaces") or (), term.get("namespaceSelector")
        if not names and chosen is None:
            names = (namespace,)
        described = {_NAME_LABEL: other.namespace, **self.namespaces.get(other.namespace, {})}
        inside = other.namespace in names or (chosen is not None and matches(chosen, described))
        return inside and matches(term.get("labelSelector"), other.labels)


def _terms(form: Form) -> list[Any]:
    affinity = (form.spec.get("affinity") or {}).get("podAntiAffinity") or {}
    return affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or []
