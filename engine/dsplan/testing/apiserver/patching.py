"""What a patch makes of an object: merge, strategic merge and JSON patch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from .wire import Refusal, bad_request, json_answer, status

__all__ = ["PATCHES", "patched"]

_MERGE_KEYS: Final = {
    "ownerReferences": "uid",
    "conditions": "type",
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
}
"""Lists that a strategic merge joins entry by entry, and what says which entries are the same; others are replaced."""

_REJECTED = "the server rejected our request due to an error in our request"


def patched(tree: Any, patch: bytes, media_type: str) -> Any:
    """Return the object with a patch applied. Raises Refusal: 415, 400, or 422 for a JSON patch that does not fit.

    >>> patched({"a": 1, "b": {"c": 2}}, b'{"a": null, "b": {"d": 3}}', "application/merge-patch+json")
    {'b': {'c': 2, 'd': 3}}
    """
    apply = PATCHES.get(media_type)
    if apply is None:
        raise Refusal(json_answer(status(415, "UnsupportedMediaType", "415: Unsupported Media Type", {}), 415))
    try:
        decoded = msgspec.json.decode(patch)
    except msgspec.DecodeError:
        found = patch.lstrip()[1:2].decode(errors="replace")
        what = f"invalid character '{found}' looking for beginning of object key string"
        raise bad_request(f"error decoding patch: {what}") from None
    return apply(tree, decoded)


def _merge(tree: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(tree) if isinstance(tree, dict) else {}
    for field, value in patch.items():
        if value is None:
            result.pop(field, None)
        else:
            result[field] = _merge(result.get(field), value)
    return result


def _strategic(tree: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {field: value for field, value in patch.items() if field != "$patch"}
    result = dict(tree) if isinstance(tree, dict) else {}
    for field, value in patch.items():
        key = _MERGE_KEYS.get(field, "")
        if value is None:
            result.pop(field, None)
        elif isinstance(value, list) and key:
            result[field] = _joined(result.get(field) or [], value, key)
        else:
            result[field] = _strategic(result.get(field), value)
    return result


def _joined(known: list[Any], patch: list[Any], key: str) -> list[Any]:
    found = {entry[key]: entry for entry in known}
    for entry in patch:
        if entry.get("$patch") == "delete":
            found.pop(entry[key], None)
        else:
            found[entry[key]] = _strategic(found.get(entry[key], {}), entry)
    return list(found.values())


def _json_patch(tree: Any, patch: Any) -> Any:
    result = msgspec.json.decode(msgspec.json.encode(tree))
    try:
        for step in patch:
            _do(result, step)
    except (KeyError, IndexError, ValueError, TypeError):
        raise Refusal(json_answer(status(422, "Invalid", _REJECTED, {}), 422)) from None
    return result


def _do(tree: Any, step: Any) -> None:
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
    for part in way:
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    place: Any = int(last) if isinstance(tree, list) and last != "-" else last
    if step["op"] == "test":
        if tree[place] != step["value"]:
            raise ValueError(last)
    elif step["op"] == "remove":
        del tree[place]
    elif step["op"] == "replace":
        _ = tree[place]
        tree[place] = step["value"]
    elif isinstance(tree, list):
        tree.insert(len(tree) if last == "-" else place, step["value"])
    else:
        tree[place] = step["value"]


PATCHES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "application/merge-patch+json": _merge,
    "application/strategic-merge-patch+json": _strategic,
    "application/json-patch+json": _json_patch,
}
