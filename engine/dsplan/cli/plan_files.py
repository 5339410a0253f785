"""Plans read from files that dsplan wrote."""

from __future__ import annotations

import sys
from pathlib import Path

from ..document.types import PlanDocument
from ..errors import InputError, Problem

__all__ = ["is_plan_file", "read_plan_file"]


def is_plan_file(path: str) -> bool:
    """Return whether a file looks like a plan that dsplan wrote; False where it cannot be read."""
    from ..document.encoding import is_plan

    try:
        return is_plan(Path(path).read_bytes())
    except OSError:
        return False


def read_plan_file(path: str) -> PlanDocument:
    """Return the plan in a file, `-` for standard input. Raises InputError where it is none."""
    from ..document.encoding import read_plan

    if path == "-":
        return read_plan(sys.stdin.buffer.read(), "<stdin>")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        problem = Problem(reason="Unreadable", message=f"cannot be read: {error.strerror}", source=path)
        raise InputError.of([problem]) from None
    return read_plan(data, path)
