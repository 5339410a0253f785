"""Whether a created pod is bound, and who makes way for it: the seam between the simulator and placement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..model.node import Node
from ..model.pod import Pod
from ..model.world import World

__all__ = ["Scheduler", "SchedulerFactory", "EverythingFits"]


class Scheduler(Protocol):
    """Says why a pod cannot be bound to its node now, and is told who comes and goes (K)."""

    @property
    def couples_nodes(self) -> bool:
        """Whether a pod that goes may make room for pods that wait on other nodes: under a quota."""

    def refusal(self, pod: Pod, node: Node, nominated: Sequence[Pod] = ()) -> str:
        """Return why the pod is not bound, empty if it fits; for `nominated` pods room is kept (P2)."""

    def is_refused(self, pod: Pod) -> bool:
        """Return whether the API server does not create the pod at all, wherever it is to run (P1, X13, L10)."""

    def victims(self, pod: Pod, node: Node) -> Sequence[tuple[str, str]]:
        """Return whom to evict, as (namespace, name), so that a pod that was refused fits; empty where nobody (P2)."""

    def bound(self, pod: Pod) -> None:
        """A pod takes up room on its node from now on."""

    def released(self, pod: Pod) -> None:
        """A pod that was bound takes up no room any more: it is gone or finished."""


SchedulerFactory = Callable[[World], Scheduler]
"""Makes a scheduler for a world; asked again whenever nodes change."""


class EverythingFits:
    """A scheduler that binds every pod at once, whatever the world.

    >>> EverythingFits(World()).refusal(Pod(), Node())
    ''
    """

    couples_nodes = False

    def __init__(self, world: World) -> None:
        """Nothing of the world matters."""

    def refusal(self, pod: Pod, node: Node, nominated: Sequence[Pod] = ()) -> str:
        """Return that nothing is in the way."""
        return ""

    def is_refused(self, pod: Pod) -> bool:
        """Return that it is not."""
        return False

    def victims(self, pod: Pod, node: Node) -> Sequence[tuple[str, str]]:
        """Return nobody."""
        return ()

    def bound(self, pod: Pod) -> None:
        """Room is not counted."""

    def released(self, pod: Pod) -> None:
        """Room is not counted."""
