"""template.spec.nodeName and nodeSelector (E1, E2, A1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model.daemonset import DaemonSet
from .protocol import NAME, Cause, Projection, Reason, Strength, label

__all__ = ["NodeNameMatches", "NodeSelectorMatches", "node_name_constraint", "node_selector_constraint"]


class NodeNameMatches:
    """E1: a template with a nodeName runs on that node alone."""

    id = "NodeNameMismatch"
    rule = "E1"
    version = 1
    reads = (NAME,)
    strength = Strength.KEEP

    def __init__(self, node_name: str) -> None:
        self.node_name = node_name

    def check(self, projection: Projection) -> Reason | None:
        """Return the reason for every other node."""
        if projection[0] == self.node_name:
            return None
        cause = Cause("spec.template.spec.nodeName", f"node name {self.node_name}", f"node name {projection[0]}")
        return Reason(self.id, self.rule, (cause,))


class NodeSelectorMatches:
    """E2, A1: every key of nodeSelector with exactly that value."""

    id = "NodeSelectorMismatch"
    rule = "E2"
    version = 1
    strength = Strength.KEEP

    def __init__(self, selector: Mapping[str, str]) -> None:
        self.selector = tuple(sorted(selector.items()))
        self.reads = tuple(label(key) for key, _ in self.selector)

    def check(self, projection: Projection) -> Reason | None:
        """Return every key that is absent or has another value, in key order."""
        causes = tuple(
            Cause(f"spec.template.spec.nodeSelector[{key}]", f"{key}={wanted}", label_text(key, observed))
            for (key, wanted), observed in zip(self.selector, projection, strict=True)
            if observed != wanted
        )
        return Reason(self.id, self.rule, causes) if causes else None


def label_text(key: str, value: str | None) -> str:
    """Return what a node has under a label key, for people."""
    return f"no label {key}" if value is None else f"{key}={value}"


def node_name_constraint(daemonset: DaemonSet) -> Iterator[NodeNameMatches]:
    """Yield the constraint of a template with a nodeName."""
    if daemonset.pod.spec.node_name:
        yield NodeNameMatches(daemonset.pod.spec.node_name)


def node_selector_constraint(daemonset: DaemonSet) -> Iterator[NodeSelectorMatches]:
    """Yield the constraint of a non-empty nodeSelector."""
    if daemonset.pod.spec.node_selector:
        yield NodeSelectorMatches(daemonset.pod.spec.node_selector)
