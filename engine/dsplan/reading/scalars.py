"""What one YAML scalar means to kubectl and the API server (X10, X11, X12).

Both read YAML with go-yaml v2 and turn it into JSON before anything else looks at it. So the rules here are those of
its resolver: YAML 1.1 booleans, octal, hexadecimal and binary integers, no sexagesimals, dates stay text, and numbers
that fit nothing stay text. `tests/conformance/replay_scalars.py` replays recorded answers of a real server.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final, TypeAlias

from ..model.regex import regex

__all__ = ["WORDS", "Resolved", "ScalarError", "as_json_value", "as_map_key", "resolve"]

Resolved: TypeAlias = bool | int | float | str | None

INT64_MIN: Final = -(1 << 63)
INT64_MAX: Final = (1 << 63) - 1
UINT64_MAX: Final = (1 << 64) - 1

TAG_PREFIX: Final = "tag:yaml.org,2002:"
_TAG_OF_TYPE: Final = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}
_RESOLVABLE: Final = frozenset(("str", "bool", "int", "float", "null", "timestamp"))

WORDS: Final[dict[str, Resolved]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
"""Plain scalars that are looked up before anything else; no other spelling of them means the same."""
_DIGITS_OR_SIGN: Final = frozenset("0123456789+-")
_INTEGER: Final = regex(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO](?P<oct>[0-7]+)"
    r"|(?P<old>0[0-7]*)|(?P<dec>[1-9][0-9]*))"
)
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "old": 8, "dec": 10}
_SIGNED_AFTER_PREFIX: Final = regex(r"0b([-+][01]+)")
_FLOAT: Final = regex(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT_FLOAT: Final = regex(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_TIMESTAMP: Final = regex(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?P<gap>[Tt ])(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:[.,][0-9]+)?"
    r"(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})?)?"
)


class ScalarError(ValueError):
    """The scalar has no meaning under its tag, or none that JSON can carry."""


def resolve(text: str, tag: str = "", *, plain: bool = True) -> Resolved:
    """Return the value of the scalar `text`, before it becomes a JSON value or a key.

    `tag` is the long form (`tag:yaml.org,2002:int`), `!...` for a local one, empty for none; `plain` is whether it was
    written without quotes. Raises `ScalarError` where the tag does not fit the text. [go-yaml v2, resolve.go]

    >>> [resolve(text) for text in ("yes", "tRUE", "010", "08", "0b11", "1_000", "1:30", "2026-01-01", "1e400")]
    [True, 'tRUE', 8, 8.0, 3, 1000, '1:30', '2026-01-01', '1e400']
    >>> resolve("yes", plain=False), resolve("1", "tag:yaml.org,2002:str"), resolve("1", "tag:yaml.org,2002:float")
    ('yes', '1', 1.0)
    """
    if not tag:
        return _implicit(text) if plain else text
    name = tag.removeprefix(TAG_PREFIX) if tag.startswith(TAG_PREFIX) else ""
    if name == "binary":
        return _from_base64(text)
    if name not in _RESOLVABLE or name == "str":
        return text
    if name == "timestamp" and text not in WORDS and _is_timestamp(text):
        return text
    value = _implicit(text)
    actual = _TAG_OF_TYPE[type(value)]
    if actual == name:
        return value
    if name == "float" and isinstance(value, int) and INT64_MIN <= value <= INT64_MAX and actual == "int":
        return float(value)
    raise ScalarError(f"cannot decode !!{actual} as a !!{name}")


def as_json_value(value: Resolved) -> Resolved:
    """Return what the JSON between YAML and the object holds: a whole float has no point there, so it is an int.

    Raises `ScalarError` for infinities and NaN, which JSON cannot write.

    >>> as_json_value(1000.0), as_json_value(0.5), as_json_value(1e21), as_json_value(1.2345678901234567e20)
    (1000, 0.5, 1e+21, 123456789012345670000)
    """
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        raise ScalarError(f"{value!r} is not a JSON number")
    if value.is_integer() and abs(value) < 1e21:
        return int(value) if abs(value) < 1 << 53 else int(Decimal(repr(value)))
    return value


def as_map_key(value: Resolved) -> str:
    """Return the JSON key that a YAML key becomes; raises `ScalarError` for null and for integers beyond int64.

    Floats are printed with the precision of a float32, as the converter does. [sigs.k8s.io/yaml]

    >>> as_map_key(True), as_map_key(8), as_map_key(1.5), as_map_key(123456789.5), as_map_key(float("inf"))
    ('true', '8', '1.5', '1.2345679e+08', '.inf')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise ScalarError("null is not a key")
    if isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise ScalarError("an integer beyond 64 bits is not a key")
        return str(value)
    return _shortest_float32(value)


def _implicit(text: str) -> Resolved:
    if text in WORDS:
        return WORDS[text]
    first = text[0]
    if first == ".":
        return _finite(text.replace("_", "")) if _POINT_FLOAT.fullmatch(text) else text
    if first not in _DIGITS_OR_SIGN:
        return text
    number = _number(text.replace("_", ""))
    return text if number is None else number


def _number(text: str) -> int | float | None:
    integer = _integer(text)
    if integer is not None:
        return integer
    if _FLOAT.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else None
    # The resolver cuts "0b" off and parses the rest as a signed number.
    signed = _SIGNED_AFTER_PREFIX.fullmatch(text)
    return _bounded(int(signed[1], 2), signed=True) if signed else None


def _integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text)
    if match is None or match.lastgroup is None:
        return None
    digits = match[match.lastgroup]
    if match.lastgroup == "dec" and len(digits) > 20:
        return None
    value = int(digits, _BASES[match.lastgroup])
    return _bounded(-value if match["sign"] == "-" else value, signed=bool(match["sign"]))


def _bounded(value: int, *, signed: bool) -> int | None:
    """Return `value` if it fits int64, or uint64 when it was written without a sign."""
    return value if INT64_MIN <= value <= (INT64_MAX if signed else UINT64_MAX) else None


def _finite(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def _from_base64(text: str) -> str:
    """Return the decoded text of a `!!binary` scalar; a byte that is not UTF-8 becomes U+FFFD, each by itself."""
    import base64

    try:
        decoded = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError as error:
        raise ScalarError("!!binary value contains invalid base64 data") from error
    return re.sub("[\udc80-\udcff]", "\ufffd", decoded.decode("utf-8", "surrogateescape"))


def _is_timestamp(text: str) -> bool:
    """Return whether `text` is a date, a date T time and zone, or a date, a blank and a time without zone."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not 1 <= month <= 12 or not 1 <= day <= _days(year, month):
        return False
    if match["gap"] is None:
        return True
    if (match["gap"] == " ") != (match["zone"] is None):
        return False
    return int(match["hour"]) < 24 and int(match["minute"]) < 60 and int(match["second"]) < 60


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _shortest_float32(value: float) -> str:
    """Return `value` as the fewest digits that name the same float32; an exponent below 1e-4 and from 1e6 on."""
    import struct

    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if not math.isfinite(single):
        return ".nan" if math.isnan(single) else ".inf" if single > 0 else "-.inf"
    for precision in range(9):
        text = f"{single:.{precision}e}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            break
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{power:+03d}"
    return format(Decimal(mantissa).scaleb(power), "f")
