"""Time against nodes, on logarithmic axes: in the terminal and as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from xml.sax.saxutils import escape

from .results import TOTAL, BenchReport

__all__ = ["Series", "series_of", "svg_chart", "terminal_chart"]

Series = Mapping[str, Sequence[tuple[float, float]]]
"""Name -> points of (nodes, seconds)."""

_MARKS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST_SERIES = 12
"""In a terminal: more cannot be told apart."""
_LINE = 18
"""How high a line of the legend is."""
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
_COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b7791f", "#2c3e50", "#16a085", "#d35400")


def series_of(report: BenchReport) -> dict[str, list[tuple[float, float]]]:
    """Return the median total of every series against its nodes."""
    found: dict[str, list[tuple[float, float]]] = {}
    for entry in sorted(report.measurements, key=lambda entry: (entry.series, entry.nodes)):
        seconds = max(1e-6, entry.stages[TOTAL].median)
        found.setdefault(f"{entry.world} {entry.scenario}", []).append((max(1, entry.nodes), seconds))
    return found


class _Axis:
    """A logarithmic axis from one power of ten to another."""

    def __init__(self, values: Sequence[float]) -> None:
        self.low = math.floor(math.log10(min(values)) + 1e-9)
        self.high = max(self.low + 1, math.ceil(math.log10(max(values)) - 1e-9))

    def at(self, value: float) -> float:
        """Return the place of a value between 0 and 1."""
        return (math.log10(value) - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def _axes(series: Series) -> tuple[_Axis, _Axis]:
    points = [point for found in series.values() for point in found]
    return _Axis([x for x, _ in points]), _Axis([y for _, y in points])


def seconds_text(seconds: float) -> str:
    """Return a duration in the unit that suits it.

    >>> seconds_text(0.00012), seconds_text(0.0123), seconds_text(12.3)
    ('120 us', '12.3 ms', '12.3 s')
    """
    if seconds < 0.001:
        return f"{seconds * 1e6:.3g} us"
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def terminal_chart(series: Series, *, width: int = 72, height: int = 16) -> str:
    """Return the chart as text, a letter a series, `=` where two meet; empty without points.

    Of many series, it has the slowest.

    >>> print(terminal_chart({"one": [(10, 0.001), (100, 0.01)]}, width=30, height=3))
      10 ms |                    a
            |
       1 ms |a
            +---------------------
             10                100
             a one
    """
    if not any(series.values()):
        return ""
    left_out = len(series) - _MOST_SERIES
    series = _slowest(series)
    across, up = _axes(series)
    columns = width - 9
    grid = [[" "] * columns for _ in range(height)]
    for mark, points in zip(cycle(_MARKS), series.values(), strict=False):
        for x, y in points:
            row, column = height - 1 - round(up.at(y) * (height - 1)), round(across.at(x) * (columns - 1))
            grid[row][column] = mark if grid[row][column] in (" ", mark) else "="
    labels = {height - 1 - round(up.at(tick) * (height - 1)): seconds_text(tick) for tick in up.ticks()}
    lines = [f"{labels.get(row, ''):>7} |{''.join(cells)}".rstrip() for row, cells in enumerate(grid)]
    lines += [" " * 8 + "+" + "-" * columns, _tick_line(across, columns)]
    lines += [f"{' ' * 9}{mark} {name}" for mark, name in zip(cycle(_MARKS), series, strict=False)]
    if left_out > 0:
        lines.append(f"{' ' * 9}... and {left_out} faster ones; --svg draws all")
    return "\n".join(lines)


def _slowest(series: Series) -> Series:
    """Return the series that take longest, in the order in which they came."""
    longest = sorted(series, key=lambda name: (-max(seconds for _, seconds in series[name]), name))
    kept = set(longest[:_MOST_SERIES])
    return {name: points for name, points in series.items() if name in kept}


def _tick_line(across: _Axis, columns: int) -> str:
    line = [" "] * (columns + 9)
    for tick in across.ticks():
        text = f"{tick:,.0f}"
        place = 9 + round(across.at(tick) * (columns - 1))
        start = min(place, len(line) - len(text))
        line[start : start + len(text)] = text
    return "".join(line).rstrip()


def svg_chart(series: Series, *, width: int = 760, height: int = 420) -> str:
    """Return the chart as one SVG document, as high as its legend needs.

    >>> svg_chart({"a": [(10, 0.001), (100, 0.01)]}).startswith("<svg")
    True
    """
    if not any(series.values()):
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"/>\n'
    height = max(height, 40 + _LINE * len(series))
    frame = _Frame(series, width, height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *frame.grid(),
    ]
    for number, (name, points) in enumerate(series.items()):
        lines += _svg_series(name, [frame.place(x, y) for x, y in points], number, frame.right + 20)
    return "\n".join([*lines, "</svg>"]) + "\n"


class _Frame:
    """Where the axes lie in the picture; the legend stands to the right of them."""

    def __init__(self, series: Series, width: int, height: int) -> None:
        self.across, self.up = _axes(series)
        self.left, self.right, self.top, self.bottom = 70, width - 230, 20, height - 50

    def place(self, x: float, y: float) -> tuple[float, float]:
        across = self.left + self.across.at(x) * (self.right - self.left)
        return round(across, 1), round(self.bottom - self.up.at(y) * (self.bottom - self.top), 1)

    def grid(self) -> Iterator[str]:
        """Yield a line and a label for every power of ten."""
        for tick in self.up.ticks():
            _, y = self.place(10.0**self.across.low, tick)
            yield f'<line x1="{self.left}" x2="{self.right}" y1="{y}" y2="{y}" stroke="#ddd"/>'
            yield _svg_text(self.left - 8, y + 4, seconds_text(tick), "end")
        for tick in self.across.ticks():
            x, _ = self.place(tick, 10.0**self.up.low)
            yield f'<line x1="{x}" x2="{x}" y1="{self.top}" y2="{self.bottom}" stroke="#ddd"/>'
            yield _svg_text(x, self.bottom + 18, f"{tick:,.0f}", "middle")
        yield _svg_text((self.left + self.right) // 2, self.bottom + 40, "nodes", "middle")


def _svg_text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="12" text-anchor="{anchor}">{escape(text)}</text>'


def _svg_series(name: str, points: Sequence[tuple[float, float]], number: int, legend: int) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    path = " ".join(f"{x},{y}" for x, y in points)
    dots = [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points]
    y = 30 + _LINE * number
    dashes = _DASHES[number // len(_COLOURS) % len(_DASHES)]
    stroke = f'stroke="{colour}" stroke-width="1.5"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
    line = f'<polyline points="{path}" fill="none" {stroke}/>'
    key = f'<line x1="{legend - 8}" x2="{legend + 16}" y1="{y - 4}" y2="{y - 4}" {stroke}/>'
    return [line, *dots, key, _svg_text(legend + 22, y, name)]
