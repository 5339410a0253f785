"""The process: streams that are full, closed or gone, and how it ends.

Tried: a process that ends without writing out what is held back loses the plan in
`test_everything_is_written_before_the_process_ends`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOLVE = [sys.executable, "cli.py", "solve", "specs/three-nodes.yaml"]


def shell(words: str) -> subprocess.CompletedProcess[str]:
    command = " ".join(f"'{word}'" for word in SOLVE)
    script = f"{command} {words}"
    return subprocess.run(["/bin/sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_everything_is_written_before_the_process_ends(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    done = shell(f"-o json > {path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert path.read_text().endswith("}\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_said() -> None:
    done = shell("> /dev/full")
    assert done.returncode == 1
    assert done.stderr == "error: standard output: no space left on device\n"


@pytest.mark.parametrize(("closed", "lines"), [(">&-", 0), ("2>&-", 1)])
def test_a_closed_stream_leads_nowhere(closed: str, lines: int) -> None:
    done = shell(closed)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == bool(lines)


def test_a_reader_who_goes_away_is_no_error() -> None:
    done = shell("-o json | head -c 1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


def test_a_profiler_has_the_last_word() -> None:
    words = [sys.executable, "-m", "cProfile", *SOLVE[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert "function calls" in done.stdout
