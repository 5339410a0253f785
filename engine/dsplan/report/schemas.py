"""JSON Schemas (2020-12) of dsplan's own kinds, made from their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import Any

import msgspec

from ..document.types import PLAN_KIND, PlanDocument
from ..manifests.nodepool import NodePool
from ..manifests.placement_policies import placement_policy_schema
from ..manifests.rollout_policies import policy_schema
from ..model.expectation import Expectation

__all__ = ["SCHEMAS", "schema_text"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: type[msgspec.Struct], title: str) -> dict[str, Any]:
    """Return the schema of a type; docstrings become descriptions, and what a type forbids the schema forbids."""
    schema = {"$schema": _DIALECT, "title": title, **msgspec.json.schema(kind)}
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = cleandoc(definition["description"])
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    return plain


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    PLAN_KIND: lambda: schema_of(PlanDocument, PLAN_KIND),
    "NodePool": lambda: schema_of(NodePool, "NodePool"),
    "Expectation": lambda: schema_of(Expectation, "Expectation"),
    "RolloutPolicy": policy_schema,
    "PlacementPolicy": placement_policy_schema,
}
"""Kind -> what makes its schema."""


def schema_text(kind: str) -> str:
    """Return the schema of one kind as it is kept under `specs/schema/KIND.json`.

    >>> '"title": "NodePool"' in schema_text("NodePool")
    True
    """
    return msgspec.json.format(msgspec.json.encode(SCHEMAS[kind]()), indent=2).decode() + "\n"
