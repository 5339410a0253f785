"""Every recorded decision that the project keeps, and that a planted wrong expectation is found."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.replay import check_of, kind_of, main, records

RECORDS = Path(__file__).parent / "records"
Record = dict[str, Any]


@pytest.mark.parametrize("kind", ["eligibility", "sync", "schedule"])
def test_every_recorded_decision_agrees(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = RECORDS / f"{kind}.jsonl.gz"
    expected = sum(1 for _ in records(path))
    assert main([str(path)]) == 0, capsys.readouterr().out[-4000:]
    assert capsys.readouterr().out.splitlines()[-1] == f"{expected} passed, 0 failed"


def first(kind: str, holds: Any) -> Record:
    return next(record for record in records(RECORDS / f"{kind}.jsonl.gz") if holds(record))


PLANTED = {
    "status": lambda out: out["status"].__setitem__(0, out["status"][0] + 1),
    "status_written": lambda out: out.__setitem__("status_written", not out["status_written"]),
    "observedGeneration": lambda out: out.__setitem__("observedGeneration", 99),
    "m_create": lambda out: out["m_create"].pop(),
    "m_delete": lambda out: out["m_delete"].append("another"),
    "ru_create": lambda out: out["ru_create"].append("another"),
    "ru_delete": lambda out: out["ru_delete"].append("another"),
    "adopted": lambda out: out.__setitem__("adopted", ["another"]),
    "released": lambda out: out.__setitem__("released", ["another"]),
    "relabelled": lambda out: out.__setitem__("relabelled", ["another"]),
    "rev_created": lambda out: out.__setitem__("rev_created", ["ds-x@9"]),
    "rev_updated": lambda out: out.__setitem__("rev_updated", ["ds-x@9/x"]),
    "rev_deleted": lambda out: out.__setitem__("rev_deleted", ["ds-x"]),
    "created_labels": lambda out: out["created_labels"].__setitem__("x", "y"),
    "created_tolerations": lambda out: out["created_tolerations"].pop(),
    "created_affinity_one": lambda out: out["created_affinity_one"].pop("nodeAffinity"),
    "err": lambda out: out.__setitem__("err", "something"),
}


@pytest.mark.parametrize("field", PLANTED)
def test_a_planted_wrong_expectation_of_a_pass_is_found(field: str) -> None:
    record = copy.deepcopy(first("sync", lambda record: record["exact"] and record["out"].get("created_labels")))
    check = check_of("sync")
    assert check(record) == []
    PLANTED[field](record["out"])
    problems = check(record)
    assert problems
    assert any(problem.startswith(field) for problem in problems)


@pytest.mark.parametrize("plant", ["n", "always"])
def test_a_planted_wrong_range_of_a_varying_list_is_found(plant: str) -> None:
    record = copy.deepcopy(first("sync", lambda record: record.get("vary")))
    assert check_of("sync")(record) == []
    for vary in record["vary"].values():
        vary.update({"n": vary["n"] + 1} if plant == "n" else {"always": ["another"]})
    assert check_of("sync")(record)


@pytest.mark.parametrize("field", ["shouldRun", "shouldContinueRunning"])
def test_a_planted_wrong_verdict_is_found(field: str) -> None:
    record = first("eligibility", lambda record: record["shouldRun"])
    assert check_of("eligibility")(record) == []
    assert check_of("eligibility")({**record, field: False})


def test_the_command_fails_on_a_disagreement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = first("eligibility", lambda record: record["shouldRun"])
    path = tmp_path / "eligibility-planted.jsonl.gz"
    lines = [json.dumps(record), json.dumps({**record, "id": "wrong", "shouldRun": False})]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert main([str(path)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("wrong ")
    assert out.splitlines()[-1] == "1 passed, 1 failed"


def test_a_file_of_no_known_kind_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "unknown.jsonl")])
    assert stopped.value.code == 2


def test_the_longest_kind_names_a_file() -> None:
    assert kind_of(Path("converge_varying.jsonl.gz")) == "converge_varying"


@pytest.mark.parametrize("field", ["fits", "reasons", "shouldRun"])
def test_a_planted_wrong_answer_of_the_scheduler_is_found(field: str) -> None:
    record = first("schedule", lambda record: not record["fits"])
    wrong: dict[str, Any] = {"fits": True, "reasons": [], "shouldRun": not record["shouldRun"]}
    assert check_of("schedule")(record) == []
    assert check_of("schedule")({**record, field: wrong[field]})
