"""Replays recorded decisions: `python -m tests.conformance.replay [--kind KIND] FILE...`.

KIND defaults to the file's name. Prints each disagreement (id, tags, what was expected and what dsplan decided), ends
with `N passed, M failed`, exits 1 if M > 0 and 2 for a kind that nobody replays.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Check = Callable[[Record], list[str]]
KINDS = (
    "eligibility",
    "sync",
    "converge",
    "converge_varying",
    "schedule",
    "defaulting",
    "validation",
    "scalars",
    "admitted",
)


def records(path: Path) -> Iterator[Record]:
    """Yield the records of a file of JSON lines, gzipped or not."""
    data = path.read_bytes()
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    for line in text.decode("utf-8").split("\n"):
        if line.strip():
            yield json.loads(line)


def check_of(kind: str) -> Check:
    """Return the judge of one kind."""
    check: Check = import_module(f"tests.conformance.replay_{kind}").check
    return check


def kind_of(path: Path) -> str:
    """Return the kind that a file's name stands for; the longest one that it starts with."""
    fitting = [kind for kind in KINDS if path.name.startswith(kind)]
    return max(fitting, key=len, default="")


def replay(path: Path, kind: str) -> tuple[int, int]:
    """Print the disagreements of one file; return how many records passed and failed."""
    check = check_of(kind)
    passed = failed = 0
    for record in records(path):
        problems = check(record)
        if problems:
            failed += 1
            print(f"{record.get('id')} {' '.join(record.get('tags') or ())}")
            for problem in problems:
                print(f"    {problem}")
        else:
            passed += 1
    return passed, failed


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.replay", description=__doc__)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    passed = failed = 0
    for path in options.files:
        kind = options.kind or kind_of(path)
        if not kind:
            parser.error(f"{path}: the name stands for no kind; say which with --kind")
        good, bad = replay(path, kind)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
