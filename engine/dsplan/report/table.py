"""Tables for every output: laid out by rich, numbers to the right, no word broken, what is least important dropped.

`rich` is imported when the first table is drawn: a plan on the screen has none, and starts fast.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO

from .inert import shown
from .style import Style

__all__ = ["listing", "table"]

_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?%?")
_ENDLESS = 1 << 20


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    style: Style | None = None,
    *,
    indent: str = "",
    gap: int = 3,
    drop: Sequence[str] = (),
    as_kubectl: bool = False,
) -> list[str]:
    """Return the lines of a table, no blanks at their ends.

    Columns of numbers stand to the right, with thousands separators; `as_kubectl` leaves them as kubectl prints them.
    Where `style` has a fixed width that is too small, the columns named in `drop` go first, in that order, and then
    text is wrapped between words. Without one every row is a line.

    >>> table(("NAME", "NODES"), [("a", 3), ("long", 1200)])
    ['NAME   NODES', 'a          3', 'long   1,200']
    """
    if not header and not rows:
        return []
    cells = [[_cell(cell, as_kubectl=as_kubectl) for cell in row] for row in rows]
    width = style.width - len(indent) if style is not None and style.fixed else _ENDLESS
    columns = list(zip(*([header, *cells] if header else cells), strict=True))
    columns = _dropped(columns, width, gap, drop) if header else columns
    return [(indent + line).rstrip() for line in _drawn(columns, width, gap, bool(header), as_kubectl=as_kubectl)]


def _cell(value: object, *, as_kubectl: bool) -> str:
    return f"{value:,}" if isinstance(value, int) and not as_kubectl else shown(value)


def _dropped(columns: list[tuple[str, ...]], width: int, gap: int, drop: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the columns that can be shown: least important ones go while rows do not fit in a line."""
    for name in drop:
        if sum(max(map(len, column)) + gap for column in columns) - gap <= width:
            break
        columns = [column for column in columns if column[0].strip() != name]
    return columns


def _drawn(
    columns: Sequence[tuple[str, ...]], width: int, gap: int, headed: bool, *, as_kubectl: bool
) -> Sequence[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    least = [max(len(word) for cell in column for word in cell.split() or [""]) for column in columns]
    room = max(width, sum(least) + gap * (len(columns) - 1))
    whole = sum(max(map(len, column)) + gap for column in columns)
    grid = Table(box=None, show_header=headed, pad_edge=False, padding=(0, gap, 0, 0), collapse_padding=True)
    for column, narrow in zip(columns, least, strict=True):
        body = column[headed:]
        right = not as_kubectl and any(body) and all(_NUMBER.fullmatch(cell) for cell in body if cell)
        title = Text(column[0]) if headed else ""
        grid.add_column(title, justify="right" if right else "left", min_width=narrow, no_wrap=whole - gap <= room)
    bodies = [column[headed:] for column in columns]
    # Rows of one line each are drawn as one row of many lines: ten thousand of them in a tenth of the time.
    whole_rows = [["\n".join(body) for body in bodies]] if whole - gap <= room else zip(*bodies, strict=True)
    for row in whole_rows if any(bodies) else ():
        grid.add_row(*(Text(cell) for cell in row))
    page = StringIO()
    Console(file=page, width=min(room, whole - gap), color_system=None, legacy_windows=False).print(grid)
    return page.getvalue().splitlines()


def listing(names: Sequence[str], limit: int | None) -> str:
    """Return names joined by blanks, the tail counted: never cut without saying so.

    >>> listing(["a", "b", "c"], 2), listing(["a"], None)
    ('a b ... and 1 more', 'a')
    """
    if limit is None or len(names) <= limit:
        return " ".join(names)
    return f"{' '.join(names[:limit])} ... and {len(names) - limit:,} more"
