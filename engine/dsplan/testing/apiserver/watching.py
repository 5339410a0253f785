"""Watches: from where, what is sent, and when bookmarks come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from .kinds import Kind
from .listing import refused_options, unsupported_match
from .selectors import Selector, selector_of
from .store import Change, Store
from .wire import Refusal, Request, json_answer, status

__all__ = ["Watch"]

_DEFAULT_TIMEOUT = 1800.0
_BETWEEN_BOOKMARKS = timedelta(seconds=60)
_NOT_BEFORE = timedelta(seconds=1)
_BEFORE_THE_END = (timedelta(seconds=2), timedelta(seconds=1))
_NO_PROGRESS = (
    "a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled"
)
_END_MARK = {"k8s.io/initial-events-end": "true"}


class Watch:
    """One open watch. `lines(now)` yields what is to be sent; after it, `ended` tells whether that was all.

    Raises Refusal for options that no server takes.
    """

    def __init__(
        self, store: Store, kind: Kind, namespace: str, request: Request, now: datetime, *, old_etcd: bool = False
    ) -> None:
        query = request.query
        _check(query)
        self._store, self._kind, self._namespace = store, kind, namespace
        self._wanted: Selector = selector_of(kind, query)
        self._bookmarks = query.get("allowWatchBookmarks") in ("true", "1")
        self._initial = query.get("sendInitialEvents") in ("true", "1")
        self.ends = now + timedelta(seconds=float(query.get("timeoutSeconds") or _DEFAULT_TIMEOUT))
        self._due = [self.ends - before for before in _BEFORE_THE_END if self.ends - before > now + _NOT_BEFORE]
        self._next = now + _BETWEEN_BOOKMARKS
        only_new = query.get("sendInitialEvents") in ("false", "0")
        self._from = int(query.get("resourceVersion") or 0) or (store.version if only_new else 0)
        self.ended = False
        self._begun = False
        self._old_etcd = old_etcd
        self._began_at = self._from or store.version

    def lines(self, now: datetime) -> Iterator[bytes]:
        """Yield the events that are to be sent now, a line each."""
        if not self._begun:
            self._begun = True
            yield from self._begin()
        if self.ended:
            return
        if self._from < self._store.compacted:
            yield self._too_old()
            return
        for change in self._store.changes(self._from):
            event = self._event(change)
            if event:
                yield event
        self._from = max(self._from, self._store.version)
        yield from self._due_bookmarks(now)
        if now >= self.ends:
            self.ended = True

    @property
    def wakes_at(self) -> datetime:
        """When something is due without a change."""
        return min([self.ends, self._next, *self._due])

    def _begin(self) -> Iterator[bytes]:
        if self._initial and self._old_etcd:
            yield self._error(500, "InternalError", _NO_PROGRESS)
            return
        if self._from and not self._initial:
            if self._from < self._store.compacted:
                yield self._too_old()
            return
        for item in self._store.items(self._kind, self._namespace):
            if self._wanted(item.tree):
                yield _line("ADDED", item.encoded)
        self._from = self._store.version
        if self._initial and self._bookmarks:
            yield self._bookmark(_END_MARK)

    def _event(self, change: Change) -> bytes:
        resource, namespace, _ = change.place
        if resource != self._kind.resource or (self._namespace and namespace != self._namespace):
            return b""
        before = change.before is not None and self._wanted(change.before.tree)
        after = change.after is not None and self._wanted(change.after.tree)
        if not before and not after:
            return b""
        kind = "DELETED" if not after else "MODIFIED" if before else "ADDED"
        return _line(kind, change.last.encoded)

    def _due_bookmarks(self, now: datetime) -> Iterator[bytes]:
        due = bool(self._due) and now >= self._due[0]
        if due:
            self._due = [moment for moment in self._due if moment > now]
        elif now < self._next:
            return
        while self._next <= now:
            self._next += _BETWEEN_BOOKMARKS
        # Towards the end there is none where nothing at all has moved since the watch began.
        if self._bookmarks and (not due or self._store.version > self._began_at):
            yield self._bookmark({})

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        metadata = {"resourceVersion": str(self._store.version)} | ({"annotations": annotations} if annotations else {})
        tree = {"kind": self._kind.kind, "apiVersion": self._kind.api_version, "metadata": metadata}
        return _line("BOOKMARK", msgspec.json.encode(tree))

    def _too_old(self) -> bytes:
        if self._kind.kind == "Event":
            return self._error(410, "Expired", "The resourceVersion for the provided watch is too old.")
        oldest = self._store.compacted
        return self._error(410, "Expired", f"too old resource version: {self._from} ({oldest})")

    def _error(self, code: int, reason: str, message: str) -> bytes:
        self.ended = True
        return _line("ERROR", msgspec.json.encode(status(code, reason, message)))


def _line(kind: str, encoded: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + encoded + b"}\n"


def _check(query: dict[str, str]) -> None:
    version, match, initial = (
        query.get(key, "") for key in ("resourceVersion", "resourceVersionMatch", "sendInitialEvents")
    )
    causes: list[tuple[str, str, str]] = []
    if initial and match != "NotOlderThan":
        message = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        causes.append(("resourceVersionMatch", "FieldValueForbidden", message))
        if match:
            causes.append(unsupported_match(match, '"NotOlderThan"'))
    if match and not initial:
        message = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        causes.append(("resourceVersionMatch", "FieldValueForbidden", message))
    if causes:
        raise refused_options(causes)
    if version and not version.isdigit():
        why = f'strconv.ParseUint: parsing "{version}": invalid syntax'
        body = status(500, "", f'resourceVersion: Invalid value: "{version}": {why}')
        raise Refusal(json_answer(body, 500))
