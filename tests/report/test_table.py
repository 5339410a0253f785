"""One table for every output: within the width, numbers to the right, no word broken, nothing interpreted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dsplan.report.style import Style
from dsplan.report.table import table

WORDS = st.text("abcdefg-[]/:0123456789", min_size=1, max_size=12)
CELLS = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


@given(
    rows=st.lists(st.tuples(CELLS, st.integers(0, 10**6), CELLS), min_size=1, max_size=6), width=st.integers(60, 200)
)
def test_no_word_is_broken_and_no_line_too_long(rows: list[tuple[str, int, str]], width: int) -> None:
    lines = table(("NAME", "COUNT", "TEXT"), rows, Style(width=width, fixed=True))
    assert max(map(len, lines)) <= width
    told = sorted(word for line in lines[1:] for word in line.split())
    assert told == sorted(word for name, count, text in rows for word in (*name.split(), f"{count:,}", *text.split()))


def test_numbers_end_in_one_column() -> None:
    header, *lines = table(("NAME", "COUNT"), [("a", 7), ("b", 12345)])
    assert {len(line) for line in (header, *lines)} == {len(header)}
    assert lines[1].endswith("12,345")
    assert table(("NAME", "COUNT"), [("a", 12345)], as_kubectl=True)[1] == "a      12345"


def test_the_least_important_column_goes_first() -> None:
    rows = [("a" * 30, "b" * 30, "c" * 30)]
    narrow = Style(width=70, fixed=True)
    assert table(("A", "B", "C"), rows, narrow, drop=("B", "A"))[0].split() == ["A", "C"]
    assert table(("A", "B", "C"), rows, Style(width=70), drop=("B",))[0].split() == ["A", "B", "C"]


def test_markup_is_text() -> None:
    assert table(("A",), [("[red]x[/red] :smile:",)])[1] == "[red]x[/red] :smile:"


def test_a_plan_on_the_screen_does_not_wait_for_rich() -> None:
    spec = Path(__file__).parents[2] / "specs" / "three-nodes.yaml"
    command = [sys.executable, "-X", "importtime", "-m", "dsplan", "solve", str(spec)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "dsplan.report.text.plan" in imported
    assert "rich.table" not in imported
