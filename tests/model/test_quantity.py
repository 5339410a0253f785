"""Quantities against Q1-Q12, X11 and laws; texts with "recorded" were answered by a real API server."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.model.quantity import (
    Exact,
    QuantityFormatError,
    QuantitySuffixError,
    canonical,
    milli_value,
    parse_quantity,
    round_up_milli,
    stored_text,
    value,
)
from tests.timing import within_seconds

SUFFIXES = ("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
FACTORS = dict(
    zip(
        SUFFIXES,
        [Fraction(10) ** power for power in (0, -9, -6, -3, 3, 6, 9, 12, 15, 18)]
        + [1024**power for power in range(1, 7)],
        strict=True,
    )
)


def digit_texts(most: int = 12) -> st.SearchStrategy[str]:
    digits = st.text("0123456789", max_size=most)
    return st.tuples(digits, st.sampled_from(["", "."]), digits).map("".join).filter(lambda text: text not in ("", "."))


def quantities() -> st.SearchStrategy[str]:
    suffix = st.sampled_from(SUFFIXES) | st.integers(-15, 15).map(lambda power: f"e{power}")
    return st.tuples(st.sampled_from(["", "+", "-"]), digit_texts(), suffix).map("".join)


def by_definition(text: str) -> Fraction:
    """Evaluate a quantity from its grammar alone, in fractions: rounding and capping as Q8 says."""
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if text.endswith(suffix) and (suffix or "e" not in text):
            number = Fraction(text[: len(text) - len(suffix)] or "0") * FACTORS[suffix]
            break
    else:
        mantissa, _, power = text.partition("e")
        suffix, number = "", Fraction(mantissa) * Fraction(10) ** int(power)
    nano = -(-abs(number) * 10**9 // 1)
    size = Fraction(-nano if nano < 0 else nano, 10**9)
    if suffix.endswith("i"):
        size = min(size, Fraction(2**63 - 1))
    return -size if number < 0 else size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("+1", 1),
        ("-1.5", Fraction(-3, 2)),
        ("1.", 1),
        (".5", Fraction(1, 2)),
        ("100n", Fraction(1, 10**7)),
        ("1e3", 1000),
        ("1E-2", Fraction(1, 100)),
        ("1E", 10**18),
        ("2Ei", 2**61),
        ("8Ei", 2**63 - 1),
        ("-8Ei", -(2**63) + 1),
        ("1e-10", Fraction(1, 10**9)),
        ("0.0000000015", Fraction(2, 10**9)),
        (" 1 ", 1),
        *((text, 0) for text in (".", "+", "-", "Ki", "m", "E", "-0", "0e5")),
    ],
)
def test_shapes_and_suffixes_q1_to_q8(text: str, expected: Exact) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize(("raw", "expected"), [(None, 0), (3, 3), (1.5, Fraction(3, 2)), (1e21, 10**21), (-0.0, 0)])
def test_numbers_are_read_as_their_text_q1(raw: float | None, expected: Exact) -> None:
    assert parse_quantity(raw) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "1 Gi", "1.2.3", "1e1.5", "\t1", "1,5", "\u0661", "1\n", "0x10", "1_000", "NaN"]
)
def test_not_the_shape_of_a_quantity_q6(text: str) -> None:
    with pytest.raises(QuantityFormatError):
        parse_quantity(text)


@pytest.mark.parametrize("raw", [True, False, float("nan"), float("inf"), [], {}])
def test_other_types_are_no_quantities_q6(raw: object) -> None:
    with pytest.raises(QuantityFormatError):
        parse_quantity(raw)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["1K", "--1", "1-1", "1ki", "1mi", "1i", "1e", "1Eii", "1kk", "1Em", "1m5", "1e99999999999999999999"]
)
def test_unknown_suffix_q6(text: str) -> None:
    with pytest.raises(QuantitySuffixError):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1.5Gi", "1536Mi"),
        ("1.1Ki", "1126400m"),
        ("100000", "100k"),
        ("1e3", "1e3"),
        ("1e19", "10e18"),
        ("0.5Ki", "512"),
        ("-1024Ki", "-1Mi"),
        ("1000E", "1000E"),
        ("1e99999", "1e99999"),
        ("0.0Ki", "0"),
    ],
)
def test_canonical_text_q12(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [  # recorded
        ("+1", "+1"),
        ("00100", "00100"),
        ("1E6", "1E6"),
        ("1e+3", "1e+3"),
        ("1234567.891k", "1234567.891k"),
        ("1000", "1k"),
        ("1e2", "100"),
        ("1048576Ki", "1Gi"),
        ("2Ei", "2Ei"),
        ("0.3Gi", "322122547200m"),
        ("0.0001", "1m"),
        ("1e-10", "1e-3"),
        ("1000000000000000000000", "1"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_stored_text_of_resource_lists_x11(text: str, expected: str) -> None:
    assert stored_text(text, milli=True) == expected


def test_only_resource_lists_are_rounded_to_milli_d8() -> None:
    assert stored_text("0.1m") == "100u"
    assert stored_text("0.1m", milli=True) == "1m"


@settings(max_examples=100)
@given(quantities())
def test_value_is_what_the_grammar_says(text: str) -> None:
    """Failed with rounding towards zero at nano."""
    assert parse_quantity(text) == by_definition(text)


@settings(max_examples=100)
@given(quantities())
def test_canonical_keeps_the_value_and_is_a_fixed_point(text: str) -> None:
    """Failed with the exponent's rest taken modulo 2."""
    printed = canonical(text)
    assert parse_quantity(printed) == parse_quantity(text)
    assert canonical(printed) == printed


