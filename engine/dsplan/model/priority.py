"""Cluster-wide classes that pods name: PriorityClass, RuntimeClass."""

from __future__ import annotations

from .meta import ObjectMeta, RawTree, Wire

__all__ = ["PriorityClass", "RuntimeClass"]


class PriorityClass(Wire, frozen=True, kw_only=True, gc=False):
    """A priority class (P1)."""

    metadata: ObjectMeta = ObjectMeta()
    value: int = 0
    global_default: bool = False
    preemption_policy: str = ""


class RuntimeClass(Wire, frozen=True, kw_only=True, gc=False):
    """A runtime class; its overhead and scheduling blocks change the created pod (X13)."""

    metadata: ObjectMeta = ObjectMeta()
    handler: str = ""
    overhead: RawTree = {}
    scheduling: RawTree = {}
