"""Which keys of a map are repeated: go-yaml tells keys apart before they become JSON, by type and value (X12)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, TypeAlias

from dsplan.reading.scalars import Resolved

__all__ = ["WrittenKey", "WrittenKeys", "written_key"]

WrittenKey: TypeAlias = tuple[str, Hashable]
"""The type of a resolved key, and its value."""


def written_key(resolved: Resolved) -> WrittenKey:
    """Return what makes a key the same as another one; NaN is never the same.

    >>> written_key(8) == written_key(8), written_key(1) == written_key("1"), written_key(1) == written_key(1.0)
    (True, False, False)
    """
    same = object() if resolved != resolved else resolved
    return type(resolved).__name__, same


class WrittenKeys:
    """The keys of the maps of a document as they were written; only those that are no text take room.

    >>> keys, tree = WrittenKeys(), {}
    >>> [keys.repeats(tree, "1", written_key(key)) for key in (1, "1", 1)]
    [False, False, True]
    """

    def __init__(self) -> None:
        self._of_map: dict[int, dict[str, set[WrittenKey]]] = {}

    def opened(self, tree: Any) -> None:
        """Begin with a map that has no keys yet; another one may have been at its address."""
        self._of_map.pop(id(tree), None)

    def copied(self, source: Any, copy: Any) -> None:
        """Take over the keys of a map that is copied."""
        known = self._of_map.get(id(source))
        if known is not None:
            self._of_map[id(copy)] = {key: set(written) for key, written in known.items()}

    def repeats(self, tree: dict[str, Any], key: str, written: WrittenKey) -> bool:
        """Return whether a map has a key already, and note that it has it; call this before the value is set."""
        known = self._of_map.get(id(tree), {}).get(key)
        if known is None:
            known = {("str", key)} if key in tree else set()
        found = written in known
        if known or written[0] != "str":
            self._of_map.setdefault(id(tree), {})[key] = known | {written}
        return found

    def written(self, tree: dict[str, Any], key: str) -> Iterable[WrittenKey]:
        """Return as what a key of a map was written."""
        return sorted(self._of_map.get(id(tree), {}).get(key, {("str", key)}), key=lambda entry: entry[0])
