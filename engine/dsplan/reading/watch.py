"""Watch events: what `kubectl get --watch --output-watch-events -o json` and the API itself send."""

from __future__ import annotations

from dsplan.reading.objects import RawObject

__all__ = ["LastStates"]

_Key = tuple[str, str, str]


class LastStates:
    """The last state of each object that events of one source are about; what was deleted is gone.

    >>> from dsplan.reading.read import read_bytes
    >>> event = '{"type": "%s", "object": {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "%s"}}}'
    >>> stream = " ".join(event % pair for pair in (("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a")))
    >>> [item.name for item in read_bytes(stream.encode()).objects]
    ['b']
    """

    def __init__(self) -> None:
        self.events = 0
        """Events so far."""
        self._last: dict[_Key, RawObject] = {}

    def add(self, item: RawObject) -> None:
        """Take the next event."""
        self.events += 1
        key = (item.kind, item.namespace, item.name)
        if item.event == "DELETED":
            self._last.pop(key, None)
        else:
            self._last[key] = item

    def objects(self) -> list[RawObject]:
        """Return the objects that are there at the end, in the order in which they first came."""
        return list(self._last.values())
