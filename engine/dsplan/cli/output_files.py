"""The one way in which commands write files: whole or not at all, and over nothing that is no file."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from ..errors import InputError, Problem

__all__ = ["write_whole"]

_KINDS = (
    (stat.S_ISLNK, "a link: name the file that it leads to"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def write_whole(path: str | Path, data: bytes, *, private: bool) -> None:
    """Write a file through a temporary one beside it and a rename, so that nothing is ever half-written.

    An existing file keeps its mode. A new one is for its owner alone if it is `private`, as what may hold bodies of
    objects is, and else as the umask has it. Of two writers at once one wins whole. Raises InputError where the path
    is a link, a folder, a pipe or a device, or cannot be written to; then nothing has changed.
    """
    target = Path(path)
    try:
        mode = _mode_of(target, private=private)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, target)
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from None
    finally:
        Path(name).unlink(missing_ok=True)


def _mode_of(target: Path, *, private: bool) -> int:
    """Return the mode that the file has to have. Raises InputError where something else is in its place."""
    try:
        found = os.lstat(target).st_mode
    except FileNotFoundError:
        return 0o600 if private else 0o666 & ~_umask()
    for is_kind, words in _KINDS:
        if is_kind(found):
            raise _unwritable(target, f"it is {words}")
    return stat.S_IMODE(found)


def _unwritable(target: Path, why: str) -> InputError:
    return InputError.of([Problem(reason="Unreadable", message=f"cannot be written: {why}", source=str(target))])


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
