"""Documents to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .options import style_for
from .sinks import say, write

if TYPE_CHECKING:
    from ..document.types import PlanDocument

__all__ = ["print_plan"]


def print_plan(document: PlanDocument, output: str) -> None:
    """Print a plan in one of the formats of -o."""
    from ..report.text.plan import action_names, plan_text

    if output in ("json", "yaml"):
        from ..document.encoding import as_json, as_yaml, without_origin

        bare = without_origin(document)
        write(as_json(bare) if output == "json" else as_yaml(bare), output)
    elif output == "jsonl":
        from ..report.json_lines import json_lines

        for line in json_lines(document):
            write(f"{line}\n", output)
    elif output == "name":
        for line in action_names(document):
            say(f"{line}\n")
    elif output == "markdown":
        from ..report.markdown.plan import plan_markdown

        say(plan_markdown(document))
    else:
        say(plan_text(document, style_for(wide=output == "wide")))