@settings(max_examples=100)
@given(quantities())
def test_stored_text_is_a_fixed_point_with_the_rounded_value(text: str) -> None:
    """Failed when text finer than milli was kept."""
    stored = stored_text(text, milli=True)
    exact = round_up_milli(parse_quantity(text))
    assert stored_text(stored, milli=True) == stored
    if abs(exact) < 10**21:
        assert parse_quantity(stored) == exact


@settings(max_examples=100)
@given(quantities())
def test_rounding_is_away_from_zero_and_less_than_one_step(text: str) -> None:
    """Failed with floor division for negative values."""
    exact = parse_quantity(text)
    assert 0 <= abs(value(exact)) - abs(exact) < 1
    assert 0 <= abs(milli_value(exact)) - abs(exact) * 1000 < 1
    assert (value(exact) < 0) == (exact < 0)


@settings(max_examples=100)
@given(st.text("0123456789.+-eEinumkKMGTP ", max_size=8))
def test_any_text_has_a_value_or_one_of_two_errors(text: str) -> None:
    """Failed when a suffix that is no exponent reached int()."""
    with contextlib.suppress(QuantityFormatError, QuantitySuffixError):
        parse_quantity(text)


@pytest.mark.parametrize(
    "text",
    [
        "9" * 100,
        "9" * 1_000_000,
        "1e99999",
        "1e2147483647",
        "1e-2147483648",
        "0." + "9" * 1_000_000,
        "0." + "9" * 1_000_000 + "Ki",
        "0." + "0" * 1_000_000 + "1Ei",
        "1" * 1_000_000 + "Ei",
        "1" * 1_000_000 + "e2147483647",
    ],
    ids=len,
)
def test_hostile_sizes_end_quickly(text: str) -> None:
    with within_seconds(1):
        exact = parse_quantity(text)
        canonical(text)
        stored_text(text, milli=True)
    assert abs(exact) <= 10**1000


def test_huge_values_keep_distinct_texts() -> None:
    assert parse_quantity("1e99999") == parse_quantity("1e99998") == 10**1000
    assert canonical("1e99999") != canonical("1e99996")
