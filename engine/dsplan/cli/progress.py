"""A bar on stderr for what takes over a second; nothing where nobody would see it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from ..errors import printable

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
    """Watches reading and planning (it is a `planner.Observer`), and draws once it has taken `PATIENCE` seconds.

    `doing` is what is shown while no stage says how far it is. `watch` draws it in time, whether or not anything is
    reported: a roll-out is simulated, or kubectl waited for, without a word in between.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic, doing: str = "") -> None:
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._doing = doing
        self._bar: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._base: TaskID | None = None
        self._totals: dict[str, int] = {}
        self._unfinished: set[str] = set()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Draw after `PATIENCE` seconds, if it is not closed by then."""
        self._timer = threading.Timer(PATIENCE, self._redraw)
        self._timer.daemon = True
        self._timer.start()

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Say for the time of a wait what is waited for."""
        before, self._doing = self._doing, f"waiting for {printable(what)}"
        self._redraw()
        try:
            yield
        finally:
            self._doing = before
            self._redraw()

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
        self._draw(stage, self._totals.get(stage, 0), over=True)

    def close(self) -> None:
        """Take the bar away; what was printed on stdout is untouched."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._began = float("inf")
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def _draw(self, stage: str, done: int, *, over: bool = False) -> None:
        if self._clock() - self._began < PATIENCE:
            return
        with self._lock:
            bar = self._bar or self._begin()
            task = self._tasks.get(stage)
            total = self._totals.get(stage) or None
            if task is None:
                text = _STAGES.get(stage, f"reading {printable(stage)}")
                self._tasks[stage] = bar.add_task(text, total=total, completed=done)
            else:
                bar.update(task, total=total, completed=done)
            finished = over or (total is not None and done >= total)
            (self._unfinished.discard if finished else self._unfinished.add)(stage)
            self._draw_base(bar)

    def _redraw(self) -> None:
        """Show what is being done, unless a stage is shown that tells more."""
        if self._clock() - self._began < PATIENCE:
            return
        with self._lock:
            if self._began < float("inf"):
                self._draw_base(self._bar or self._begin())

    def _draw_base(self, bar: RichProgress) -> None:
        if self._base is None:
            self._base = bar.add_task(self._doing, total=None)
        bar.update(self._base, description=self._doing, visible=bool(self._doing) and not self._unfinished)

    def _begin(self) -> RichProgress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        console = Console(file=self._stream)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True)
        self._bar.start()
        return self._bar


class _Silent(Bar):
    def watch(self) -> None:
        pass

    def _draw(self, stage: str, done: int, *, over: bool = False) -> None:
        pass

    def _redraw(self) -> None:
        pass


@contextmanager
def progress_bar(doing: str = "reading") -> Iterator[Bar]:
    """Give a bar for the time of a computation: on a terminal only, and gone at its end."""
    visible = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    bar = Bar(sys.stderr, doing=doing) if visible else _Silent(sys.stderr)
    bar.watch()
    try:
        yield bar
    finally:
        bar.close()
