"""From exceptions to messages and exit codes: bad input is never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..errors import DsplanError, InputError

__all__ = ["BAD_INPUT", "CHANGES_PENDING", "CONFLICTS", "reporting_failures"]

BAD_INPUT, CHANGES_PENDING, CONFLICTS = 1, 3, 4
_SHOWN = 200


@contextmanager
def reporting_failures() -> Iterator[None]:
    """Turn what dsplan raises on purpose into messages on stderr and exit code 1; a closed pipe ends quietly."""
    try:
        yield
    except InputError as error:
        for problem in error.problems[:_SHOWN]:
            click.echo(f"error: {problem}", err=True)
        if len(error.problems) > _SHOWN:
            click.echo(f"... and {len(error.problems) - _SHOWN:,} more", err=True)
        click.echo(f"{error.message}; nothing was planned.", err=True)
        sys.exit(BAD_INPUT)
    except DsplanError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = error.filename or "standard output"
        click.echo(f"error: {where}: {(error.strerror or str(error)).lower()}", err=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(BAD_INPUT)
