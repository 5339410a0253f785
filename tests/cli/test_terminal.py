"""On a real terminal: its width is kept, and NO_COLOR and TERM=dumb are respected."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from struct import pack

import pytest

from .test_why import CLUSTER


def on_a_terminal(columns: int, words: list[str], **environment: str) -> str:
    """Return what the command prints on a pseudo-terminal of that width."""
    import fcntl

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, pack("HHHH", 24, columns, 0, 0))
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM", "COLUMNS")}
    env |= {"PYTHONPATH": ":".join(sys.path), "TERM": "xterm", **environment}
    process = subprocess.Popen([sys.executable, "-m", "dsplan", *words], stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    assert process.wait() == 0, b"".join(chunks)
    return b"".join(chunks).decode().replace("\r\n", "\n")


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    (tmp_path / "c.yaml").write_text(CLUSTER)
    return str(tmp_path / "c.yaml")


def test_colour_on_a_terminal_only_and_not_where_it_is_refused(cluster: str) -> None:
    words = ["why", cluster, "agent", "n1"]
    assert "\x1b[" in on_a_terminal(100, words)
    assert "\x1b[" not in on_a_terminal(100, words, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal(100, words, TERM="dumb")


def test_the_width_of_the_terminal_is_kept(cluster: str) -> None:
    text = on_a_terminal(70, ["why", cluster, "agent"], NO_COLOR="1")
    assert all(len(line) <= 70 or " " not in line.strip() for line in text.splitlines())
