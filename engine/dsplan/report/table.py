"""Columns that line up, the way kubectl prints them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["listing", "table"]


def table(header: Sequence[str], rows: Sequence[Sequence[object]], *, indent: str = "", gap: int = 3) -> list[str]:
    """Return lines whose columns are as wide as their widest cell, `gap` blanks apart, no blanks at the end.

    >>> table(("NAME", "NODES"), [("a", 3), ("long", 12)])
    ['NAME   NODES', 'a      3', 'long   12']
    """
    cells = [[str(cell) for cell in row] for row in ([header, *rows] if header else rows)]
    if not cells:
        return []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        (indent + "".join(cell.ljust(width + gap) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]


def listing(names: Sequence[str], limit: int | None) -> str:
    """Return names joined by blanks, the tail counted: never cut without saying so.

    >>> listing(["a", "b", "c"], 2), listing(["a"], None)
    ('a b ... and 1 more', 'a')
    """
    if limit is None or len(names) <= limit:
        return " ".join(names)
    return f"{' '.join(names[:limit])} ... and {len(names) - limit:,} more"
