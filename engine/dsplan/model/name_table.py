"""Many names in little text: runs for those that count on, for others what differs from the one before."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["names_in", "runs_of", "runs_in", "table_of"]

_NUMBER = re.compile(r"^(?P<head>[^.]*?)(?P<number>[0-9]+)(?P<tail>[^0-9.]*(?:\..*)?)$", re.DOTALL)
_COUNTED = "#"
_WORTH_IT = 3
"""Characters a name up to which runs are shorter than what differs from the name before."""
_MOST_NAMES = 2_000_000


def table_of(names: Iterable[str]) -> list[str]:
    """Return rows that `names_in` makes the same names of, each once, in an order of its own.

    >>> table_of(["node-0002", "db1", *(f"node-{number:04}" for number in range(100)), "db-x"])
    ['#node-|0000-0099|', '00db-x', '021']
    """
    counted: dict[tuple[str, int, str], list[int]] = defaultdict(list)
    others: list[str] = []
    for name in set(names):
        found = _NUMBER.match(name) if "|" not in name else None
        if found is None or len(found["number"]) > 15:
            others.append(name)
        else:
            digits = found["number"]
            counted[found["head"], len(digits), found["tail"]].append(int(digits))
    rows = []
    for (head, width, tail), numbers in sorted(counted.items()):
        runs = runs_of(sorted(numbers), width)
        if len(numbers) > 2 and len(runs) < _WORTH_IT * len(numbers):
            rows.append(f"{_COUNTED}{head}|{runs}|{tail}")
        else:
            others += [f"{head}{number:0{width}}{tail}" for number in numbers]
    return [*rows, *_front_coded(sorted(others))]


def _front_coded(names: Sequence[str]) -> Iterator[str]:
    before = ""
    for name in names:
        shared = 0
        while shared < min(len(before), len(name), 99) and before[shared] == name[shared]:
            shared += 1
        yield f"{shared:02}{name[shared:]}"
        before = name


def names_in(rows: Iterable[str]) -> list[str]:
    """Return the names of a table.

    Raises ValueError for what `table_of` did not write, and for more than two million names.

    >>> names_in(table_of(["b7", "b9", "b8", "c"]))
    ['b7', 'b8', 'b9', 'c']
    """
    found: list[str] = []
    before = ""
    for row in rows:
        if row.startswith(_COUNTED):
            head, numbers, tail = row[1:].split("|")
            width = len(re.split("[-,]", numbers)[0])
            found += [f"{head}{number:0{width}}{tail}" for number in runs_in(numbers, _MOST_NAMES - len(found))]
        else:
            before = before[: int(row[:2])] + row[2:]
            found.append(before)
    return found


def runs_of(numbers: Iterable[int], width: int = 0) -> str:
    """Return numbers in their order, those that count on as one run.

    >>> runs_of([3, 4, 5, 1, 9]), runs_of([])
    ('3-5,1,9', '')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{a:0{width}}" if a == b else f"{a:0{width}}-{b:0{width}}" for a, b in runs)


def runs_in(text: str, most: int = _MOST_NAMES) -> list[int]:
    """Return the numbers that `runs_of` wrote. Raises ValueError for other text, and for more than `most`.

    >>> runs_in("3-5,1,9")
    [3, 4, 5, 1, 9]
    """
    found: list[int] = []
    for part in text.split(",") if text else ():
        first, dash, last = part.partition("-")
        start, end = int(first), int(last if dash else first)
        if end < start or end - start + len(found) >= most:
            raise ValueError(f"{part!r} is no run")
        found.extend(range(start, end + 1))
    return found
