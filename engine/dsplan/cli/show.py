"""`dsplan show`: a plan from a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..document.types import PlanDocument
from ..errors import InputError, Problem
from .failures import exit_code_of
from .options import output_option
from .printing import print_plan

__all__ = ["command", "is_plan_file", "read_plan_file"]


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


@click.command()
@click.argument("plan", metavar="PLAN.json")
@output_option("table", "wide", "json", "yaml", "name", "markdown")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 3 if changes are pending, 4 if something is impossible, fails or stalls.",
)
def command(plan: str, output: str, exit_code: bool) -> None:
    """Print a plan that `dsplan solve --out` has written, from the file alone."""
    document = read_plan_file(plan)
    print_plan(document, output)
    if exit_code:
        sys.exit(exit_code_of(document))
