"""specs/semantics.md: every cited rule exists, and every rule is held by a test or listed as not implemented."""

from __future__ import annotations

import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SEMANTICS = (ROOT / "specs" / "semantics.md").read_text(encoding="utf-8")
RULES = re.findall(r"^- \*\*([A-Z][0-9]+)\*\* ", SEMANTICS, re.MULTILINE)
FAMILIES = "".join(sorted({rule[0] for rule in RULES}))
CITATION = re.compile(rf"\b([{FAMILIES}])([0-9]{{1,2}})(?: ?- ?\1([0-9]{{1,2}}))?\b")


def cited_in(text: str) -> Iterator[str]:
    """Yield the rules that a text cites; `R6-R11` is six of them."""
    for found in CITATION.finditer(text):
        first = int(found[2])
        for number in range(first, int(found[3] or first) + 1):
            yield f"{found[1]}{number}"


def prose_of(path: Path) -> str:
    """Return the comments and docstrings of a Python file, and all of any other."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    found: list[str] = []
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.COMMENT or is_docstring:
            found.append(token.string)
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type
    return "\n".join(found)


def named_in(path: Path) -> Iterator[str]:
    """Yield the rules that names of tests end with, as in `test_volumes_d7_x3`."""
    for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")):
        yield from cited_in(" ".join(part.upper() for part in name.split("_")))


@cache
def citations(folder: str) -> dict[str, list[str]]:
    """Return the files under a folder that cite each rule."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / folder).rglob("*.py")):
        if path.name != Path(__file__).name:
            for rule in {*cited_in(prose_of(path)), *named_in(path)}:
                found[rule].append(path.relative_to(ROOT).as_posix())
    return found


def not_implemented() -> set[str]:
    table = SEMANTICS.split("## Not implemented", 1)[1]
    return {rule for row in re.findall(r"^\| ([A-Z][^|]*) \|", table, re.MULTILINE) for rule in cited_in(row)}


def test_what_a_citation_is() -> None:
    assert list(cited_in("as in R6-R8 and (M13); K8s, p95 and R6x are none")) == ["R6", "R7", "R8", "M13"]


def test_ids_are_unique_and_without_gaps() -> None:
    assert len(set(RULES)) == len(RULES) > 200
    for family in FAMILIES:
        numbers = [int(rule[1:]) for rule in RULES if rule[0] == family]
        assert numbers == list(range(1, len(numbers) + 1)), family


def test_the_document_cites_itself_rightly() -> None:
    assert set(cited_in(SEMANTICS)) == set(RULES)


@pytest.mark.parametrize("folder", ["engine", "tests", "benchmarks"])
def test_every_rule_that_is_cited_exists(folder: str) -> None:
    unknown = {rule: files for rule, files in citations(folder).items() if rule not in RULES}
    assert not unknown


def test_every_rule_is_held_by_a_test_or_listed_as_not_implemented() -> None:
    held, missing = citations("tests").keys(), not_implemented()
    assert [rule for rule in RULES if rule not in held and rule not in missing] == []
    assert [rule for rule in RULES if rule in held and rule in missing] == []


@pytest.mark.parametrize("folder", ["engine", "tests", "benchmarks"])
def test_nothing_cites_a_document_that_a_clone_does_not_have(folder: str) -> None:
    words = re.compile(r"\bDESIGN\b|\b[Tt]able V\b")
    for path in [*sorted((ROOT / folder).rglob("*.py")), ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        if path.name != Path(__file__).name:
            assert not words.search(prose_of(path)), path


def test_specs_cite_rules_that_exist() -> None:
    for path in sorted((ROOT / "specs").rglob("*.yaml")):
        comments = "\n".join(re.findall(r"#.*", path.read_text(encoding="utf-8")))
        assert set(cited_in(comments)) <= set(RULES), path
