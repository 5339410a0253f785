"""Reading trees whose values may be of a wrong type, which validation has not seen yet."""

from __future__ import annotations

from typing import Any

__all__ = ["containers_of", "mapping", "objects"]


def mapping(value: Any) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one.

    >>> mapping(None), mapping({"a": 1})
    ({}, {'a': 1})
    """
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; nothing for what is none.

    >>> objects([{"a": 1}, 5]), objects("x")
    ([{'a': 1}], [])
    """
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def containers_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the containers and then the init containers of a pod spec.

    >>> containers_of({"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]})
    [{'name': 'a'}, {'name': 'i'}]
    """
    return objects(spec.get("containers")) + objects(spec.get("initContainers"))
