"""`dsplan history`: revisions, what each changed, and who still runs them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from .completers import complete_names, is_file
from .options import load_world, moment, output_option, reading_options, style_for
from .progress import progress_bar
from .sinks import say, tell, write
from .what_if import WhatIf, what_if_options


@click.command()
@click.argument("names", nargs=-1, metavar="[FILE|DIR|-]... [DAEMONSET]...", shell_complete=complete_names)
@output_option("table", "wide", "json", "yaml")
@reading_options
@what_if_options
def command(
    names: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    selector: str | None,
    now: datetime | None,
    output: str,
    what_if: WhatIf,
    **reading: Any,
) -> None:
    """Print the revisions of a DaemonSet: age, what each changed, how many pods still run it, and on which pools.

    Without a name, of every DaemonSet. Arguments that are files, or look like manifest names, are read as input. Of
    environments, arguments and annotations only the names are shown, never the values. With a what-if option, as it is
    after the edit.
    """
    from ..explain.edits import apply_edits
    from ..explain.names import find_daemonset
    from ..explain.revisions import revision_history

    files = tuple(word for word in names if is_file(word))
    asked = [word for word in names if not is_file(word)]
    scope = None if all_namespaces else namespace
    world = load_world(files, more, scope, selector, nodes_needed=False, **reading)
    if what_if:
        world = apply_edits(world, what_if.edits(world))
    chosen = [find_daemonset(world, name) for name in asked] if asked else list(world.daemonsets)
    at = moment(now, world)
    with progress_bar("looking at revisions"):
        found = [revision_history(world, daemonset, now=at) for daemonset in chosen]
    if not found:
        tell("No resources found")
    elif output in ("json", "yaml"):
        from ..document.encoding import as_json, as_yaml
        from ..report.documents.history import history_document

        document = history_document(found)
        write(as_json(document) if output == "json" else as_yaml(document), output)
    else:
        from ..report.text.history import history_text

        style = style_for(wide=output == "wide")
        say("\n".join(history_text(history, at, style) for history in found))
