"""Folders to the files below them, within bounds: in sorted order, without hidden entries and links to folders."""

from __future__ import annotations

import os

from dsplan.errors import Problem
from dsplan.reading import limits
from dsplan.reading.unpacking import Unreadable

__all__ = ["Walk"]


class Walk:
    """The files below one folder; links to folders are not followed, so no loop is possible, links to files are.

    >>> Walk("no/such/folder").problems[0].message
    'no such file or directory'
    """

    def __init__(self, folder: str, wanted: tuple[str, ...] = ("",)) -> None:
        """Walk through `folder`; files whose names end in one of `wanted` are found, the others counted.

        Raises Unreadable where it holds more than the bounds in `limits`.
        """
        self.found: list[str] = []
        """Paths of the files, sorted."""
        self.others: list[str] = []
        """Paths of other files."""
        self.problems: list[Problem] = []
        """Folders that cannot be read."""
        self._entries = 0
        self._wanted = wanted
        self._enter(folder, 0)
        self.found.sort()
        self.others.sort()

    def _enter(self, folder: str, level: int) -> None:
        if level > limits.MAX_DIRECTORY_LEVELS:
            raise Unreadable(f"more than {limits.MAX_DIRECTORY_LEVELS} levels of folders", "LimitExceeded")
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._look_at(entry, level)
        except OSError as error:
            message = (error.strerror or str(error)).lower()
            self.problems.append(Problem(reason="Unreadable", message=message, source=folder))

    def _look_at(self, entry: os.DirEntry[str], level: int) -> None:
        self._entries += 1
        if self._entries > limits.MAX_DIRECTORY_ENTRIES:
            raise Unreadable(f"more than {limits.MAX_DIRECTORY_ENTRIES} entries", "LimitExceeded")
        if entry.name.startswith("."):
            return
        if entry.is_dir(follow_symlinks=False):
            self._enter(entry.path, level + 1)
        elif not entry.name.endswith(self._wanted):
            self.others.append(entry.path)
        elif not (entry.is_symlink() and os.path.isdir(entry.path)):
            self.found.append(entry.path)
            if len(self.found) > limits.MAX_FILES:
                raise Unreadable(f"more than {limits.MAX_FILES} manifests", "LimitExceeded")
