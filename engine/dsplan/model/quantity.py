"""Kubernetes quantities, exact: `250m`, `1.5Gi`, `1e3` (Q1-Q12, X11).

Values are whole numbers or fractions, never floats. The work done is bounded by the length of the text: an exponent is
never expanded into a number of that size. Magnitudes from 10^1000 up are all read as 10^1000 (no node has that much);
their texts stay distinct.

Source: k8s.io/apimachinery/pkg/api/resource (semantics Q, abbreviation RQ).
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..errors import DsplanError
from .regex import regex

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = [
    "Exact",
    "QuantityError",
    "QuantityFormatError",
    "QuantitySuffixError",
    "RawQuantity",
    "canonical",
    "exact_text",
    "milli_value",
    "parse_quantity",
    "round_up_milli",
    "stored_text",
    "text_of",
    "value",
]

Exact: TypeAlias = "int | Fraction"
RawQuantity: TypeAlias = str | int | float | None

# Possessive: what follows the digits never starts with one, and going back would take quadratic time.
_SHAPE = regex(r"([+-]?)([0-9]*+)(?:\.([0-9]*+))?([eEinumkKMGTP]*+[+-]?[0-9]*+)")
_EXPONENT = regex(r"[eE]([+-]?)0*([0-9]+)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {power: suffix for suffix, power in _DECIMAL.items()}
_BINARY_SUFFIX = {power: suffix for suffix, power in _BINARY.items()}
# What JSON carries unescaped and Go counts as blank; a tab reaches the parser as a backslash and is refused there.
_BLANKS = " \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"

_NANO = -9
_MILLI = -3
_INT64_DIGITS = 18
_LARGEST_BINARY = 2**63 - 1
_MOST_DIGITS = 1000
_LARGEST: int = 10**_MOST_DIGITS
_LONGEST_REMEMBERED = 64


class QuantityError(DsplanError, ValueError):
    """The text is no quantity."""


class QuantityFormatError(QuantityError):
    """The text does not have the shape of a quantity (Q6): sign, digits with at most one point, suffix."""


class QuantitySuffixError(QuantityError):
    """The shape is right but the suffix means nothing (Q6): `1K`, `1ki`, `1e`."""


class _Family(Enum):
    """How a quantity is written, and printed again (Q12)."""

    DECIMAL = "1k"
    EXPONENT = "1e3"
    BINARY = "1Ki"


class _Written(NamedTuple):
    """A quantity as written: sign x digits x 10^exponent x 2^shift; `kept` says that a server keeps the text (X11)."""

    negative: bool
    digits: str
    exponent: int
    shift: int
    family: _Family
    kept: bool


class _Amount(NamedTuple):
    """A quantity within the bounds of Q8: sign x digits x 10^exponent, no leading zeros; no digits are zero."""

    negative: bool
    digits: str
    exponent: int
    family: _Family


def parse_quantity(raw: RawQuantity) -> Exact:
    """Return the exact value of a quantity as it stands in JSON or YAML: text, a number, or null (zero).

    Finer than nano is rounded away from zero, binary suffixes are capped at 2^63 - 1 (Q8). An `int` is returned for
    every whole value. Raises `QuantityFormatError` or `QuantitySuffixError` (Q6).

    >>> parse_quantity("1.5Gi"), parse_quantity("250m"), parse_quantity("1e3"), parse_quantity(2)
    (1610612736, Fraction(1, 4), 1000, 2)
    """
    if isinstance(raw, int) and not isinstance(raw, bool):
        return max(-_LARGEST, min(_LARGEST, raw))
    text = _text_of(raw)
    return _remembered_value(text) if len(text) <= _LONGEST_REMEMBERED else _value_of(text)


def canonical(raw: RawQuantity) -> str:
    """Return the one text of a quantity in its own family of suffixes (Q12); equal values may differ in family.

    >>> [canonical(text) for text in ("0.5", "1000m", "1.5Gi", "100000", "1e3", "0.5Ki", "-0")]
    ['500m', '1', '1536Mi', '100k', '1e3', '512', '0']
    """
    return _print(_bounded(_split(_text_of(raw))))


def stored_text(raw: RawQuantity, *, milli: bool = False) -> str:
    """Return the text under which an API server v1.36 stores a quantity; with `milli` that of a resource list (D8).

    Text that already looks canonical is kept, also where it is not (X11). Multiples of 10^21 in the decimal family
    lose their exponent: an upstream bug, but what is stored is what controllers and the scheduler then see.

    >>> [stored_text(text) for text in ("00100", "+1", "1000", "1e2", "0.5")]
    ['00100', '+1', '1k', '100', '500m']
    >>> stored_text("0.1m", milli=True), stored_text("1000000000000000000000")
    ('1m', '1')
    """
    text = _text_of(raw)
    return _remembered_stored(text, milli) if len(text) <= _LONGEST_REMEMBERED else _stored(text, milli)


def exact_text(raw: RawQuantity) -> str:
    """Return a text that equal quantities share, whatever their notation, and that distinct ones never do.

    >>> exact_text("1Ki"), exact_text("1024"), exact_text("1.024k"), exact_text("1e99999")
    ('1024e0', '1024e0', '1024e0', '1e99999')
    """
    text = _text_of(raw)
    return _remembered_exact(text) if len(text) <= _LONGEST_REMEMBERED else _exact(text)


def text_of(amount: Exact, *, binary: bool = False) -> str:
    """Return the canonical text of a computed amount (Q12), in the binary family on request; finer than nano rounds up.

    >>> from fractions import Fraction
    >>> text_of(Fraction(3, 2)), text_of(1536 * 1024**2, binary=True), text_of(2000)
    ('1500m', '1536Mi', '2k')
    """
    nano = value(amount * 10**9)
    digits = str(max(-_LARGEST, min(_LARGEST, nano)))
    family = _Family.BINARY if binary else _Family.DECIMAL
    return _print(_Amount(nano < 0, digits.lstrip("-0"), _NANO, family))


def round_up_milli(amount: Exact) -> Exact:
    """Return `amount` rounded away from zero to whole thousandths, as resource lists are on decoding (D8).

    >>> from fractions import Fraction
    >>> round_up_milli(Fraction(1, 10000)), round_up_milli(3)
    (Fraction(1, 1000), 3)
    """
    return amount if isinstance(amount, int) else _ratio(milli_value(amount), 1000)


def milli_value(amount: str | Exact) -> int:
    """Return `amount` in thousandths, rounded away from zero: the scheduler's unit of cpu (Q11).

    >>> from fractions import Fraction
    >>> milli_value("0.5"), milli_value("1.0001"), milli_value(-Fraction(1, 10000))
    (500, 1001, -1)
    """
    return value((parse_quantity(amount) if isinstance(amount, str) else amount) * 1000)


def value(amount: str | Exact) -> int:
    """Return `amount` in whole units, rounded away from zero: the scheduler's unit of everything but cpu (Q11).

    >>> value("100m"), value("1Ki"), value("-100m")
    (1, 1024, -1)
    """
    exact = parse_quantity(amount) if isinstance(amount, str) else amount
    if isinstance(exact, int):
        return exact
    numerator, denominator = exact.numerator, exact.denominator
    return -(-numerator // denominator) if numerator > 0 else numerator // denominator


def _text_of(raw: object) -> str:
    """Return the text that an API server's parser sees for a JSON value."""
    if isinstance(raw, str):
        return raw.strip(_BLANKS)
    if raw is None:
        return "0"
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(max(-_LARGEST, min(_LARGEST, raw)))
    if isinstance(raw, float):
        return repr(raw)
    raise QuantityFormatError("must be text or a number, such as 250m or 1Gi")


