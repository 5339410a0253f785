"""Problems in the formats of CI systems."""

from __future__ import annotations

import string
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsplan.errors import Problem
from dsplan.report.problems import RULES, Outcome, github, junit, problems_json, problems_text, rule_of, sarif
from dsplan.report.problems.github import MOST


def problem(reason: str = "FieldValueInvalid", **fields: object) -> Problem:
    return Problem(reason=reason, message="is bad", source="a.yaml", line=3, column=5, **fields)  # type: ignore[arg-type]


def outcome(*problems: Problem, sources: tuple[str, ...] = ("a.yaml", "b.yaml")) -> Outcome:
    return Outcome(problems=problems, sources=sources, objects=7)


def test_rule_ids_are_stable_and_cover_every_reason() -> None:
    """These ids are what other tools remember: one may be added, none may change."""
    assert {reason: rule.id for reason, rule in RULES.items()} == {
        "Unreadable": "unreadable",
        "SyntaxError": "syntax-error",
        "LimitExceeded": "limit-exceeded",
        "DecodeError": "decode-error",
        "DuplicateObject": "duplicate-object",
        "FieldValueRequired": "field-value-required",
        "FieldValueInvalid": "field-value-invalid",
        "FieldValueNotSupported": "field-value-not-supported",
        "FieldValueForbidden": "field-value-forbidden",
        "FieldValueDuplicate": "field-value-duplicate",
        "FieldValueNotFound": "field-value-not-found",
        "FieldValueTooLong": "field-value-too-long",
        "FieldValueTooMany": "field-value-too-many",
        "InternalError": "internal-error",
    }
    assert rule_of(problem("SomethingNew")).id == "other"


def test_github_shows_ten_at_most_and_the_worst_first() -> None:
    found = [problem(field=f"f{index}") for index in range(12)] + [problem("SyntaxError")]
    lines = github(outcome(*found)).splitlines()
    annotations = [line for line in lines if line.startswith("::")]
    assert len(annotations) == MOST == 10
    assert "syntax-error" in annotations[0]
    assert "f0: is bad" in annotations[1]
    assert [line for line in lines if line.startswith("a.yaml")] == [str(each) for each in found[9:12]]
    assert lines[-1] == "Validated 7 objects in 2 files: 13 problems in 1 file."


def test_github_escapes() -> None:
    odd = Problem(reason="DecodeError", message="50%\nof: it, all", source="a,b:c.yaml", line=1)
    assert github(outcome(odd)).splitlines()[0] == (
        "::error file=a%2Cb%3Ac.yaml,line=1,title=dsplan decode-error::50%25%0Aof: it, all"
    )
    nowhere = Problem(reason="DecodeError", message="x", source="<stdin>", line=1)
    assert github(outcome(nowhere)).startswith("::error title=dsplan decode-error::x\n")


def test_sarif() -> None:
    log = sarif(outcome(problem(field="spec.a"), Problem(reason="Unreadable", message="gone", source="c d.yaml")))
    (run,) = log["runs"]
    ids = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    first, second = run["results"]
    assert {first["ruleId"], second["ruleId"]} <= ids
    region = {"startLine": 3, "startColumn": 5}
    place = {"artifactLocation": {"uri": "a.yaml"}, "region": region}
    assert first["locations"] == [{"physicalLocation": place}]
    assert second["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "c%20d.yaml"}}}]


def test_a_problem_stays_the_same_when_lines_move() -> None:
    prints = {
        sarif(outcome(each))["runs"][0]["results"][0]["partialFingerprints"]["dsplan/v1"]
        for each in (problem(), Problem(reason="FieldValueInvalid", message="is bad", source="a.yaml", line=99))
    }
    assert len(prints) == 1


def test_junit() -> None:
    suites = ElementTree.fromstring(junit(outcome(problem(field="spec.a", object="Node n"))).encode())
    assert (suites.attrib["tests"], suites.attrib["failures"]) == ("2", "1")
    cases = {case.attrib["name"]: case.find("failure") for case in suites.iter("testcase")}
    assert set(cases) == {"field-value-invalid Node n spec.a", "validates"}
    failure = cases["field-value-invalid Node n spec.a"]
    assert failure is not None
    assert failure.text == "a.yaml:3:5: Node n: spec.a: is bad"


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_makes_readable_output(message: str, field: str) -> None:
    """Tried: without the removal of control characters ElementTree cannot parse what it wrote."""
    found = outcome(Problem(reason="DecodeError", message=message, field=field, value=message))
    ElementTree.fromstring(junit(found).encode("utf-8", "replace"))
    annotations = github(found).split("\n")
    assert annotations[0].startswith("::error ")
    assert len(annotations) == 3
    assert problems_json(found)["problems"][0]["field"] == field
    assert problems_text(found).endswith(f"{found.summary}\n")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_summary(count: int) -> None:
    text = outcome(*[problem()] * count).summary
    assert all(character in string.printable for character in text)
    assert ("nothing" in text) == (count == 0)
