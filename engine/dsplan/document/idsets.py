"""Sets of node ids as short text: `0-99,105`."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ids_of", "ranges_of"]


def ranges_of(ids: Iterable[int]) -> str:
    """Return ids as ascending ranges.

    >>> ranges_of([3, 1, 2, 9]), ranges_of([])
    ('1-3,9', '')
    """
    parts: list[list[int]] = []
    for position in sorted(ids):
        if parts and position == parts[-1][1] + 1:
            parts[-1][1] = position
        else:
            parts.append([position, position])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def ids_of(text: str) -> list[int]:
    """Return the ids that `ranges_of` wrote, ascending.

    Raises ValueError where the text is no list of ascending ranges.

    >>> ids_of("1-3,9"), ids_of("")
    ([1, 2, 3, 9], [])
    """
    found: list[int] = []
    for part in text.split(",") if text else ():
        first, dash, last = part.partition("-")
        start, end = int(first), int(last if dash else first)
        if end < start or (found and start <= found[-1]):
            raise ValueError(f"{part!r} does not ascend")
        found.extend(range(start, end + 1))
    return found
