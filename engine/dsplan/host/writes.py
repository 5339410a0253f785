"""From an action to a request: names that are the same at every attempt, preconditions, bytes as Go writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from ..diff import Action
from .answers import Outcome, outcome_of, status_of, tree_in
from .api import JSON, STRATEGIC, Api, Unanswered
from .client import Answer
from .kinds import path_of

__all__ = ["Sender", "name_of", "told"]

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST = 58


def name_of(action: Action, uid: str, there: Iterable[str]) -> str:
    """Return the name of a pod that an action creates: the same for every attempt, so that a second one is refused.

    `uid` is the DaemonSet's, `there` are the uids of its pods on the node: once one of them is another, so is the name.
    The template plays no part: a creation that a dead host left on its way must not come beside one of a later one.
    """
    body = action.body["metadata"]
    prefix = str(body.get("generateName") or action.daemonset.name)[:_LONGEST]
    seed = "\n".join((uid, action.node, *sorted(there)))
    digest = hashlib.sha256(seed.encode()).digest()
    return prefix + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:5])


class Sender:
    """Sends actions, once each; what it wrote itself does not make the next write of the same object a conflict."""

    def __init__(self, api: Api, *, timeout: float, evicts: bool) -> None:
        self._api = api
        self._timeout = timeout
        self._evicts = evicts
        self._wrote: dict[tuple[str, str, str, str], str] = {}

    async def send(
        self, action: Action, name: str = "", check: Callable[[], None] = lambda: None, *, uid: str = ""
    ) -> tuple[Outcome, Answer]:
        """Send an action; return what became of it, and the answer. `name` is that of an object to create.

        `uid` is that of the object as it is known; where the action says nothing of it, another one is not to be hit.
        `check` is called last of all, and may raise to keep it from being sent.
        """
        method, path, body, media_type = self._request(action, name, uid)
        try:
            answer = await self._api.request(method, path, body, media_type, timeout=self._timeout, check=check)
        except Unanswered as error:
            return Outcome.UNKNOWN, (0, {}, str(error).encode())
        outcome = outcome_of(answer)
        if outcome is Outcome.DONE:
            self._remember(action, answer)
        return outcome, answer

    def _request(self, action: Action, name: str, uid: str) -> tuple[str, str, Any, str]:
        kind, namespace = action.kind, action.namespace
        body = action.body
        if action.verb == "create":
            if name:
                body = {**body, "metadata": {**body["metadata"], "name": name}}
            return "POST", path_of(kind, namespace), body, JSON
        if action.precondition is None and uid:
            body = _meant_for(body, uid, deletes=action.verb == "delete")
        version = self._version(action)
        if action.verb == "delete":
            if version:
                body = {**body, "preconditions": {**body["preconditions"], "resourceVersion": version}}
            if self._evicts and kind == "Pod":
                options = {key: body[key] for key in ("preconditions",) if key in body}
                metadata = {"name": action.name, "namespace": namespace}
                eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
                return (
                    "POST",
                    path_of(kind, namespace, action.name, "eviction"),
                    eviction | {"deleteOptions": options},
                    JSON,
                )
            return "DELETE", path_of(kind, namespace, action.name), body, JSON
        if version:
            body = {**body, "metadata": {**body["metadata"], "resourceVersion": version}}
        return "PATCH", path_of(kind, namespace, action.name, action.subresource), body, STRATEGIC

    def _version(self, action: Action) -> str:
        """Return the version that an object has since this host wrote it, empty where that is not the last write."""
        if action.precondition is None:
            return ""
        key = action.kind, action.namespace, action.name, action.precondition.resource_version
        return self._wrote.pop(key, "")

    def _remember(self, action: Action, answer: Answer) -> None:
        if action.verb in ("create", "delete") or action.precondition is None:
            return
        metadata = _metadata(answer)
        if len(self._wrote) > 1000:
            self._wrote.clear()
        key = action.kind, action.namespace, action.name, action.precondition.resource_version
        self._wrote[key] = str(metadata.get("resourceVersion") or "")


def _meant_for(body: dict[str, Any], uid: str, *, deletes: bool) -> dict[str, Any]:
    field = "preconditions" if deletes else "metadata"
    return {**body, field: {**(body.get(field) or {}), "uid": uid}}


def _metadata(answer: Answer) -> dict[str, Any]:
    return dict(tree_in(answer).get("metadata") or {})


def told(answer: Answer) -> str:
    """Return what an answer says, for people."""
    found = status_of(answer[2])
    return f"{answer[0]} {found.reason}: {found.message}" if answer[0] else answer[2].decode(errors="replace")
