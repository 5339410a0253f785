"""ARCHITECTURE.md and CONTRIBUTING.md: short, and right about where things are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / "engine" / "dsplan"
DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md")
PATH = re.compile(r"`([\w./*-]+(?:/|\.py|\.md|\.yaml|\.toml|\.gz))`")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def is_there(path: str, room: str) -> bool:
    """Whether a path is one of the repository, of the package, or of the room whose paragraph names it."""
    return any(list(base.glob(path.rstrip("/"))) for base in (ROOT, ENGINE, ENGINE / room, ROOT / "tests"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_short(name: str) -> None:
    assert len(text(name).splitlines()) < 250


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_exists(name: str) -> None:
    missing = [
        path
        for paragraph in text(name).split("\n\n")
        for path in PATH.findall(paragraph)
        if not path.startswith("../")
        and not any(is_there(path, room) for room in re.findall(r"\*\*(\w+)\*\*", paragraph) or ["."])
    ]
    assert missing == []


def test_every_room_has_a_paragraph() -> None:
    rooms = {path.parent.name for path in ENGINE.glob("*/__init__.py")}
    assert rooms - set(re.findall(r"\*\*(\w+)\*\*", text("ARCHITECTURE.md"))) == set()


def test_every_layer_is_in_the_picture_or_has_a_paragraph() -> None:
    layers = re.findall(
        r'^  "([^"]+)",$', text("pyproject.toml").split("layers = [", 1)[1].split("]", 1)[0], re.MULTILINE
    )
    named = {name for layer in layers for name in re.findall(r"\w+", layer)}
    assert {name for name in named if f"**{name}**" not in text("ARCHITECTURE.md")} <= {"errors"}


ANSWERS = re.findall(r"^\| [^|]+\? \| `([\w/]+\.py)`: `(\w+)`", text("ARCHITECTURE.md"), re.MULTILINE)


@pytest.mark.parametrize(("path", "name"), ANSWERS)
def test_what_is_asked_for_is_where_the_answer_says(path: str, name: str) -> None:
    code = (ENGINE / path).read_text(encoding="utf-8")
    assert re.search(rf"^(?:def|class) {name}\b", code, re.MULTILINE)


def test_ten_questions_are_answered() -> None:
    assert len(ANSWERS) >= 10


@pytest.mark.parametrize("path", sorted(ENGINE.glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_a_package_says_what_goes_in_what_comes_out_and_what_it_promises(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert all(word in docstring for word in ("In: ", "Out: ", "Promises: "))
    assert len(docstring.split(">>>")[0].splitlines()) <= 9
