"""JSON Schemas (2020-12) of dsplan's own kinds, made from their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..document.types import PLAN_KIND, PlanDocument
from ..manifests.nodepool import NodePool
from ..manifests.placement_policies import placement_policy_schema
from ..manifests.rollout_policies import policy_schema
from ..model.expectation import Expectation
from ..model.json_schema import json_schema

__all__ = ["SCHEMAS", "schema_text"]

SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    PLAN_KIND: lambda: json_schema(PlanDocument, PLAN_KIND),
    "NodePool": lambda: json_schema(NodePool, "NodePool"),
    "Expectation": lambda: json_schema(Expectation, "Expectation"),
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
