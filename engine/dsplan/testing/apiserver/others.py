"""Who else acts on a cluster: a GitOps tool that sets back what differs, somebody who deletes pods by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from ...model.meta import RawTree
from .kinds import kind_named
from .server import ApiServer
from .wire import Request

__all__ = ["GitOps", "Meddler"]


class GitOps:
    """Keeps objects as they are given: `every` so many seconds it sets back the fields that somebody changed.

    Let it take part with `StandIn.join`. `reverted` counts how often it had to.
    """

    def __init__(self, api: ApiServer, *wanted: RawTree, every: float = 30.0) -> None:
        self._api = api
        self._wanted = list(wanted)
        self._every = timedelta(seconds=every)
        self._next: datetime | None = None
        self.reverted = 0

    def wants(self, tree: RawTree) -> None:
        """Want an object like this from now on, as after a push."""
        name = _name(tree)
        self._wanted = [known for known in self._wanted if _name(known) != name] + [tree]

    def __call__(self, now: datetime) -> None:
        """Look at everything if it is time."""
        if self._next is not None and now < self._next:
            return
        self._next = now + self._every
        for tree in self._wanted:
            kind, namespace, name = _name(tree)
            known = self._api.get(kind, namespace, name)
            if known is None or not _holds(known.get("spec"), tree.get("spec")):
                self._api.add(tree)
                self.reverted += 1


class Meddler:
    """Deletes a pod by hand now and then, chosen by dice that the caller has seeded."""

    def __init__(self, api: ApiServer, dice: Random, *, every: float = 60.0) -> None:
        self._api = api
        self._dice = dice
        self._every = timedelta(seconds=every)
        self._next: datetime | None = None

    def __call__(self, now: datetime) -> None:
        """Strike if it is time."""
        if self._next is None:
            self._next = now + self._every
        if now < self._next:
            return
        self._next = now + self._every
        pods = self._api.list("Pod")
        if pods:
            metadata = self._dice.choice(pods)["metadata"]
            request = Request("DELETE", "")
            self._api.writer.delete(kind_named("Pod"), metadata["namespace"], metadata["name"], request)


def _name(tree: RawTree) -> tuple[str, str, str]:
    metadata = tree["metadata"]
    namespace = metadata.get("namespace", "default") if kind_named(tree["kind"]).namespaced else ""
    return tree["kind"], namespace, metadata["name"]


def _holds(known: Any, wanted: Any) -> bool:
    """Return whether all that is wanted is there; what others added besides is theirs."""
    if isinstance(wanted, dict):
        return isinstance(known, dict) and all(_holds(known.get(key), value) for key, value in wanted.items())
    return bool(known == wanted)
