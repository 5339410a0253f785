"""A bar for what takes long, where somebody sees it."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dsplan.cli import progress
from dsplan.cli.progress import PATIENCE, Bar, progress_bar
from dsplan.manifests.load import load
from dsplan.passes import Observer

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def observed(bar: Bar) -> Observer:
    """A Bar is what `solve(observer=...)` takes."""
    return bar


def test_nothing_is_drawn_in_the_first_second() -> None:
    screen, clock = Terminal(), Clock()
    bar = Bar(screen, clock)
    observed(bar).started("plan", 10)
    clock.now = PATIENCE - 0.01
    bar.advanced("plan", 3)
    bar.close()
    assert screen.getvalue() == ""


def test_a_bar_is_drawn_afterwards_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen, clock = Terminal(), Clock()
    bar = Bar(screen, clock)
    bar.started("plan", 10)
    clock.now = PATIENCE + 0.1
    bar.advanced("plan", 3)
    bar.advanced("plan", 7)
    bar.read("nodes.yaml", 5, 10)
    bar.finished("plan")
    bar.close()
    drawn = screen.getvalue()
    assert "planning" in drawn
    assert "reading nodes.yaml" in drawn
    assert "50%" in drawn
    assert drawn.endswith(("\x1b[2K", "\x1b[1A\x1b[2K", "\x1b[?25h"))


def test_what_reports_nothing_is_drawn_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken variant tried: a bar without its timer, which draws only when it is told something."""
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.02)
    with progress_bar("playing the roll-outs"):
        until(lambda: "playing the roll-outs" in screen.getvalue())


def test_what_is_waited_for_is_said_while_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.02)
    with progress_bar() as bar:
        with bar.waiting_for("kubectl get nodes"):
            until(lambda: "waiting for kubectl get nodes" in screen.getvalue())
        seen = len(screen.getvalue())
        until(lambda: "reading" in screen.getvalue()[seen:])


def test_what_is_over_before_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    with progress_bar():
        pass
    time.sleep(0.1)
    assert screen.getvalue() == ""


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_nothing_is_drawn_where_nobody_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as bar:
        bar._began -= 10
        bar.started("plan", 10)
        bar.advanced("plan", 10)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_nothing_is_drawn_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "dumb")
    with progress_bar() as bar:
        bar._began -= 10
        bar.started("plan", 10)
    assert screen.getvalue() == ""


def test_reading_reports_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    items = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{index}"}} for index in range(300)]
    file = tmp_path / "nodes.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1))
    screen = Terminal()
    bar = Bar(screen)
    load([file], progress=bar.read)
    bar.close()
    assert "reading" in screen.getvalue()


def test_a_plan_on_a_terminal_is_not_disturbed() -> None:
    """stderr is a terminal, stdout a pipe: what is piped on is the plan alone."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "cli.py", "solve", "specs/three-nodes.yaml", "-o", "json", "--now", "2026-05-01"]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=60)
    os.close(theirs)
    os.close(ours)
    assert json.loads(done.stdout)["kind"] == "Plan"


def test_rich_is_not_imported_for_what_is_quick() -> None:
    code = "import sys; sys.path.insert(0, 'engine'); sys.argv[1:] = ['solve', 'specs/three-nodes.yaml']\n"
    code += "from dsplan.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
    code += "print([name for name in sys.modules if name in ('rich', 'networkx', 'constraint', 'yaml')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().splitlines()[-1] == "[]"
