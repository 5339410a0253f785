"""The one way of writing files: modes are kept, nothing but files is written over, and nothing stays behind.

Tried: with `lstat` as `stat` the test of links fails, without the check of kinds that of devices, without `finally`
that of full disks.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dsplan.cli import output_files
from dsplan.cli.output_files import write_whole
from dsplan.errors import InputError

from .commands import NOW, run
from .world import objects, text_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.jsonl"
    path.write_text(text_of(objects()), encoding="utf-8")
    return str(path)


def writers(cluster: str) -> dict[str, tuple[str, ...]]:
    """Return every command that writes a file, without the file."""
    options = ("--validate", "ignore")
    return {
        "plan": ("solve", cluster, "--now", NOW, *options, "--out"),
        "snapshot": ("snapshot", cluster, *options, "-o"),
        "full": ("snapshot", cluster, *options, "--full", "-o"),
    }


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", ["plan", "snapshot", "full"])
def test_what_may_hold_bodies_is_for_its_owner(name: str, cluster: str, tmp_path: Path) -> None:
    target = tmp_path / "written"
    assert run(*writers(cluster)[name], str(target)).error is None
    assert mode_of(target) == 0o600


@pytest.mark.parametrize("name", ["plan", "snapshot", "full"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o400, 0o600])
def test_the_mode_of_a_file_that_is_there_is_kept(name: str, mode: int, cluster: str, tmp_path: Path) -> None:
    target = tmp_path / "written"
    target.write_text("before")
    target.chmod(mode)
    run(*writers(cluster)[name], str(target))
    assert mode_of(target) == mode
    assert target.read_bytes().startswith(b"{")


def test_schemas_and_charts_are_for_everybody(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert run("schema", "--out", str(tmp_path)).error is None
    finally:
        os.umask(before)
    assert {mode_of(path) for path in tmp_path.glob("*.json")} == {0o644}


def odd_targets(folder: Path) -> dict[str, Path]:
    os.mkfifo(folder / "pipe")
    (folder / "sub").mkdir()
    (folder / "real").write_text("before")
    (folder / "link").symlink_to(folder / "real")
    (folder / "dangling").symlink_to(folder / "nowhere")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "s"))
    return {
        "a named pipe": folder / "pipe",
        "a folder": folder / "sub",
        "a link": folder / "link",
        "a link: ": folder / "dangling",
        "a socket": folder / "s",
        "a device": Path("/dev/null"),
    }


@pytest.mark.parametrize("name", ["plan", "snapshot", "full"])
def test_nothing_but_files_is_written_over(
    name: str, cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words, target in odd_targets(tmp_path).items():
        before = os.lstat(target)
        ran = run(*writers(cluster)[name], str(target))
        assert f"cannot be written: it is {words}" in ran.stderr, ran.stderr
        assert os.lstat(target).st_ino == before.st_ino
    assert (tmp_path / "real").read_text() == "before"
    assert not (tmp_path / "nowhere").exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("failing", ["fsync", "replace", "fchmod"])
def test_a_failure_leaves_what_was_there(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "plan.json"
    target.write_text("before")
    monkeypatch.setattr(output_files.os, failing, fail)
    with pytest.raises(InputError) as caught:
        write_whole(target, b"after", private=True)
    assert "No space left" in str(caught.value.problems[0])
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_of_two_writers_one_wins_whole(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    texts = [bytes([sign]) * 1_000_000 for sign in b"abcd"]
    threads = [threading.Thread(target=write_whole, args=(target, text), kwargs={"private": True}) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in texts
    assert list(tmp_path.iterdir()) == [target]


SLOW = """
import os, sys, time
from dsplan.cli import output_files
fsync = os.fsync
def slow(descriptor):
    print("writing", flush=True)
    time.sleep(30)
os.fsync = slow
sys.argv[1:] = ["schema", "--out", sys.argv[1]]
from dsplan.__main__ import run
run()
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_temporary_file_stays_when_the_process_is_told_to_end(ending: signal.Signals, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    words = [sys.executable, "-c", SLOW, str(tmp_path)]
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    assert len(list(tmp_path.iterdir())) == 1
    began = time.monotonic()
    process.send_signal(ending)
    process.communicate(timeout=20)
    assert time.monotonic() - began < 15
    assert process.returncode == 128 + ending
    assert list(tmp_path.iterdir()) == []
