"""A bar on stderr for what takes over a second; nothing where nobody would see it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

__all__ = ["Bar", "progress_bar"]

PATIENCE = 1.0
"""Seconds without a bar."""
_STAGES = {
    "step": "deciding",
    "policies": "ordering",
    "placement": "placing",
    "plan": "planning",
    "search": "searching",
}


class Bar:
    """Watches reading and planning (it is a `planner.Observer`), and draws once it has taken `PATIENCE` seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._bar: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._totals: dict[str, int] = {}

    def read(self, source: str, done: int, total: int) -> None:
        """Say how far a source is read; for `load(progress=...)`."""
        self._totals[source] = total
        self._draw(source, done)

    def started(self, stage: str, total: int) -> None:
        """A stage begins."""
        self._totals[stage] = total
        self._draw(stage, 0)

    def advanced(self, stage: str, done: int) -> None:
        """A stage has done that much."""
        self._draw(stage, done)

    def finished(self, stage: str) -> None:
        """A stage is over."""
        self._draw(stage, self._totals.get(stage, 0))

    def close(self) -> None:
        """Take the bar away; what was printed on stdout is untouched."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self, stage: str, done: int) -> None:
        if self._clock() - self._began < PATIENCE:
            return
        bar = self._bar or self._begin()
        task = self._tasks.get(stage)
        total = self._totals.get(stage) or None
        if task is None:
            self._tasks[stage] = bar.add_task(_STAGES.get(stage, f"reading {stage}"), total=total, completed=done)
        else:
            bar.update(task, total=total, completed=done)

    def _begin(self) -> RichProgress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        console = Console(file=self._stream)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        self._bar = Progress(*columns, console=console, transient=True)
        self._bar.start()
        return self._bar


class _Silent(Bar):
    def _draw(self, stage: str, done: int) -> None:
        pass


@contextmanager
def progress_bar() -> Iterator[Bar]:
    """Give a bar for the time of a computation: on a terminal only, and gone at its end."""
    visible = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    bar = Bar(sys.stderr) if visible else _Silent(sys.stderr)
    try:
        yield bar
    finally:
        bar.close()
