"""The edits of `python -m tests.mutation` are edits: each file still parses, and is another one."""

from __future__ import annotations

import ast
import doctest

import pytest

from tests.mutation import edits
from tests.mutation.__main__ import ROOMS, ROOT
from tests.mutation.edits import edits_of


def test_the_examples() -> None:
    assert doctest.testmod(edits).failed == 0


@pytest.mark.parametrize("room", ROOMS)
def test_every_edit_parses_and_changes_something(room: str) -> None:
    for file in sorted((ROOT / "engine" / "dsplan" / room).rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        before = ast.dump(ast.parse(text))
        found = edits_of(file, text)
        assert all(edit.old == text[edit.start : edit.end] for edit in found)
        for edit in found[::25]:
            assert ast.dump(ast.parse(edit.applied(text))) != before, str(edit)


@pytest.mark.parametrize("room", ROOMS)
def test_the_tests_of_a_room_are_there(room: str) -> None:
    assert all((ROOT / path).exists() for path in ROOMS[room].split())
