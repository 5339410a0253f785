"""A dump is planned at its own time, and that is said; --now chooses another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dsplan.cli import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def _dump(folder: Path, taken: datetime) -> str:
    stamp = taken.isoformat().replace("+00:00", "Z")
    ready = {
        "type": "Ready",
        "status": "True",
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": [ready]}}
    path = folder / "dump.json"
    path.write_text(json.dumps(node))
    return str(path)


def test_an_old_dump_is_planned_at_its_newest_time(tmp_path: Path) -> None:
    found = run("solve", _dump(tmp_path, datetime(2026, 3, 1, 8, tzinfo=UTC)), "-o", "json")
    assert json.loads(found.stdout)["now"].startswith("2026-03-01T08:00:00")
    assert "planned at 2026-03-01T08:00:00Z, the newest time in the input" in found.stderr


@pytest.mark.parametrize("more", [("--now", "2026-04-01T00:00:00Z"), ()])
def test_now_and_a_dump_of_this_minute_need_no_note(tmp_path: Path, more: tuple[str, ...]) -> None:
    taken = datetime(2026, 3, 1, tzinfo=UTC) if more else datetime.now(UTC) - timedelta(minutes=1)
    found = run("solve", _dump(tmp_path, taken), "-o", "json", *more)
    assert "planned at" not in found.stderr
    assert not more or json.loads(found.stdout)["now"].startswith("2026-04-01")
