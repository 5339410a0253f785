"""`dsplan version`."""

from __future__ import annotations

import click

from .sinks import say


@click.command()
def command() -> None:
    """Print the version of dsplan, and of Kubernetes whose rules it follows."""
    from .._version import __version__
    from ..document.types import SEMANTICS

    say(f"dsplan {__version__} (semantics {SEMANTICS})\n")
