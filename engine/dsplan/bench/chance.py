"""Repeatable choices without a generator's state: number and seed in, 64 well-mixed bits out."""

from __future__ import annotations

__all__ = ["letters", "mixed"]

_MASK = (1 << 64) - 1
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def mixed(seed: int, number: int) -> int:
    """Return 64 bits that look random and depend on both arguments alone (SplitMix64's finaliser, Steele et al. 2014).

    >>> mixed(0, 1) == mixed(0, 1), mixed(0, 1) == mixed(1, 1), mixed(0, 1).bit_length() <= 64
    (True, False, True)
    """
    bits = (number * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


def letters(bits: int, count: int = 5) -> str:
    """Return the suffix that an API server would make up for a name: letters and digits that spell no words.

    >>> letters(12345)
    'j8vbb'
    """
    found = []
    for _ in range(count):
        bits, place = divmod(bits, len(_ALPHABET))
        found.append(_ALPHABET[place])
    return "".join(found)
