"""Changes of a real cluster, and that a planted disagreement is found by each of the four answers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.live.__main__ import CHECKS, disagreements, main
from tests.conformance.live.recording import FOLDER, Recording, read, recordings

FOLDERS = recordings()
pytestmark = pytest.mark.skipif(not FOLDERS, reason=f"no recordings in {FOLDER}")
WAVES = "08-template-mu20pct-exporter"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_recording_is_what_dsplan_says(folder: Path) -> None:
    """L1-L10: creations, deletions, bursts, most down at once, the end, and every status."""
    assert disagreements(folder) == []


def _without_a_wave(recording: Recording) -> Recording:
    """The last wave never went out."""
    last = [event for event in recording.events if event.kind == "delete"][-1]
    kept = [event for event in recording.events if event.node != last.node or event.at < last.at]
    return replace(recording, events=tuple(kept))


def _with_one_more(recording: Recording) -> Recording:
    """A healthy pod was deleted while the budget was spent."""
    deleted = [event for event in recording.events if event.kind == "delete"]
    extra = replace(deleted[-1], at=deleted[4].at + 0.6)
    gone = {event.uid for event in deleted[-1:]}
    rest = [event for event in recording.events if not (event.kind == "delete" and event.uid in gone)]
    return replace(recording, events=tuple(sorted((*rest, extra), key=lambda event: event.at)))


def _slower(recording: Recording) -> Recording:
    """Every wave began 3 s later than it did; the pods themselves were as fast."""
    waves: list[float] = []
    wave_of: dict[str, int] = {}
    for event in recording.events:
        if event.kind == "delete":
            if not waves or event.at - waves[-1] > 1:
                waves.append(event.at)
            wave_of[event.node] = len(waves) - 1
    shifted = [replace(event, at=event.at + 3.0 * wave_of.get(event.node, 0)) for event in recording.events]
    return replace(recording, events=tuple(sorted(shifted, key=lambda event: event.at)))


def _another_status(recording: Recording) -> Recording:
    dumps = copy.deepcopy(recording.dumps)
    for trees in dumps.values():
        for tree in trees:
            if tree["kind"] == "DaemonSet":
                tree["status"]["numberAvailable"] -= 1
    return replace(recording, dumps=dumps)


PLANTED: dict[str, tuple[str, Callable[[Recording], Recording]]] = {
    "step: a decision that was not written": ("step", _without_a_wave),
    "step: a write that no pass decides": ("step", _with_one_more),
    "simulate: fewer pods": ("simulate", _without_a_wave),
    "simulate: other bursts": ("simulate", _slower),
    "timeline: fewer pods": ("timeline", _without_a_wave),
    "timeline: another pace": ("timeline", _slower),
    "get: another status": ("get", _another_status),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_disagreement_is_found(planted: str) -> None:
    name, change = PLANTED[planted]
    recording = read(FOLDER / WAVES)
    assert list(CHECKS[name](recording)) == []
    assert list(CHECKS[name](change(recording)))


def test_the_command_counts_and_tells(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(FOLDER / WAVES)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"
    assert main([str(tmp_path)]) == 2


def test_a_command_that_is_not_understood_is_a_failure(tmp_path: Path) -> None:
    for path in _files(FOLDER / WAVES):
        text = path.read_bytes()
        (tmp_path / path.name).write_bytes(text.replace(b"kubectl apply", b"kubectl frobnicate"))
    assert any("not understood" in problem for problem in disagreements(tmp_path))


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.iterdir() if path.is_file())
