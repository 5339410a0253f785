"""Embedders' code is checked by mypy --strict against the package as it is installed: `py.typed` counts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_mypy_knows_every_type_of_a_host(tmp_path: Path) -> None:
    files = sorted(str(path) for path in (ROOT / "tests" / "typing").glob("*.py"))
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
    command += ["--warn-unused-ignores", "--cache-dir", str(tmp_path), *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
