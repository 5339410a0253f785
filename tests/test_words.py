"""One name for one thing, in plain English: what readers stumbled over is in no text of the engine or the guides."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BANNED = (
    r"tells? nothing of (their|its) room",
    r"is not asked$",
    r"is no (RFC|span|edit|label)\b",
    r"is none of",
    r"there is no such",
    r"no such DaemonSet",
    r"no label key",
    r"has not this",
    r"is not an edit",
    r"At least so many",
    r"go on for so long",
    r"Go on from this",
    r"A class are",
    r"has most of",
    r"tried by solving",
    r"nothing else changes",
    r"barrier waves",
    r"window slides",
    r"slowest 5 of 100",
    r"no pod is wanted there",
    r"the most possible",
    r"are hurt",
    r"mend the template",
    r"they stay down",
    r"gets? available",
    r"coverage guarantee",
    r"the same object is also at",
    r"said in a note, or passed over",
)
PATTERN = re.compile("|".join(f"({word})" for word in BANNED))


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module that somebody may see: all but docstrings, those of commands too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    helps = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in ("command", "cli")]
    seen = {id(node.body[0]) for node in helps}
    unseen = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and id(node) not in seen}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unseen:
            yield node.lineno, node.value


def test_no_text_of_the_engine_has_a_banned_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "engine").rglob("*.py"))
        for line, text in texts(path)
        if PATTERN.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.stem
)
def test_no_guide_has_a_banned_word(page: Path) -> None:
    assert [line for line in page.read_text(encoding="utf-8").splitlines() if PATTERN.search(line)] == []


@pytest.mark.parametrize(
    "word", ["Nodes: 4 tell nothing of their room", "'x' is none of a, b", "a node has not this taint"]
)
def test_a_banned_word_is_found(word: str) -> None:
    assert PATTERN.search(word)