def _value_of(text: str) -> Exact:
    negative, digits, exponent, _ = _bounded(_split(text))
    amount: Exact
    if len(digits) + exponent > _MOST_DIGITS:
        amount = _LARGEST
    elif exponent >= 0:
        amount = int(digits or "0") * 10**exponent
    else:
        amount = _ratio(int(digits or "0"), 10**-exponent)
    return -amount if negative else amount


def _ratio(numerator: int, denominator: int) -> Exact:
    if numerator % denominator == 0:
        return numerator // denominator
    from fractions import Fraction

    return Fraction(numerator, denominator)


def _stored(text: str, milli: bool) -> str:
    written = _split(text)
    if written.kept and not (milli and written.exponent < _MILLI):
        return text
    amount = _bounded(written)
    return _print(_round_up(amount, _MILLI) if milli else amount, lose_exponent=True)


def _exact(text: str) -> str:
    negative, digits, exponent, _ = _bounded(_split(text))
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    return f"{'-' if negative else ''}{stripped}e{exponent}" if stripped else "0"


_remembered_exact = lru_cache(maxsize=65536)(_exact)
_remembered_value = lru_cache(maxsize=65536)(_value_of)
_remembered_stored = lru_cache(maxsize=65536)(_stored)


def _split(text: str) -> _Written:
    """Take `text` apart; the only place that knows the grammar (Q1-Q5)."""
    match = _SHAPE.fullmatch(text)
    if match is None or not text:
        raise QuantityFormatError("must be a number with an optional suffix, such as 250m, 1.5Gi or 1e3")
    sign, numerator, fraction, suffix = match[1], match[2].lstrip("0") or "0", match[3] or "", match[4]
    shift, power, family = 0, 0, _Family.DECIMAL
    if suffix in _BINARY:
        shift, family = _BINARY[suffix], _Family.BINARY
    elif suffix in _DECIMAL:
        power = _DECIMAL[suffix]
    else:
        power, family = _exponent(suffix), _Family.EXPONENT
    exponent = _int32(power - len(fraction))
    digits = numerator + fraction
    kept = text == "0" or _is_kept(digits, exponent, shift, len(fraction))
    return _Written(sign == "-", digits.lstrip("0"), exponent, shift, family, kept)


