"""The fuzzer itself: its seeds are read, a short run passes, and a planted fault is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsplan.reading import documents as reading
from tests.fuzz import reading as fuzzer


def test_every_seed_is_checked() -> None:
    assert len(fuzzer.seeds()) >= 10
    for data in fuzzer.seeds():
        fuzzer.check(data)


def test_a_short_run() -> None:
    assert fuzzer.main(["--inputs", "300", "--seed", "1"]) == 0


def test_hypothesis_drives_it_too() -> None:
    assert fuzzer.main(["--engine", "hypothesis", "--inputs", "30"]) == 0


@pytest.mark.parametrize("fault", ["wrong value", "traceback"])
def test_a_planted_fault_is_found(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str, cache: object = None) -> object:
        if fault == "traceback":
            raise ValueError(text)
        return {"apiVersion": "v1", "kind": "Wrong"}

    for seed in fuzzer.SEEDS.iterdir():
        (tmp_path / seed.name).write_bytes(seed.read_bytes())
    monkeypatch.setattr(fuzzer, "SEEDS", tmp_path)
    monkeypatch.setattr(reading, "parse_fast", broken)
    assert fuzzer.main(["--inputs", "50"]) == 1
    assert list(tmp_path.glob("crash-*"))
