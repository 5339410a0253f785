"""JSON Schemas (2020-12) of dsplan's own kinds, the same text whichever msgspec makes them."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import msgspec

__all__ = ["json_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: type[msgspec.Struct], title: str, *, hand_written: bool = False) -> dict[str, Any]:
    """Return the schema of a type; docstrings become descriptions, and what a type forbids the schema forbids.

    `hand_written` documents say apiVersion and kind, and may have no field that is not known. Alternatives come in one
    order, null last: msgspec releases differ in it.

    >>> class Step(msgspec.Struct):
    ...     "A step."
    ...     soak: str | None = None
    >>> json_schema(Step, "Step")["$defs"]["Step"]["properties"]["soak"]["anyOf"]
    [{'type': 'string'}, {'type': 'null'}]
    """
    schema = {"$schema": _DIALECT, "title": title, **msgspec.json.schema(kind)}
    for definition in schema["$defs"].values():
        if hand_written:
            definition.setdefault("description", "")
            if definition.get("type") == "object" and "properties" in definition:
                definition["additionalProperties"] = False
        if "description" in definition:
            definition["description"] = cleandoc(definition["description"])
    if hand_written:
        wire = schema["$defs"][kind.__name__]
        wire["required"] = sorted({*wire.get("required", ()), "apiVersion", "kind"})
    plain: dict[str, Any] = _null_last(msgspec.json.decode(msgspec.json.encode(schema)))
    return plain


def _null_last(tree: Any) -> Any:
    """Return a schema with the alternatives of each `anyOf` in their order, null behind the others."""
    if isinstance(tree, list):
        return [_null_last(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    found = {key: _null_last(value) for key, value in tree.items()}
    if isinstance(found.get("anyOf"), list):
        found["anyOf"] = sorted(found["anyOf"], key=lambda entry: entry == {"type": "null"})
    return found
