"""The cluster as it is now, for a plan before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..manifests.decode import decode
from ..model.policy import RolloutPolicy
from ..model.state import State
from ..model.world import World
from .api import Api
from .kinds import PATHS
from .listing import list_all
from .state_store import StateStore

__all__ = ["read_state", "read_world"]

_KINDS = ("Node", "DaemonSet", "ControllerRevision", "Pod")


async def read_world(api: Api, state: State, policies: tuple[RolloutPolicy, ...] | None = None) -> World:
    """Return the World of a live cluster with a State, and with these policies in place of those in the cluster.

    Only reads. Raises ApiError and Unanswered, and InputError where an object cannot be read.
    """
    kinds = _KINDS if policies is not None else (*_KINDS, "RolloutPolicy")
    trees: list[dict[str, Any]] = []
    for kind in kinds:
        trees += _whole(kind, (await list_all(api, kind)).objects)
    world = msgspec.structs.replace(decode(trees), state=state)
    return world if policies is None else msgspec.structs.replace(world, rollout_policies=policies)


async def read_state(api: Api, namespace: str, name: str) -> State:
    """Return the State that a host goes on from. Raises StateRefused, ApiError and Unanswered."""
    return await StateStore(api, namespace, name, "").load()


def _whole(kind: str, objects: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list with what lists leave out."""
    served = PATHS[kind]
    version = f"{served.group}/{served.version}" if served.group else served.version
    for tree in objects:
        yield {**tree, "apiVersion": version, "kind": kind}
