"""The process in odd surroundings: closed input, a terminal without the characters, a fault of dsplan's own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
FAULTY = """
import sys
import dsplan.cli.get as get
def broken(*arguments, **options):
    raise KeyError("nobody")
get.load_world = broken
from dsplan.__main__ import run
sys.argv[1:] = ["get", "specs/three-nodes.yaml"]
run()
"""


def shell(words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": "engine", **environment}
    return subprocess.run(
        ["/bin/sh", "-c", words], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("words", ["solve -", "validate -", "show -", "verify -", "why - agent"])
def test_standard_input_that_is_closed(words: str) -> None:
    done = shell(f"'{PYTHON}' -m dsplan {words} <&-")
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    assert "<stdin>: standard input is closed" in done.stderr + done.stdout


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
@pytest.mark.parametrize("command", ["solve", "timeline", "compare"])
def test_a_terminal_that_cannot_show_a_character(encoding: str, command: str) -> None:
    file = "specs/roll-outs/three-nodes-one-at-a-time.yaml"
    done = subprocess.run(
        [PYTHON, "-m", "dsplan", command, file],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "engine", "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    shown = done.stdout.decode("utf-8" if encoding == "ascii" else encoding)  # click takes ASCII for a mistake
    assert "\\u" not in shown


def test_a_fault_is_said_to_be_one_and_kept_in_a_file(tmp_path: Path) -> None:
    done = shell(f'"{PYTHON}" -c "$FAULTY"', FAULTY=FAULTY, DSPLAN_TRACEBACK="", TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("error: this is a fault of dsplan, not of its input: KeyError in <string>:5\n")
    assert "report it" in done.stderr
    assert "Traceback" not in done.stderr
    [kept] = tmp_path.glob("dsplan-fault-*.txt")
    assert str(kept) in done.stderr
    assert "KeyError: 'nobody'" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_without_a_place_for_the_file_it_is_said(tmp_path: Path) -> None:
    hidden = FAULTY.replace("import sys", "import sys, tempfile\ntempfile.mkstemp = lambda **words: open(chr(47))", 1)
    done = shell(f'"{PYTHON}" -c "$FAULTY"', FAULTY=hidden, DSPLAN_TRACEBACK="")
    assert done.returncode == 70
    assert "could not be written to a file" in done.stderr


def test_faults_are_seen_in_tests() -> None:
    done = shell(f'"{PYTHON}" -c "$FAULTY"', FAULTY=FAULTY)
    assert done.returncode == 1
    assert "KeyError: 'nobody'" in done.stderr
