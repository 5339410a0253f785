"""Run: python -m tests.conformance.live [FOLDER...]; the recordings of `../shared/live` where none is named.

Prints each disagreement, ends with `N passed, M failed`; exits 1 if M > 0 and 2 where there is nothing to replay.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.conformance.live import by_get, by_simulation, by_step, by_timeline
from tests.conformance.live.kubectl import UnknownCommand
from tests.conformance.live.recording import FOLDER, Recording, read, recordings

__all__ = ["CHECKS", "disagreements", "main"]

CHECKS: dict[str, Callable[[Recording], Iterable[str]]] = {
    "step": by_step.check,
    "simulate": by_simulation.check,
    "timeline": by_timeline.check,
    "get": by_get.check,
}


def disagreements(folder: Path) -> list[str]:
    """Return everything in which dsplan's answers differ from a recording."""
    recording = read(folder)
    found: list[str] = []
    for name, check in CHECKS.items():
        try:
            found += [f"{name}: {problem}" for problem in check(recording)]
        except UnknownCommand as command:
            found.append(f"{name}: this command is not understood: {command}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Replay recordings; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.live", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[FOLDER], metavar="FOLDER")
    options = parser.parse_args(arguments)
    passed = failed = 0
    for folder in [found for named in options.folders for found in recordings(named)]:
        started = time.monotonic()
        problems = disagreements(folder)
        failed, passed = failed + bool(problems), passed + (not problems)
        print(f"{'FAILED' if problems else 'ok    '} {folder.name} ({time.monotonic() - started:.1f} s)")
        for problem in problems:
            print(f"    {problem}")
    if not passed + failed:
        print(f"no recordings in {', '.join(str(folder) for folder in options.folders)}", file=sys.stderr)
        return 2
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
