"""kubectl that hangs, floods, answers in part, says secrets, or outlives dsplan.

Tried: without `_missing` the tests of partial answers fail, without `killpg` and the kernel's signal those of its end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsplan.cli import child, kubectl
from dsplan.reading import limits

from .commands import NOW, is_fault, run

ROOT = Path(__file__).parents[2]
NODE = '{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1"}}'
NODES = '{"kind": "List", "apiVersion": "v1", "items": [' + NODE + "]"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where to put a program called kubectl."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return folder / "kubectl"


def put(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def told(program: Path, script: str, *words: str) -> str:
    put(program, script)
    ran = run("solve", "--now", NOW, *words)
    assert not is_fault(ran), ran.error
    return ran.stderr


def test_one_that_hangs_is_ended(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubectl, "REQUESTS", 1)
    began = time.monotonic()
    stderr = told(program, f"echo $$ > {tmp_path}/pid; sleep 60 & wait", "--request-timeout", "1")
    assert "is not done after 1 seconds; --request-timeout SECONDS gives it more time" in stderr
    assert time.monotonic() - began < 20
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_one_that_closes_its_output_and_stays_is_ended(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubectl, "REQUESTS", 1)
    assert "is not done after 1 seconds" in told(program, "exec >&- 2>&-; sleep 60", "--request-timeout", "1")


def test_the_request_timeout_is_handed_on(program: Path, tmp_path: Path) -> None:
    told(program, f'echo "$@" >> {tmp_path}/said; exit 1', "--request-timeout", "7")
    assert "--request-timeout=7s" in (tmp_path / "said").read_text()


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_one_that_floods_is_bounded(stream: str, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SOURCE_BYTES", 1 << 20)
    stderr = told(program, f"head -c 30000000 /dev/zero | tr '\\0' 'x' {stream}; exit 1")
    assert ("printed more than 1 MiB" if not stream else "failed (1)") in stderr
    assert len(stderr) < 2_000


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (', "metadata": {"continue": "abc"}}', "there are more pages"),
        (', "metadata": {"continue": "abc", "remainingItemCount": 7}}', "7 items remain"),
        (', "metadata": {"remainingItemCount": 1}}', "1 items remain"),
        (', "metadata": {"continue": 3}}', "its metadata cannot be read"),
        (', "metadata": ', "it ends early"),
        ("", "it ends early"),
    ],
)
def test_an_answer_in_part_is_an_error(rest: str, said: str, program: Path) -> None:
    stderr = told(program, f"cat <<'END'\n{NODES}{rest}\nEND")
    assert "answered in part" in stderr
    assert said in stderr


@pytest.mark.parametrize("rest", ["}", ', "metadata": {"resourceVersion": "", "continue": ""}}', ', "metadata": null}'])
def test_a_whole_answer_is_none(rest: str, program: Path) -> None:
    put(program, f"cat <<'END'\n{NODES}{rest}\nEND")
    ran = run("solve", "--now", NOW)
    assert not ran.stderr
    assert "Plan: 0 to create" in ran.stdout


SECRETS = [
    "Bearer hunter2canary", "token: hunter2canary", "--token=hunter2canary", "--token hunter2canary",
    "password=hunter2canary",
    "https://admin:hunter2canary@host/", "eyJhbGciOiJIUzI1NiJ9.hunter2canary.x", 'client_secret="hunter2canary"',
    "Authorization: Basic hunter2canary", "hunter2canary" + "a" * 40,
]  # fmt: skip


@pytest.mark.parametrize("text", SECRETS)
def test_tokens_are_left_out(text: str, program: Path) -> None:
    stderr = told(program, f"cat >&2 <<'END'\nUnauthorized: {text}\nEND\nexit 1")
    assert "Unauthorized" in stderr
    assert "hunter2canary" not in stderr


def test_what_it_says_is_inert_and_short(program: Path) -> None:
    evil = r"\033[31mred\007\r::error::pwn\n::error::more ##[add-mask]x"
    stderr = told(program, f"printf '{evil}' >&2; exit 1")
    assert all(sign.isprintable() or sign == "\n" for sign in stderr)
    assert not any(line.lstrip().startswith("::") for line in stderr.splitlines())
    assert "##[" not in stderr
    assert len(told(program, "for i in $(seq 2000); do echo many words here >&2; done; exit 1")) < 1_000


def is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_the_child_ends_when_dsplan_does(ending: signal.Signals, program: Path, tmp_path: Path) -> None:
    put(program, f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 60")
    env = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    words = [sys.executable, "-m", "dsplan", "solve"]
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "pid").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(ending)
    process.wait(timeout=20)
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_urls_and_names_stay_readable() -> None:
    text = "Get https://10.0.0.1:6443/api/v1/nodes?limit=500: dial tcp 10.0.0.1:6443: connect: connection refused"
    assert child.without_tokens(text) == text
