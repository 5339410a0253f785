"""A step function over time, drawn with characters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

__all__ = ["BLOCKS", "step_chart"]

BLOCKS = " ▁▂▃▄▅▆▇█"
"""What a chart is drawn with, unless it is plain."""


def step_chart(
    series: Sequence[tuple[float, int]], end: float, *, width: int, height: int = 4, plain: bool = False
) -> list[str]:
    """Return a chart of `series` (moment, value from then on) from 0 to `end`: the highest value of each column.

    With `plain`, only ASCII. Needs at least 20 columns.

    >>> print("\\n".join(step_chart([(0, 2), (10, 0)], 20, width=20, height=2, plain=True)))
    2 |########
      |########
    0 +----------------
      T+0          T+20
    """
    peak = max((value for _, value in series), default=0)
    label = len(f"{peak:,}")
    columns = max(1, width - label - 3)
    values = _columns(series, end, columns)
    lines = []
    for row in range(height, 0, -1):
        cells = "".join(_cell(value, peak, row, height, plain=plain) for value in values)
        head = f"{peak:,}" if row == height else ""
        lines.append(f"{head:>{label}} |{cells}".rstrip())
    lines.append(f"{0:>{label}} +{'-' * columns}")
    last = f"T+{end:g}" if end < 1e6 else f"T+{end:.0f}"
    lines.append(f"{'':>{label}} T+0{last:>{max(len(last) + 1, columns - 2)}}")
    return lines


def _columns(series: Sequence[tuple[float, int]], end: float, columns: int) -> list[int]:
    """Return the highest value within each of `columns` equal parts of the time."""
    moments = [moment for moment, _ in series]
    width = end / columns if end > 0 else 1.0
    found: list[int] = []
    for column in range(columns):
        first = bisect_right(moments, column * width) - 1
        last = bisect_right(moments, (column + 1) * width - 1e-9 * width)
        found.append(max((value for _, value in series[max(0, first) : max(last, first + 1)]), default=0))
    return found


def _cell(value: int, peak: int, row: int, height: int, *, plain: bool) -> str:
    """Return what the row-th cell from below shows of a value."""
    filled = 0 if peak == 0 else value * height * 8 / peak - (row - 1) * 8
    if plain:
        return "#" if filled >= 4 else " "
    return BLOCKS[max(0, min(8, -int(-filled // 1) if 0 < filled < 1 else int(filled)))]
