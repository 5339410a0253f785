"""One broken variant, and the run that must notice it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Edit = tuple[str, str, str]


@dataclass(frozen=True)
class Mutant:
    """An edit of a file under engine/dsplan (`old` must occur there) and the tests that must fail with it."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    also: tuple[Edit, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        return ((self.file, self.old, self.new), *self.also)

    def is_caught(self) -> bool:
        """Run the tests against a copy of the engine with the edit; return whether a test failed.

        Raises ValueError where the text to edit is gone, RuntimeError where pytest did not get as far as a test.
        """
        with tempfile.TemporaryDirectory() as folder:
            engine = Path(folder) / "engine"
            shutil.copytree(ROOT / "engine", engine, ignore=shutil.ignore_patterns("__pycache__"))
            for file, old, new in self.edits:
                path = engine / "dsplan" / file
                text = path.read_text(encoding="utf-8")
                if old not in text:
                    raise ValueError(f"mutant {self.name}: {file} has no {old!r}")
                path.write_text(text.replace(old, new, 1), encoding="utf-8")
            environment = {
                **os.environ,
                "PYTHONPATH": f"{engine}{os.pathsep}{ROOT}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "DSPLAN_HYPOTHESIS_PROFILE": "mutants",
            }
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *self.tests.split()]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"mutant {self.name}: pytest ended with {done.returncode}\n{done.stdout[-2000:]}")
        return done.returncode == 1
