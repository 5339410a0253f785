"""The figures by rule on public DaemonSets are those that are committed, and docs/check.md says the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dsplan.check import BUILTIN_RULES

from .corpus import CORPUS, figures

ROOT = Path(__file__).resolve().parents[2]
COMMITTED: dict[str, int] = json.loads((Path(__file__).parent / "corpus_figures.json").read_text(encoding="utf-8"))
DOCUMENTED = re.findall(
    r"^\| (DSP\d+) \| ([a-z() ]+) \| `([a-z-]+)` \| (.+) \| (\d+) \|$",
    (ROOT / "docs" / "check.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there")
def test_the_figures_are_those_that_are_committed() -> None:
    assert {rule: count for rule, count in figures().items() if count} == COMMITTED


def test_every_rule_is_documented_as_it_is() -> None:
    assert [(id, severity, name, text) for id, severity, name, text, _ in DOCUMENTED] == [  # noqa: A001
        (each.id, each.severity.value + ("" if each.enabled else " (off)"), each.name, each.summary)
        for each in BUILTIN_RULES
    ]


def test_the_documented_figures_are_the_committed_ones() -> None:
    assert {rule: int(count) for rule, _, _, _, count in DOCUMENTED if int(count)} == COMMITTED
