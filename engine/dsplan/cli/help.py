"""`dsplan help [COMMAND]`."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", required=False, metavar="[COMMAND]")
@click.pass_context
def command(ctx: click.Context, name: str | None) -> None:
    """Print the help of a command, or of dsplan."""
    whole = ctx.find_root()
    if name is None:
        click.echo(whole.get_help())
        return
    assert isinstance(whole.command, click.Group)
    _, found, _ = whole.command.resolve_command(whole, [name])
    assert found is not None
    click.echo(found.get_help(click.Context(found, info_name=name, parent=whole)))
