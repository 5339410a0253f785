"""Plans read from files that dsplan wrote."""

from __future__ import annotations

from ..document.types import PlanDocument
from ..errors import InputError

__all__ = ["is_plan_file", "read_plan_file"]


def is_plan_file(path: str) -> bool:
    """Return whether a file looks like a plan that dsplan wrote; False where it cannot be read."""
    from ..document.encoding import is_plan
    from ..reading.sources import read_whole

    try:
        return is_plan(read_whole(path))
    except InputError:
        return False


def read_plan_file(path: str) -> PlanDocument:
    """Return the plan in a file, `-` for standard input. Raises InputError where it is none."""
    from ..document.encoding import read_plan
    from ..reading.sources import read_whole

    return read_plan(read_whole(path), "<stdin>" if path == "-" else path)
