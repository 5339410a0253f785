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

__all__ = ["Shown", "ShownFunction", "before_and_after"]


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

    edited = apply_edits(world, edits)
    before, after = shown(world, at, output, **options), shown(edited, at, output, **options)
    if output == "json":
        from ..document.encoding import as_json

        document = {"kind": "BeforeAndAfter", "before": json.loads(before.text), "after": json.loads(after.text)}
        return Shown(as_json(document), after.code)
    if output in ("yaml", "csv"):
        mark = "---" if output == "yaml" else ""
        return Shown(f"{mark}\n{before.text}{mark}\n{after.text}".lstrip("\n"), after.code)
    head = "\n".join(["What if", *_edit_lines(edits), *_at_once(edited, at)])
    return Shown(f"{head}\n\nBEFORE\n{before.text}\nAFTER\n{after.text}", after.code)


def _edit_lines(edits: tuple[Edit, ...]) -> list[str]:
    from ..report.text.edits import edit_words

    return [f"  * {edit_words(edit)}" for edit in edits]


def _at_once(edited: World, at: datetime) -> list[str]:
    """Return what the account of the edited world deletes outside any budget."""
    from ..planner import solve
    from ..planner.account import LotKind, Spent
    from ..report.table import listing

    plan = solve(edited, now=at)
    lines: list[str] = []
    for entry in plan.account.daemonsets:
        names = [
            plan.index.names[position]
            for row in entry.rows
            if any(lot.kind is LotKind.DELETED and lot.budget is Spent.OUTSIDE for lot in row.lots)
            for position in row.nodes
        ]
        if names:
            where = listing(sorted(names), 5)
            lines.append(f"  ! {entry.identity} deletes {len(names):,} at once, outside any budget: {where}")
    return lines
