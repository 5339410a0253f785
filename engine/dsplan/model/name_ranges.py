"""Sets of names in little room: names that differ in a number alone are written as a range.

Ten thousand nodes `node-0001` to `node-9999` are one text. A brace is no part of any name in Kubernetes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["packed", "unpacked"]

_LAST_NUMBER = re.compile(r"^(.*?)(\d{1,15})(\D*)$")
_RANGE = re.compile(r"^(.*)\{(\d{1,15})-(\d{1,15})\}(\D*)$")


def packed(names: Iterable[str]) -> tuple[str, ...]:
    """Return names as sorted texts, runs of three or more that differ in their last number alone as one range.

    >>> packed(["n9", "n1", "n10", "n8", "a", "n08"])
    ('a', 'n08', 'n1', 'n10', 'n8', 'n9')
    >>> packed(f"n{number}-b" for number in range(3, 8))
    ('n{3-7}-b',)
    """
    plain: list[str] = []
    numbered: dict[tuple[str, str, int], list[int]] = {}
    for name in set(names):
        found = _LAST_NUMBER.match(name)
        if found is None:
            plain.append(name)
        else:
            head, digits, tail = found.groups()
            numbered.setdefault((head, tail, len(digits)), []).append(int(digits))
    for (head, tail, width), numbers in numbered.items():
        for first, last in _runs(sorted(numbers)):
            if last - first >= 2:
                plain.append(f"{head}{{{first:0{width}}-{last:0{width}}}}{tail}")
            else:
                plain.extend(f"{head}{number:0{width}}{tail}" for number in range(first, last + 1))
    return tuple(sorted(plain))


def unpacked(texts: Iterable[str]) -> Iterator[str]:
    """Yield the names of `packed` texts.

    >>> list(unpacked(("a", "n{08-10}")))
    ['a', 'n08', 'n09', 'n10']
    """
    for text in texts:
        found = _RANGE.match(text)
        if found is None:
            yield text
        else:
            head, first, last, tail = found.groups()
            yield from (f"{head}{number:0{len(first)}}{tail}" for number in range(int(first), int(last) + 1))


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    start = previous = None
    for number in numbers:
        if start is None or previous is None:
            start = number
        elif number != previous + 1:
            yield start, previous
            start = number
        previous = number
    if start is not None and previous is not None:
        yield start, previous