def _exponent(suffix: str) -> int:
    match = _EXPONENT.fullmatch(suffix)
    if match is None or len(match[2]) > 19 or not -(2**63) <= int(match[1] + match[2]) < 2**63:
        raise QuantitySuffixError(
            "must end in one of n u m k M G T P E Ki Mi Gi Ti Pi Ei or in an exponent, or have no suffix"
        )
    return _int32(int(match[1] + match[2]))


def _int32(number: int) -> int:
    """Return what is left of a number in a Go int32; upstream's exponents wrap around."""
    return (number + 2**31) % 2**32 - 2**31


def _is_kept(digits: str, exponent: int, shift: int, fraction_digits: int) -> bool:
    """Return whether an API server keeps the text as it stands (X11)."""
    if shift:
        room = 14 - len(digits) - shift * 3 // 10
        return fraction_digits == 0 and room >= 0 and int(digits) % 8 != 0
    if len(digits) > _INT64_DIGITS or exponent < _NANO:
        return False
    return exponent % 3 == 0 and digits[0] != "0" and not digits.endswith("000")


def _bounded(written: _Written) -> _Amount:
    """Return the amount within Q8: not finer than nano, with a binary suffix at most 2^63 - 1."""
    amount = _Amount(written.negative, written.digits, written.exponent, written.family)
    if written.family is not _Family.BINARY or not written.digits:
        return _round_up(amount, _NANO)
    largest = amount._replace(digits=str(_LARGEST_BINARY), exponent=0)
    if len(amount.digits) + amount.exponent > len(largest.digits):
        return largest
    digits, exponent = _shortened(amount.digits, amount.exponent)
    shifted = _round_up(amount._replace(digits=str(int(digits) << written.shift), exponent=exponent), _NANO)
    return largest if _above(shifted, _LARGEST_BINARY) else shifted


def _shortened(digits: str, exponent: int) -> tuple[str, int]:
    """Cut a tail that is too fine to matter, leaving a 1 in its place, since all rounding here is upwards."""
    cut = len(digits) - _MOST_DIGITS
    return (digits, exponent) if cut <= 0 else (digits[:_MOST_DIGITS] + "1", exponent + cut - 1)


def _above(amount: _Amount, bound: int) -> bool:
    unit: int = 10**-amount.exponent
    return int(amount.digits) > bound * unit


def _round_up(amount: _Amount, power: int) -> _Amount:
    """Return `amount` rounded away from zero to whole multiples of 10^power, without arithmetic on large numbers."""
    cut = power - amount.exponent
    if cut <= 0 or not amount.digits:
        return amount
    kept, rest = amount.digits[:-cut], amount.digits[-cut:]
    return amount._replace(digits=_increment(kept) if rest.strip("0") else kept, exponent=power)


def _increment(digits: str) -> str:
    head = digits.rstrip("9")
    nines = len(digits) - len(head)
    return (head[:-1] + str(int(head[-1]) + 1) if head else "1") + "0" * nines


def _print(amount: _Amount, *, lose_exponent: bool = False) -> str:
    """Return the text of Q12; `lose_exponent` is upstream's way with suffixes above E."""
    digits = amount.digits.rstrip("0")
    if not digits:
        return "0"
    sign = "-" if amount.negative else ""
    exponent = amount.exponent + len(amount.digits) - len(digits)
    if amount.family is _Family.BINARY and exponent >= 0 and len(digits) + exponent >= 4:
        number = int(digits) * 10**exponent
        if number >= 1024:
            return sign + _print_binary(number)
    digits, exponent = digits + "0" * (exponent % 3), exponent - exponent % 3
    if amount.family is _Family.EXPONENT:
        return f"{sign}{digits}e{exponent}" if exponent else sign + digits
    if exponent > max(_DECIMAL_SUFFIX):
        excess = 0 if lose_exponent else exponent - max(_DECIMAL_SUFFIX)
        return sign + digits + "0" * excess + ("" if lose_exponent else "E")
    return sign + digits + _DECIMAL_SUFFIX[exponent]


def _print_binary(number: int) -> str:
    shift = 0
    while number % 1024 == 0:
        number, shift = number // 1024, shift + 10
    return f"{number}{_BINARY_SUFFIX.get(shift, '')}"
