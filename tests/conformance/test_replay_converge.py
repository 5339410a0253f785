"""Recorded roll-outs that the project keeps, and that a planted wrong expectation is found."""

from __future__ import annotations

import copy

import pytest

from tests.conformance.replay import check_of, main, records
from tests.conformance.test_replay import RECORDS, first


@pytest.mark.parametrize("kind", ["converge", "converge_varying"])
def test_every_recorded_roll_out_agrees(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = RECORDS / f"{kind}.jsonl.gz"
    expected = sum(1 for _ in records(path))
    assert main([str(path)]) == 0, capsys.readouterr().out[-4000:]
    assert capsys.readouterr().out.splitlines()[-1] == f"{expected} passed, 0 failed"


PLANTED = {
    "counts": lambda record: record["counts"][0].__setitem__(3, record["counts"][0][3] + 1),
    "round": lambda record: record["out"]["rounds"][0].__setitem__("rd", ["another"]),
    "final": lambda record: record["out"]["final"].pop(),
    "converged": lambda record: record["out"].__setitem__("converged", False),
}


@pytest.mark.parametrize("field", PLANTED)
def test_a_planted_wrong_expectation_of_a_roll_out_is_found(field: str) -> None:
    record = copy.deepcopy(first("converge", lambda record: record["exact"] and record["out"]["rounds"][0].get("rd")))
    check = check_of("converge")
    assert check(record) == []
    PLANTED[field](record)
    assert any(problem.startswith(field) for problem in check(record))


@pytest.mark.parametrize("field", ["counts", "final", "converged"])
def test_a_planted_wrong_expectation_of_a_varying_roll_out_is_found(field: str) -> None:
    record = copy.deepcopy(first("converge_varying", lambda record: record["out"]["converged"]))
    check = check_of("converge_varying")
    assert check(record) == []
    PLANTED[field](record)
    assert any(problem.startswith(field) for problem in check(record))
