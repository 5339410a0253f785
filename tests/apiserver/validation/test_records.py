"""What a real API server v1.36.2 refused and accepted."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dsplan.apiserver.validation import validate
from dsplan.reading.field_paths import tree_path
from dsplan.reading.groups import select
from dsplan.reading.read import read
from tests.conformance.replay import records
from tests.conformance.replay_validation import check

RECORDS = Path(__file__).parents[2] / "conformance" / "records" / "validation.jsonl.gz"
SHARED = Path(__file__).parents[4] / "shared"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data folder is not beside the checkout")


def test_every_record_agrees() -> None:
    disagreements = [line for record in records(RECORDS) for line in check(record)]
    assert disagreements == []


def refused(records_path: Path) -> dict[str, Any]:
    return next(item for item in records(records_path) if item["code"] == 422 and len(item["causes"]) == 1)


@pytest.mark.parametrize(
    "plant",
    [
        {"code": 201, "causes": []},
        {"causes": []},
        {"causes": [{"field": "spec", "reason": "FieldValueInvalid"}]},
    ],
)
def test_a_planted_wrong_answer_is_found(plant: dict[str, Any]) -> None:
    record = refused(RECORDS)
    assert check(record) == []
    if plant.get("causes") == [] and "code" not in plant:
        plant = {"causes": record["causes"] * 2}
    assert check({**copy.deepcopy(record), **plant})


@needs_shared
def test_every_shared_record_agrees() -> None:
    path = SHARED / "truth" / "validation.jsonl.gz"
    disagreements = [line for record in records(path) for line in check(record)]
    assert disagreements == []


@needs_shared
def test_every_manifest_that_was_stored_is_accepted_before_and_after() -> None:
    path = SHARED / "truth" / "defaulting.jsonl.gz"
    pairs = [record for record in records(path) if "manifest" in record]
    assert len(pairs) > 300
    for record in pairs:
        kind = record["manifest"].get("kind")
        assert validate(record["manifest"], kind=kind) == [], record["id"]
        assert validate(record["stored"], kind=kind, stored=True) == [], record["id"]


@needs_shared
def test_every_daemonset_of_the_corpus_is_accepted_or_refused_as_the_server_did() -> None:
    truth = SHARED / "truth"
    refusals = {r["id"].removeprefix("corpusbad/") for r in records(truth / "validation.jsonl.gz") if "file" in r}
    corpus = [r for r in records(truth / "defaulting.jsonl.gz") if r["source"] == "corpus"]
    strict_refusals = {(r["file"], r["name"]) for r in corpus if r.get("strict")}
    accepted = {(r["file"], r["name"]) for r in corpus} - strict_refusals
    assert accepted
    assert strict_refusals
    for file in sorted({name for name, _ in accepted | strict_refusals}):
        reading = read([SHARED / "corpus" / "daemonsets" / file])
        repeated_keys = [problem for problem in reading.problems if "already set" in problem.message]
        for item in (item for item in select(reading.objects).objects if item.kind == "DaemonSet"):
            if (file, item.name) in accepted:
                assert validate(item.tree) == [], (file, item.name)
            elif (file, item.name) in strict_refusals:
                assert validate(item.tree) or repeated_keys, (file, item.name)
    for identity in refusals:
        reading = read([SHARED / "corpus" / "daemonsets" / identity.partition("#")[0]])
        assert any(validate(item.tree) for item in select(reading.objects).objects), identity


@needs_shared
def test_every_field_that_a_server_names_has_a_place_in_the_object() -> None:
    with gzip.open(SHARED / "truth" / "validation.jsonl.gz", "rt") as lines:
        for record in map(json.loads, lines):
            for cause in record.get("causes") or []:
                tree = record.get("manifest")
                if not isinstance(tree, dict) or not isinstance(tree.get("spec", {}), dict) or "spec" not in tree:
                    continue
                path = tree_path(cause["field"], tree)
                # Something absent ends at the nearest parent; the rest ends where the value is.
                if cause["reason"] in ("FieldValueNotSupported", "FieldValueTooLong", "FieldValueForbidden"):
                    assert len(path) >= min(3, cause["field"].count(".")), (record["id"], cause["field"], path)
