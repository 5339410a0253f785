"""The field table against the models of the official Python client, and against one object with every field set."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from dsplan.apiserver.schema.kinds import KINDS, SCALARS, Field, Presence, Shape, fields_of, structs

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
CLIENT_TYPES = {
    "string": "str",
    "bool": "bool",
    "int32": "int",
    "int64": "int",
    "quantity": "str",
    "intOrString": "object",
    "time": "datetime",
}
# v1.37 fields, which a v1.36 server does not know.
NEWER = {
    ("NodeSpec", "podPreemptionPolicy"),
    ("NodeSystemInfo", "runningInUserNamespace"),
    ("PodSpec", "evictionResponders"),
    ("VolumeMount", "bindMountOptions"),
    ("HTTPGetAction", "protocol"),
    ("GRPCAction", "mode"),
    ("PodStatus", "volumeHealth"),
    ("EmptyDirVolumeSource", "mode"),
}


@cache
def models() -> dict[str, Any]:
    """Return the client's core, apps and scheduling models by their name without group and version."""
    client = import_module("kubernetes.client")
    found: dict[str, Any] = {}
    for name in sorted(dir(client)):
        if match := re.fullmatch(r"(?:Core)?V1([A-Z].*)", name):
            found[match[1].lower()] = getattr(client, name)
    return found


def client_major() -> int:
    return int(version("kubernetes").split(".")[0])


@pytest.mark.parametrize("struct", sorted(structs()))
def test_wire_names_are_those_of_the_client(struct: str) -> None:
    names = set(models()[struct.lower()].attribute_map.values())
    assert set(fields_of(struct)) <= names
    newer = {name for name in names - set(fields_of(struct)) if (struct, name) not in NEWER}
    assert client_major() > 36 or not newer
    assert newer <= {"user", "defaultUser"} or client_major() > 37


@pytest.mark.parametrize("struct", sorted(structs()))
def test_types_are_those_of_the_client(struct: str) -> None:
    model = models()[struct.lower()]
    types = {model.attribute_map[attribute]: text for attribute, text in model.openapi_types.items()}
    for field in fields_of(struct).values():
        if field.type != "raw":
            assert normal(types[field.name]) == client_type(field), f"{struct}.{field.name}"


def normal(text: str) -> str:
    """Return a client type without version prefixes and in one spelling (clients before v36 write `dict(str, x)`)."""
    text = re.sub(r"(?:Core)?V1(?=[A-Z])", "", text).replace("dict(", "Dict[").replace("list[", "List[")
    return text.replace(")", "]").replace("PodAntiAffinity", "PodAffinity")


def client_type(field: Field) -> str:
    name = CLIENT_TYPES.get(field.type, field.type)
    return {Shape.ONE: name, Shape.LIST: f"List[{name}]", Shape.MAP: f"Dict[str, {name}]"}[field.shape]


def test_every_type_that_is_named_exists() -> None:
    named = {field.type for struct in structs().values() for field in struct.values()} | set(KINDS.values())
    assert named - SCALARS <= set(structs())


def test_gated_fields_are_those_of_v1_36_x6() -> None:
    gated = {f"{name}.{field.name}" for name, struct in structs().items() for field in struct.values() if field.gated}
    assert gated == {
        "NodeSpec.configSource",
        "NodeStatus.config",
        "PodSpec.schedulingGroup",
        "Lifecycle.stopSignal",
        "VolumeProjection.clusterTrustBundle",
        "VolumeProjection.podCertificate",
    }


def test_inlined_structs_keep_all_their_fields() -> None:
    assert set(fields_of("EphemeralContainer")) == {*fields_of("Container"), "targetContainerName"}


def test_pointers_that_are_written_as_null() -> None:
    assert fields_of("DaemonSetSpec")["selector"].presence is Presence.POINTER_OR_NULL


def test_every_field_of_a_fully_set_object_is_known_and_set() -> None:
    """The sample sets every field of v1.36 once, so both directions are checked."""
    source = SHARED / "truth" / "validation.jsonl.gz"
    if not source.exists():
        pytest.skip("../shared is not there")
    rows = map(json.loads, gzip.decompress(source.read_bytes()).splitlines())
    sample = next(row["manifest"] for row in rows if "ds-all-fields" in row["id"])
    assert differences(sample, "DaemonSet") == []


def differences(tree: dict[str, Any], struct: str) -> list[str]:
    found = [f"{struct}.{name}" for name in set(tree) ^ set(fields_of(struct))]
    for name in set(tree) & set(fields_of(struct)):
        field, value = fields_of(struct)[name], tree[name]
        if field.type not in SCALARS:
            for entry in value if field.shape is Shape.LIST else [value]:
                found += differences(entry, field.type)
    return found
