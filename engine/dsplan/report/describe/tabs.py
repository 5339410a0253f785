"""Tab-separated cells to aligned columns: a column is as wide as its widest cell in a run of consecutive lines.

The rule of Go's text/tabwriter with padding 2, which kubectl uses: a cell counts for a column only if a tab ends it.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["align"]

_PADDING = 2


def align(lines: Iterable[str]) -> list[str]:
    """Return the lines with every tab replaced by the blanks its column needs.

    >>> align(["a:\\t1", "long:\\t2", "break", "b:\\t3"])
    ['a:     1', 'long:  2', 'break', 'b:  3']
    """
    rows = [line.split("\t") for line in lines]
    for column in range(max((len(row) for row in rows), default=1) - 1):
        run: list[list[str]] = []
        for row in [*rows, []]:
            if len(row) > column + 1:
                run.append(row)
                continue
            width = max((len(member[column]) for member in run), default=0) + _PADDING
            for member in run:
                member[column] = member[column].ljust(width)
            run = []
    return ["".join(row) for row in rows]
