"""What a command shows of one world, and the same twice: before and after the edits of what-if options."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from ..explain.edits import Edit
    from ..model.world import World
    from ..planner.account.unbudgeted import UnbudgetedDeletions

__all__ = ["Shown", "ShownFunction", "before_and_after", "deletions_at_once"]


class Shown(msgspec.Struct, frozen=True):
    """The output of a command for one world, and its exit code."""

    text: str
    code: int = 0


ShownFunction = Callable[..., Shown]
"""Takes a World, a moment, an output format, and the options of its command."""


def before_and_after(
    shown: ShownFunction, world: World, edits: tuple[Edit, ...], at: datetime, output: str, options: dict[str, Any]
) -> Shown:
    """Return what a command shows of a world and of the edited world, with what the edits delete outside any budget.

    The exit code is that of the edited world.
    """
    from ..explain.edits import apply_edits
    from ..report.inert import joined

    edited = apply_edits(world, edits)
    before, after = shown(world, at, output, **options), shown(edited, at, output, **options)
    if output == "json":
        from ..document.encoding import as_json

        document = {"kind": "BeforeAndAfter", "before": json.loads(before.text), "after": json.loads(after.text)}
        return Shown(as_json(document), after.code)
    if output in ("yaml", "csv"):
        mark = "---" if output == "yaml" else ""
        return Shown(f"{mark}\n{before.text}{mark}\n{after.text}".lstrip("\n"), after.code)
    head = joined(["What if", *_edit_lines(edits), *_at_once(edited, at)])
    return Shown(f"{head}\n\nBEFORE\n{before.text}\nAFTER\n{after.text}", after.code)


def _edit_lines(edits: tuple[Edit, ...]) -> list[str]:
    from ..report.text.edits import edit_words

    return [f"  * {edit_words(edit)}" for edit in edits]


def _at_once(edited: World, at: datetime) -> list[str]:
    """Return what the account of the edited world deletes outside any budget."""
    from ..report.table import listing

    found = deletions_at_once(edited, at)
    return [
        f"  ! {entry.identity} deletes {entry.pods:,} at once, outside any budget: {listing(entry.nodes, 5)}"
        for entry in found
    ]


def deletions_at_once(world: World, at: datetime) -> tuple[UnbudgetedDeletions, ...]:
    """Return what the next passes over a world delete outside any budget, as its account says."""
    from ..planner import solve
    from ..planner.account.unbudgeted import unbudgeted_deletions

    plan = solve(world, now=at)
    return unbudgeted_deletions(plan.account, plan.index.names)
