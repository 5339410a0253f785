"""Labels, annotations, tolerations and spread constraints, one to a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...model.convert import convert
from ...model.meta import RawTree
from ...model.selectors import LabelSelector, selector_text

__all__ = ["annotation_lines", "labels", "spread_constraints", "titled", "tolerations"]

_LONGEST_ANNOTATION = 140
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def titled(title: str, values: Sequence[str], indent: str = "") -> Iterator[str]:
    """Yield `title:` with the first value beside it and the others below it, or <none>."""
    yield f"{indent}{title}:\t{values[0] if values else '<none>'}"
    for value in values[1:]:
        yield f"{indent}\t{value}"


def labels(title: str, found: Mapping[str, str], indent: str = "") -> Iterator[str]:
    """Yield labels in key order."""
    yield from titled(title, [f"{key}={value}" for key, value in sorted(found.items())], indent)


def annotation_lines(title: str, found: Mapping[str, str], indent: str = "") -> Iterator[str]:
    """Yield annotations in key order, long and many-lined values below their key."""
    values: list[str] = []
    for key, value in sorted(found.items()):
        if key == _LAST_APPLIED:
            continue
        value = value.removesuffix("\n")
        if len(value) + len(key) + 2 > _LONGEST_ANNOTATION or "\n" in value:
            values.append(f"{key}:")
            values += [f"  {_shortened(line)}" for line in value.split("\n")]
        else:
            values.append(f"{key}: {value}")
    yield from titled(title, values, indent)


def _shortened(text: str) -> str:
    limit = _LONGEST_ANNOTATION - 2
    return f"{text[:limit]}..." if len(text) > limit else text


def tolerations(found: Sequence[RawTree], indent: str = "") -> Iterator[str]:
    """Yield tolerations in key order."""
    ordered = sorted(found, key=lambda entry: entry.get("key") or "")
    yield from titled("Tolerations", [_toleration(entry) for entry in ordered], indent)


def _toleration(entry: RawTree) -> str:
    text = str(entry.get("key") or "")
    if entry.get("value"):
        text += f"={entry['value']}"
    if entry.get("effect"):
        text += f":{entry['effect']}"
    if entry.get("operator") == "Exists" and not entry.get("value"):
        text += " op=Exists" if text else "op=Exists"
    if entry.get("tolerationSeconds") is not None:
        text += f" for {entry['tolerationSeconds']}s"
    return text


def spread_constraints(found: Sequence[RawTree], indent: str = "") -> Iterator[str]:
    """Yield topology spread constraints in key order, nothing where there are none."""
    if found:
        ordered = sorted(found, key=lambda entry: entry.get("topologyKey") or "")
        yield from titled("Topology Spread Constraints", [_spread(entry) for entry in ordered], indent)


def _spread(entry: RawTree) -> str:
    head = f"{entry.get('topologyKey', '')}:{entry.get('whenUnsatisfiable', '')}"
    text = f"{head} when max skew {entry.get('maxSkew', 0)} is exceeded"
    selector: Any = entry.get("labelSelector")
    return text if selector is None else f"{text} (selector {selector_text(convert(selector, LabelSelector))})"
