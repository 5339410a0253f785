"""Every console block of README and docs that a clone can run is run, and prints what stands there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dsplan.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")


def runs() -> Iterator[Any]:
    """Yield command and output of every block whose files a clone has."""
    for page in PAGES:
        for number, (block, after) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
            command, told = command_of(block), block.partition("\n")[2] or after
            if command and told:
                yield pytest.param(command, told, id=f"{page.stem}-{number}")


def command_of(block: str) -> str:
    """Return the command of dsplan that a block consists of; "" where it has others, or reads files of a reader."""
    first, _, rest = block.partition("\n")
    command = first.removeprefix("$ ").rpartition("&& .venv/bin/")[2]
    files = re.findall(r"\S+\.(?:ya?ml|json|gz)\b", command)
    alone = command.startswith("dsplan ") and not re.search(r"^(\$ )?dsplan ", rest, re.MULTILINE)
    return command if alone and all((ROOT / file).exists() for file in files) else ""


RUNS = list(runs())


def printed(command: str) -> str:
    """Return what a command prints, as far as `head` or `tail` behind it let through."""
    words, pipe, cut = command.partition(" | ")
    lines = CliRunner().invoke(cli, shlex.split(words, comments=True)[1:]).stdout.rstrip("\n").splitlines()
    if pipe:
        program, count = cut.split()
        lines = lines[: int(count[1:])] if program == "head" else lines[-int(count[1:]) :]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(("command", "told"), RUNS)
def test_a_block_prints_what_stands_there(command: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COLUMNS", raising=False)
    text = printed(command)
    assert matches(text.splitlines(), told.splitlines()), f"{text}\npython -m tests.docs writes it anew"


def matches(lines: list[str], told: list[str]) -> bool:
    """Return whether lines are those that are told, where `...` stands for any."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + r"\n" for line in told)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def test_an_ellipsis_stands_for_lines_and_nothing_else_does() -> None:
    assert matches(["a", "b", "c"], ["a", "...", "c"])
    assert not matches(["a", "b", "c"], ["a", "c"])
    assert not matches(["a", "x"], ["a", "b"])


def test_there_are_blocks() -> None:
    assert len(RUNS) >= 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_the_readme_is_a_door_and_not_a_manual() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200
