"""Label and field selectors of lists and watches."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...model.meta import RawTree
from .kinds import Kind
from .wire import bad_request

__all__ = ["Selector", "selector_of"]

Selector = Callable[[RawTree], bool]

_FIELDS = {
    "Pod": ("metadata.name", "metadata.namespace", "spec.nodeName", "status.phase"),
    "Event": ("metadata.name", "metadata.namespace", "involvedObject.name", "involvedObject.uid", "reason"),
}
_KEY = r"[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?"
_SET = re.compile(rf"^(?P<key>{_KEY})\s+(?P<how>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(rf"^(?P<key>{_KEY})\s*(?P<how>==|=|!=)\s*(?P<value>[A-Za-z0-9._-]*)$")
_EXISTS = re.compile(rf"^(?P<not>!?)\s*(?P<key>{_KEY})$")


def selector_of(kind: Kind, query: dict[str, str]) -> Selector:
    """Return what an object must pass. Raises Refusal (400) for selectors that no server takes.

    >>> from .kinds import kind_named
    >>> chosen = selector_of(kind_named("Pod"), {"labelSelector": "app in (a,b),!x"})
    >>> chosen({"metadata": {"labels": {"app": "a"}}}), chosen({"metadata": {"labels": {"app": "a", "x": "1"}}})
    (True, False)
    """
    tests = [*_labels(query.get("labelSelector", "")), *_fields(kind, query.get("fieldSelector", ""))]
    return lambda tree: all(test(tree) for test in tests)


def _labels(text: str) -> list[Selector]:
    return [_requirement(part.strip()) for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _requirement(text: str) -> Selector:
    if found := _SET.match(text):
        values = {value.strip() for value in found["values"].split(",")}
        key, wanted = found["key"], found["how"] == "in"
        return lambda tree: (_label(tree, key) in values) == wanted
    if found := _EQUAL.match(text):
        key, value, equal = found["key"], found["value"], found["how"] != "!="
        return lambda tree: (_label(tree, key) == value) == equal
    if found := _EXISTS.match(text):
        key, present = found["key"], not found["not"]
        return lambda tree: (_label(tree, key) is not None) == present
    raise bad_request("unable to parse requirement: found '=', expected: identifier")


def _label(tree: RawTree, key: str) -> str | None:
    value: str | None = (tree["metadata"].get("labels") or {}).get(key)
    return value


def _fields(kind: Kind, text: str) -> list[Selector]:
    known = _FIELDS.get(kind.kind, ("metadata.name", "metadata.namespace"))
    return [_field(part.strip(), known) for part in text.split(",") if part.strip()]


def _field(text: str, known: tuple[str, ...]) -> Selector:
    equal = "!=" not in text
    path, _, value = text.partition("!=") if not equal else text.replace("==", "=").partition("=")
    if path not in known:
        raise bad_request(f"field label not supported: {path}")
    return lambda tree: (_at(tree, path.split(".")) == value) == equal


def _at(tree: Any, path: list[str]) -> str:
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return str(tree or "")
