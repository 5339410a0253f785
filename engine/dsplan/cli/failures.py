"""From exceptions to messages and exit codes: bad input is never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import DsplanError, InputError
from .sinks import tell

if TYPE_CHECKING:
    from ..document.types import PlanDocument
    from ..simulator.results import Outcome

__all__ = ["BAD_INPUT", "CHANGES_PENDING", "CONFLICTS", "exit_code_of", "exit_code_of_outcomes", "reporting_failures"]

BAD_INPUT, CHANGES_PENDING, CONFLICTS = 1, 3, 4
_SHOWN = 200


def exit_code_of(plan: PlanDocument) -> int:
    """Return the exit code that --exit-code asks for: 4 if something is impossible, fails or stalls, 3 for changes."""
    return CONFLICTS if plan.conflicts else CHANGES_PENDING if plan.applyable else 0


def exit_code_of_outcomes(outcomes: Iterable[Outcome]) -> int:
    """Return the exit code for roll-outs that were played: 4 if one does not get to its end, 3 for any other."""
    ends = {str(outcome) for outcome in outcomes}
    return CONFLICTS if ends & {"Stalled", "Oscillating"} else CHANGES_PENDING if ends else 0


@contextmanager
def reporting_failures() -> Iterator[None]:
    """Turn what dsplan raises on purpose into messages on stderr and exit code 1; a closed pipe ends quietly."""
    try:
        yield
    except InputError as error:
        for problem in error.problems[:_SHOWN]:
            tell(f"error: {problem}")
        if len(error.problems) > _SHOWN:
            tell(f"... and {len(error.problems) - _SHOWN:,} more")
        tell(f"{error.message}; nothing was planned.")
        sys.exit(BAD_INPUT)
    except DsplanError as error:
        tell(f"error: {error}")
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = error.filename or "standard output"
        tell(f"error: {where}: {(error.strerror or str(error)).lower()}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(BAD_INPUT)
