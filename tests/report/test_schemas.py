"""The schemas are those of the types, accept what dsplan writes and reads, and refuse what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

import dsplan
from dsplan.apiserver.strict import decode_strict
from dsplan.cli import cli
from dsplan.cli.schema import _KINDS
from dsplan.document.encoding import as_json
from dsplan.errors import InputError
from dsplan.model.expectation import Expectation
from dsplan.report.documents.plan import plan_document
from dsplan.report.schemas import SCHEMAS, schema_text

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "specs" / "schema"
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_what_is_kept_is_what_the_types_make(kind: str) -> None:
    """If this fails, run `dsplan schema --out specs/schema` and look at what changed."""
    assert (FOLDER / f"{kind.lower()}.json").read_text() == schema_text(kind)
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind]())


def test_there_is_no_file_of_a_kind_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {kind.lower() for kind in SCHEMAS}
    assert set(_KINDS) == set(SCHEMAS)


def documents(kind: str) -> list[Any]:
    texts = (path.read_text() for path in SPECS)
    return [doc for text in texts for doc in yaml.safe_load_all(text) if doc and doc["kind"] == kind]


@pytest.mark.parametrize("kind", ["Expectation", "NodePool", "RolloutPolicy", "PlacementPolicy"])
def test_every_spec_conforms(kind: str) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind]())
    found = documents(kind)
    assert found or kind in ("NodePool", "PlacementPolicy")
    for document in found:
        validator.validate(document)
        if kind == "Expectation":
            decode_strict(document, Expectation)


def test_expectations_are_read_strictly() -> None:
    wrong = {"apiVersion": "dsplan.dev/v1alpha1", "kind": "Expectation", "arithmetic": "", "expect": {"sumary": ""}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMAS["Expectation"]())
    with pytest.raises(InputError, match="1 problem"):
        decode_strict(wrong, Expectation)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_plans_conform(path: Path) -> None:
    document = plan_document(dsplan.solve(dsplan.load([path]), now=NOW), bodies=True)
    jsonschema.validate(json.loads(as_json(document)), SCHEMAS["Plan"]())


def test_a_plan_of_another_shape_does_not() -> None:
    document = json.loads(as_json(plan_document(dsplan.solve(dsplan.World(), now=NOW))))
    for broken in ({"kind": "Plane"}, {"nodes": "n1"}, {"summary": {"create": "3"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**document, **broken}, SCHEMAS["Plan"]())
    jsonschema.validate({**document, "addedByAMinorVersion": 1}, SCHEMAS["Plan"]())


def test_a_node_pool_conforms() -> None:
    pool: dict[str, Any] = {
        "apiVersion": "dsplan.dev/v1alpha1",
        "kind": "NodePool",
        "metadata": {"name": "w"},
        "spec": {"replicas": 3, "sick": [{"share": "2%"}], "distributions": [{"key": "zone", "values": ["a"]}]},
    }
    jsonschema.validate(pool, SCHEMAS["NodePool"]())
    for wrong in ({"replcas": 3}, {"replicas": "3"}, {"replicas": 3, "sick": [{"condition": "Tired"}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**pool, "spec": wrong}, SCHEMAS["NodePool"]())


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(cli, ["schema", "plan"]).stdout == schema_text("Plan")
    assert run(cli, ["schema", "--out", str(tmp_path)]).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in FOLDER.iterdir()}
    assert run(cli, ["schema"]).exit_code == 2
    assert run(cli, ["schema", "Plane"]).exit_code == 2
