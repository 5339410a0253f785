"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..errors import InputError, Problem

__all__ = ["write_whole"]


def write_whole(path: str | Path, data: bytes) -> None:
    """Write a file through a temporary one beside it and a rename, so that nothing is ever half-written.

    Raises InputError where the folder cannot be written to.
    """
    target = Path(path)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        Path(name).unlink(missing_ok=True)


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError.of(
        [Problem(reason="Unreadable", message=f"cannot be written: {error.strerror}", source=str(target))]
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
