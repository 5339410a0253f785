"""JSON on the exact path: the grammar of Go's decoder, places, problems, bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.reading.json_exact import parse_json
from tests.timing import within_seconds

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda child: st.lists(child, max_size=4) | st.dictionaries(st.text(), child, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_reads_what_json_writes(tree: Any, indent: Any, ascii_only: bool) -> None:
    # Tried with a reader that forgot to skip blanks before a closing bracket, and with one that dropped \u escapes.
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    text = text.encode("utf-8", "replace").decode() if not ascii_only else text
    located, end = parse_json(text)
    assert located.problems == []
    assert end == len(text)
    if text.isascii() and "\\ud" not in text.lower():
        assert located.tree == json.loads(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1,]", "1:4: [1]: expected a value, found ']'"),
        ('{"a": 1,}', "1:9: expected a key in double quotes, found '}'"),
        ("{a: 1}", "1:2: expected a key in double quotes, found 'a'"),
        ("{'a': 1}", '1:2: expected a key in double quotes, found "\'"'),
        ('{"a" 1}', "1:6: a: expected ':' after a key, found '1'"),
        ('{"a": 01}', "1:8: a: expected ',' or '}', found '1'"),
        ('{"a": +1}', "1:7: a: expected a value, found '+'"),
        ('{"a": .5}', "1:7: a: expected a value, found '.'"),
        ('{"a": NaN}', "1:7: a: expected a value, found 'N'"),
        ('{"a": -Infinity}', "1:7: a: expected a value, found '-'"),
        ('{"a": 1e400}', "1:7: a: the number does not fit a float64"),
        ('{"a": yes}', "1:7: a: expected a value, found 'y'"),
        ('{"a": 1\n', "2:1: a: expected ',' or '}', found the end of the text"),
        ('{"a": "x', "1:7: a: unterminated string starting"),
        ('{"a": "x\ty"}', "1:9: a: invalid control character"),
        ('{"a": "\\q"}', "1:8: a: invalid \\escape"),
        ('{"a": {"b": 1, "b": 2}}', '1:16: a.b: key "b" already set in map'),
    ],
)
def test_problems_have_their_place(text: str, problem: str) -> None:
    located, _ = parse_json(text)
    assert [str(found).rstrip(": ") for found in located.problems] == [problem]


def test_a_broken_line_does_not_hide_the_next() -> None:
    text = '{"a": 1}\n{"b": ]\n{"c": 3}\n'
    first, end = parse_json(text)
    broken, end = parse_json(text, end)
    last, _ = parse_json(text, end)
    assert (first.tree, broken.tree, last.tree) == ({"a": 1}, None, {"c": 3})


def test_places() -> None:
    located, _ = parse_json('{\n\t"a": [1,\n\t\t{"b": null}]}')
    assert located.place(("a", 1, "b")) == (3, 9)
    assert located.place(("a", 1, "b"), key=True) == (3, 4)


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert parse_json('"\\ud83d\\ude00 \\ud83d"')[0].tree == "\U0001f600 \ufffd"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "1" * 100_000, '{"a": 1' + ',"a": 1' * 100_000 + "}"]
)
def test_hostile_values_end_within_a_second(text: str) -> None:
    with within_seconds(1):
        located, _ = parse_json(text)
    assert located.problems
