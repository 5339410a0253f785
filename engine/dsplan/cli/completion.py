"""`dsplan completion`: the completion script of a shell, and the answer to kubectl's own completion."""

from __future__ import annotations

import os
import sys

import click
from click.shell_completion import ShellComplete, get_completion_class

__all__ = ["command", "kubectl_complete"]

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--program", default="dsplan", show_default=True, metavar="NAME", help="The name it is called by.")
def command(shell: str, program: str) -> None:
    """Print the completion script of a shell, to be sourced: `source <(dsplan completion bash)`.

    For fish: `dsplan completion fish > ~/.config/fish/completions/dsplan.fish`.
    """
    from . import VARIABLE, cli

    made = get_completion_class(shell)
    assert made is not None
    click.echo(ShellComplete.source(made(cli, {}, program, VARIABLE)))


def kubectl_complete() -> None:
    """Answer kubectl, which runs `kubectl_complete-dsplan` with the words typed so far, the last one incomplete."""
    from . import VARIABLE, cli

    words = sys.argv[1:] or [""]
    completion = ShellComplete(cli, {}, os.path.basename(sys.argv[0]), VARIABLE)
    items = completion.get_completions(words[:-1], words[-1])
    for item in items:
        if item.type == "plain":
            click.echo(f"{item.value}\t{item.help}" if item.help else item.value)
    click.echo(":0" if any(item.type == "file" for item in items) else ":4")
