"""The last resort: an exception that nobody expected is a fault of dsplan, and is said to be one."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from types import TracebackType

__all__ = ["FAULT", "OFF", "report_faults"]

FAULT = 70
"""The exit code (EX_SOFTWARE of sysexits.h)."""
OFF = "DSPLAN_TRACEBACK"
"""Set this variable to see tracebacks where they happen, as dsplan's own tests do."""


def report_faults() -> None:
    """From now on end the process with `FAULT` where an exception escapes; its traceback goes to a file."""
    if not os.environ.get(OFF):
        sys.excepthook = _report


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what to do, on stderr, and end the process at once: what is half done must not go on."""
    if issubclass(kind, KeyboardInterrupt):
        os._exit(130)
    sys.stdout.flush()
    sys.stderr.write(
        f"error: this is a fault of dsplan, not of its input: {kind.__name__}{_place(trace)}\n"
        f"{_kept(''.join(traceback.format_exception(kind, error, trace)))}\n"
        "Please report it on dsplan's issue tracker with that file, the command, and, if you may share it, the input\n"
        "(`dsplan snapshot` makes a cluster small; look through both before you share them).\n"
    )
    sys.stderr.flush()
    os._exit(FAULT)


def _place(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return f" in {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""


def _kept(text: str) -> str:
    """Write a traceback to a file that only the user can read; returns what to say of that."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="dsplan-fault-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        return f"The traceback could not be written to a file ({error.strerror}); {OFF}=1 shows it."
    return f"The traceback is in {name}"
