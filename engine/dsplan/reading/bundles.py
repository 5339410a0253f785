"""What became of the files of a folder or archive: read, passed over with a count, or refused by name."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from dsplan.errors import Problem, printable
from dsplan.model.world import Note
from dsplan.reading.layouts import Place, place_of
from dsplan.reading.resources import HOW_TO_GET_ALL

__all__ = ["Bundle", "Source"]

_NAMED: Final = 3
_LONGEST_SHOWN: Final = 200


class Source(msgspec.Struct, frozen=True, gc=False):
    """The bytes of one input, decompressed.

    `name` is what problems print; `path` is None for standard input and entries of archives; `stamp` is the file's
    fingerprint when it was read, so that a later look can tell whether it is still the same file. `bundle` is the
    folder or archive that it was found in, None for what the user named, and `expects` what the layout of that says of
    objects without kind.
    """

    name: str
    data: bytes
    path: str | None = None
    stamp: tuple[int, int, int] | None = None
    bundle: Bundle | None = None
    expects: tuple[str, str] = ("", "")


class Bundle:
    """What became of the files of one folder or archive, the archives in it included.

    A folder whose layout no tool is known for is told about only where something named like a manifest was none.

    >>> bundle = Bundle("dump.tar", archive=True)
    >>> bundle.place("ops/pods.json").reads, bundle.place("ops/agent/logs.txt").reads
    (True, False)
    >>> bundle.read(); bundle.leave()
    >>> bundle.told().text
    'read as kubectl cluster-info dump: 1 file read, 1 passed over that holds no Kubernetes objects'
    """

    def __init__(self, name: str, *, archive: bool = False) -> None:
        self.name = name
        self.objects = 0
        """Objects that were found in it."""
        self.broken = False
        """Whether a problem was found in it."""
        self._archive = archive
        self._tools: Counter[str] = Counter()
        self._read = 0
        self._others = 0
        self._passed: list[str] = []
        self._refused = 0
        self._refusals: list[Note] = []

    def place(self, path: str) -> Place:
        """Return what a path within the bundle says, and remember the tool that lays bundles out like that."""
        place = place_of(path)
        if place.tool:
            self._tools[place.tool] += 1
        return place

    def read(self) -> None:
        """Count a file that is read."""
        self._read += 1

    def leave(self) -> None:
        """Count a file that is not named like a manifest."""
        self._others += 1

    def pass_over(self, path: str) -> None:
        """Count a file that holds nothing of Kubernetes."""
        self._passed.append(path.rpartition("/")[2])

    def refuse(self, path: str, why: str) -> None:
        """Remember an entry that is not read at all."""
        self._refused += 1
        if self._refused <= _NAMED:
            shown = printable(path[:_LONGEST_SHOWN])
            self._refusals.append(Note(subject=f"{self.name}: {shown}", text=f"is not read: {why}"))

    @property
    def refused(self) -> list[Note]:
        """What is said of entries that were not read; only the first of many are named."""
        more = self._refused - _NAMED
        rest = [Note(subject=self.name, text=f"{more:,} more entries are not read")] if more > 0 else []
        return self._refusals + rest

    def told(self) -> Note | None:
        """Return what is said of the bundle once it is read; None for an ordinary folder of manifests."""
        passed = len(self._passed) + (self._others if self._tools or self._archive else 0)
        if not passed and not self._tools:
            return None
        read = max(self._read - len(self._passed), 0)
        tool = f"read as {self._tools.most_common(1)[0][0]}: " if self._tools else ""
        text = f"{tool}{_files(read)} read"
        if passed:
            holds = "holds" if passed == 1 else "hold"
            names = f" ({_some(self._passed)})" if self._passed else ""
            text += f", {passed:,} passed over that {holds} no Kubernetes objects{names}"
        return Note(subject=self.name, text=text)

    @property
    def is_empty(self) -> bool:
        """Whether it has files, none of which is named like a manifest."""
        return bool(self._others) and not self._read

    def nothing(self) -> Problem:
        """Return the problem of a bundle in which no object was found."""
        what = "archive" if self._archive else "folder"
        message = f"no Kubernetes object in the {what} ({_files(self._read + self._others)}); {HOW_TO_GET_ALL}"
        return Problem(reason="Unreadable", message=message, source=self.name)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _some(names: list[str]) -> str:
    named = list(dict.fromkeys(map(printable, names)))
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
