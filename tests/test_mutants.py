"""Every mutant's edit still applies; `python -m tests.mutants` runs them all, which takes minutes."""

from __future__ import annotations

import pytest

from tests.mutants.__main__ import MUTANTS
from tests.mutants.mutant import ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_edit_applies(mutant: Mutant) -> None:
    for file, old, new in mutant.edits:
        assert old in (ROOT / "engine" / "dsplan" / file).read_text(encoding="utf-8")
        assert old != new


def test_names_are_unique() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_a_mutant_is_caught() -> None:
    assert next(mutant for mutant in MUTANTS if mutant.name == "sick-pods-spend-nothing").is_caught()
