"""The process behind `dsplan` and `python -m dsplan`: one command, one answer, one exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

__all__ = ["run"]

GARBAGE_THRESHOLD = 200_000
"""Objects in excess before garbage is looked for. Hardly any is made: frozen values make no cycles."""


def run() -> NoReturn:
    """Run the command line and end the process, as cheaply as a process can end.

    Looking for garbage among what is only just being built, and taking modules and values apart at the end, was a third
    of the time of a small plan; the system takes back the memory of a process at once.
    """
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    for ending in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(ending) is signal.SIG_DFL:  # not where nohup has it ignored
            signal.signal(ending, _end)
    _open_what_is_closed()
    from .cli import main
    from .cli.faults import report_faults

    report_faults()

    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    if code is not None and not isinstance(code, int):
        sys.stderr.write(f"{code}\n")
        code = 1
    if _is_watched():
        sys.exit(code)
    os._exit(_flushed(code or 0))


def _end(number: int, frame: object) -> NoReturn:
    """End as at Ctrl-C when the process is told to end, so that no child and no temporary file stays behind."""
    raise SystemExit(128 + number)


def _is_watched() -> bool:
    """Return whether a debugger, a profiler or coverage looks on, which has something to say at the end."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    tools = () if monitoring is None else map(monitoring.get_tool, range(6))
    return sys.gettrace() is not None or sys.getprofile() is not None or any(tools)


def _open_what_is_closed() -> None:
    """Let a stream that the caller has closed (`>&-`) lead nowhere, and one that lacks a character show its code."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        else:
            stream.reconfigure(errors="backslashreplace")


def _flushed(code: int) -> int:
    """Write out what is still held back; returns the exit code, which is another one if that fails."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        return code
    except OSError as error:
        os.write(2, f"error: standard output: {(error.strerror or str(error)).lower()}\n".encode())
        return code or 1
    return code


if __name__ == "__main__":
    run()
