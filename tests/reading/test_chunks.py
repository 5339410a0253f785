"""Cuts at `---` lines, against a plain reading of kubectl's rule, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dsplan.errors import Problem
from dsplan.reading.chunks import cut_yaml
from dsplan.reading.yaml_exact import parse_yaml

LINES = ("---", "--- # c", "...", "... # c", "# c", "", " ", "a: 1", "b: [2]", "null", "%YAML 1.1")
BROKEN = "broken"


def as_kubectl_cuts(text: str) -> Iterator[str]:
    """Yield the texts that kubectl parses: a `---` line ends a text that has a line, and else is its first line."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("---") and lines:
            yield "\n".join(lines) + "\n"
            lines = []
        else:
            lines.append(line)
    if lines:
        yield "\n".join(lines)


def documents(texts: Iterator[str]) -> list[Any]:
    """Return the trees up to the first text that is broken; an empty one is passed over."""
    found: list[Any] = []
    for text in texts:
        located = parse_yaml(text)
        if located.problems:
            return [*found, BROKEN]
        if located.tree is not None:
            found.append(located.tree)
    return found


def cut(text: str) -> Iterator[str]:
    for chunk in cut_yaml(text):
        assert not isinstance(chunk, Problem)
        assert chunk.line == text.count("\n", 0, chunk.start) + 1
        yield text[chunk.start : chunk.end]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=8), st.sampled_from(["", "\n"]))
def test_documents_are_those_that_kubectl_finds(lines: list[str], end: str) -> None:
    """Failed with every `---` line dropped: behind two of them in a row `...` ends a document, and none follows."""
    text = "\n".join(lines) + end
    assert documents(cut(text)) == documents(as_kubectl_cuts(text))
