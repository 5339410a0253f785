"""Run: python -m tests.mutation ROOM... [--sample N] [--seed S]; the rooms are those of ROOMS, all where none is named.

Prints what survives, a line a room, and at the end `N edits: M noticed, K survived`; exit code 1 if K > 0. An edit
that makes a test run for longer than its time is noticed, too. Needs pytest-cov (extra `dev`).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.edits import Edit, edits_of

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "eligibility": "tests/eligibility tests/constraints tests/passes",
    "observe": "tests/observe tests/passes",
    "diff": "tests/diff tests/passes tests/conformance/test_replay.py",
    "placement": "tests/placement",
    "waves": "tests/waves",
    "policies": "tests/policies",
    "passes": "tests/passes tests/observe tests/policies",
    "reconciler": "tests/reconciler",
}
"""Package -> the tests that have to notice."""
_TIMEOUT = 120.0
_FIRST_TESTS = 40


@dataclass(frozen=True)
class Room:
    """A package with the tests that reach each line of it: (file, line) -> ids of tests, the shortest name first."""

    name: str
    reached: dict[tuple[str, int], list[str]]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], default=list(ROOMS), metavar="ROOM")
    parser.add_argument("--sample", type=int, default=0, help="edits of each room, chosen by chance (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of that choice")
    options = parser.parse_args(arguments)
    noticed = survived = 0
    with tempfile.TemporaryDirectory() as folder:
        engine = Path(folder) / "engine"
        shutil.copytree(ROOT / "engine", engine, ignore=shutil.ignore_patterns("__pycache__"))
        for name in options.rooms:
            edits, room = _edits(engine / "dsplan" / name), _reached(name, engine, Path(folder))
            if options.sample:
                edits = random.Random(options.seed).sample(edits, min(options.sample, len(edits)))
            left = 0
            for edit in sorted(edits, key=lambda edit: (str(edit.file), edit.start)):
                if _survives(edit, room, engine):
                    left += 1
                    print(f"SURVIVED  {edit.told(engine)}", flush=True)
            print(f"{name}: {len(edits)} edits, {len(edits) - left} noticed, {left} survived", flush=True)
            noticed, survived = noticed + len(edits) - left, survived + left
    print(f"{noticed + survived} edits: {noticed} noticed, {survived} survived")
    return 1 if survived else 0


def _edits(package: Path) -> list[Edit]:
    return [edit for file in sorted(package.rglob("*.py")) for edit in edits_of(file, file.read_text(encoding="utf-8"))]


def _environment(engine: Path) -> dict[str, str]:
    path = f"{engine}{os.pathsep}{ROOT}"
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _reached(name: str, engine: Path, folder: Path) -> Room:
    """Run the tests of a room once, and return which of them reach which line. Raises RuntimeError where they fail."""
    from coverage import CoverageData

    data = folder / f"coverage-{name}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--cov-context=test", "--cov-report="]
    command += [f"--cov={engine / 'dsplan' / name}", *ROOMS[name].split()]
    environment = {**_environment(engine), "COVERAGE_FILE": str(data)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the tests of {name} fail as they are:\n{done.stdout[-2000:]}")
    found = CoverageData(str(data))
    found.read()
    reached: dict[tuple[str, int], list[str]] = {}
    for file in found.measured_files():
        for line, contexts in found.contexts_by_lineno(file).items():
            tests = {context.partition("|")[0] for context in contexts if context}
            reached[file, line] = sorted(tests, key=lambda test: (len(test), test))
    return Room(name, reached)


def _survives(edit: Edit, room: Room, engine: Path) -> bool:
    """Return whether no test that reaches the edit fails with it."""
    tests = room.reached.get((str(edit.file), edit.line), [])
    if not tests:
        return True
    text = edit.file.read_text(encoding="utf-8")
    edit.file.write_text(edit.applied(text), encoding="utf-8")
    try:
        return not any(_fails(chosen, engine) for chosen in (tests[:_FIRST_TESTS], tests[_FIRST_TESTS:]) if chosen)
    finally:
        edit.file.write_text(text, encoding="utf-8")


def _fails(tests: list[str], engine: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=_environment(engine), capture_output=True, check=False, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
