"""Everything that a command prints goes through here: text for people, messages on stderr, documents for programs."""

from __future__ import annotations

import re

import click

from ..errors import printable

__all__ = ["say", "tell", "write"]

_FOR_PROGRAMS = frozenset({"json", "jsonl", "yaml", "csv", "sarif", "junit", "gitlab"})
_COLOUR = re.compile("(\x1b\\[[0-9]{1,2}m)")


def say(text: str, *, err: bool = False) -> None:
    """Print a report for people, with `err` on stderr.

    What is no colour of `report/inert` and no line break is shown by its code.
    """
    click.echo("\n".join(map(_guarded, text.split("\n"))), nl=False, err=err)


def tell(message: str) -> None:
    """Print one line on stderr, whatever the message holds."""
    from ..report.inert import inert

    click.echo(inert(message), err=True)


def write(text: str | bytes, output: str) -> None:
    """Print what one of the formats of -o is; formats for programs are UTF-8 whatever the terminal has."""
    if isinstance(text, bytes):
        click.echo(text, nl=False)
    elif output in _FOR_PROGRAMS:
        click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
    else:
        say(text)


def _guarded(line: str) -> str:
    if line.isprintable():
        return line
    pieces = _COLOUR.split(line)
    pieces[::2] = map(printable, pieces[::2])
    return "".join(pieces)
