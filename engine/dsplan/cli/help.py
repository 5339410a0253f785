"""`dsplan help [COMMAND]`."""

from __future__ import annotations

import click

from .sinks import say


@click.command()
@click.argument("name", required=False, metavar="[COMMAND]")
@click.pass_context
def command(ctx: click.Context, name: str | None) -> None:
    """Print the help of a command, or of dsplan."""
    whole = ctx.find_root()
    if name is None:
        say(whole.get_help() + "\n")
        return
    assert isinstance(whole.command, click.Group)
    _, found, _ = whole.command.resolve_command(whole, [name])
    assert found is not None
    say(found.get_help(click.Context(found, info_name=name, parent=whole)) + "\n")
