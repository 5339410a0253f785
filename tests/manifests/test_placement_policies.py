"""PlacementPolicy documents."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dsplan.errors import InputError
from dsplan.manifests.decode import decode
from dsplan.manifests.placement_policies import decode_placement_policy, placement_policy_schema

SCHEMA = Path(__file__).parents[2] / "specs" / "schema" / "placementpolicy.json"
GPU = {"matchLabels": {"gpu": "true"}}
DOCUMENT: dict[str, Any] = {
    "apiVersion": "dsplan.dev/v1alpha1",
    "kind": "PlacementPolicy",
    "metadata": {"name": "gpu-nodes", "namespace": "gpu"},
    "spec": {
        "requires": [{"daemonSet": "exporter", "needs": ["driver"]}],
        "perNode": [{"daemonSets": ["driver", "driver-legacy"], "count": "ExactlyOne", "nodes": GPU}],
        "apart": [{"daemonSets": ["edge/proxy-a", "edge/proxy-b"]}],
        "variants": [
            {"name": "agent", "of": [{"daemonSet": "small", "nodes": GPU}, {"daemonSet": "large", "nodes": {}}]}
        ],
        "suspend": [{"daemonSet": "batch/fat"}],
        "claims": [{"nodes": GPU, "run": ["driver"]}, {"neverRun": ["driver"]}, {"maxDeletions": 5}],
    },
}


def test_every_field_is_read_and_names_are_in_the_policys_namespace() -> None:
    policy = decode_placement_policy(DOCUMENT)
    assert [len(getattr(policy.spec, field)) for field in policy.spec.__struct_fields__] == [1, 1, 1, 1, 1, 3]
    assert str(policy.daemonset("driver")) == "gpu/driver"
    assert str(policy.daemonset("edge/proxy-a")) == "edge/proxy-a"


def test_a_world_holds_it() -> None:
    assert decode([DOCUMENT]).placement_policies[0].identity.name == "gpu-nodes"
    assert decode([{**DOCUMENT, "apiVersion": "example.com/v1"}]).placement_policies == ()


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("requirs", [], "spec.requirs: unknown field, did you mean requires?"),
        ("requires", [{"daemonSet": "a"}], "spec.requires[0].needs: required"),
        ("requires", [{"daemonSet": "a", "needs": []}], "spec.requires[0].needs: needs at least one DaemonSet"),
        ("requires", [{"daemonSet": "a", "needs": ["a"]}], "spec.requires[0].needs: a DaemonSet cannot require itself"),
        ("perNode", [{"daemonSets": ["a"], "count": "Two"}], "spec.perNode[0].count: unsupported value"),
        ("perNode", [{"daemonSets": ["A"]}], "spec.perNode[0].daemonSets: must be namespace/name or name"),
        ("apart", [{"daemonSets": ["a"]}], "spec.apart[0].daemonSets: needs at least two DaemonSets"),
        ("apart", [{"daemonSets": ["a", "a"]}], "spec.apart[0].daemonSets: names a DaemonSet twice"),
        ("variants", [{"name": "x", "of": []}], "spec.variants[0].of: needs at least two DaemonSets"),
        ("suspend", [{"daemonSet": "a/b/c"}], "spec.suspend[0].daemonSet: must be namespace/name or name"),
        ("claims", [{"run": ["a"], "maxDeletions": 1}], "spec.claims[0]: needs exactly one of"),
        ("claims", [{"maxDeletions": -1}], "spec.claims[0].maxDeletions: must be >= 0"),
        ("claims", [{"maxDeletions": 1, "nodes": GPU}], "spec.claims[0].nodes: deletions are counted over all nodes"),
        (
            "claims",
            [{"run": ["a"], "nodes": {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}}],
            "spec.claims[0].nodes: a Gt [1]: label selectors know no Gt",
        ),
    ],
)
def test_what_is_wrong_is_said(path: str, value: Any, text: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["spec"][path] = value
    with pytest.raises(InputError) as error:
        decode([document])
    assert any(text in str(problem) for problem in error.value.problems), [str(p) for p in error.value.problems]


def test_all_problems_come_at_once() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["metadata"]["name"] = "Bad Name"
    document["spec"]["claims"] = [{}, {"maxDeletions": -1}]
    with pytest.raises(InputError) as error:
        decode_placement_policy(document)
    assert len(error.value.problems) == 3


def test_the_schema_beside_the_specs_is_that_of_the_types() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == placement_policy_schema()


def test_the_schema_accepts_the_document_and_refuses_unknown_fields() -> None:
    jsonschema.validate(DOCUMENT, placement_policy_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**DOCUMENT, "sepc": {}}, placement_policy_schema())
