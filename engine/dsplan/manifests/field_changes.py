"""What differs between two versions of an object, field by field; values that may be secret are never kept.

Both sides are compared after defaulting, quantities by what they come to. Entries of lists go by their name where all
have one (`containers[agent]`), else by their place. Of environments, arguments, commands, annotations and the like the
path alone is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..apiserver.defaulting import default_daemonset, default_pod_template, is_abridged
from ..errors import SECRET_FIELDS, printable
from ..model.daemonset import DaemonSet
from ..model.meta import RawTree

__all__ = ["FieldChange", "daemonset_changes", "object_changes", "template_changes"]

_PREFIXES = ("spec.template.spec.", "spec.updateStrategy.rollingUpdate.", "spec.updateStrategy.", "spec.")
_LONGEST = 60
_GONE: Any = msgspec.UNSET


class FieldChange(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One field: its whole path, and its value before and after, None where it is not there or not told.

    `told` is "changed" where values may be secret, "added" or "removed" for a part with fields of its own.

    >>> str(FieldChange("spec.template.spec.containers[agent].image", "example.com/agent:v2", "example.com/agent:v3"))
    'containers[agent].image: v2 -> v3'
    >>> str(FieldChange("spec.template.spec.containers[agent].env[TOKEN]", told="changed"))
    'containers[agent].env[TOKEN]: changed'
    """

    path: str
    before: str | None = None
    after: str | None = None
    told: str = ""

    def __str__(self) -> str:
        """Return it in one line, with a short path."""
        return f"{self.short_path}: {self.value}"

    @property
    def short_path(self) -> str:
        """The path without what goes without saying of a DaemonSet."""
        head = next((head for head in _PREFIXES if self.path.startswith(head)), "")
        return printable(self.path.removeprefix(head))

    @property
    def value(self) -> str:
        """What became of the field, in a few words."""
        if self.told:
            return self.told
        before, after = self.before, self.after
        if before is not None and after is not None and self.path.endswith(".image"):
            before, after = _without_common_name(before, after)
        if before is None:
            return f"{after} (added)"
        return f"{before} (removed)" if after is None else f"{before} -> {after}"


def _without_common_name(before: str, after: str) -> tuple[str, str]:
    """Return the tags of two images of one name, else both as they are."""
    one, other = before.rpartition(":"), after.rpartition(":")
    same = one[0] == other[0] and one[0] and "/" not in one[2] + other[2] and "@" not in before + after
    return (one[2], other[2]) if same else (before, after)


def template_changes(before: RawTree, after: RawTree) -> tuple[FieldChange, ...]:
    """Return what differs between two pod templates; their paths are those in a DaemonSet.

    >>> one, two = ({"spec": {"containers": [{"name": "a", "image": "a:1", "args": [word]}]}} for word in "xy")
    >>> [str(change) for change in template_changes(one, two)]
    ['containers[a].args: changed']
    """
    one, other = (_template(tree) for tree in (before, after))
    return tuple(_changes(one, other, "spec.template"))


def daemonset_changes(before: DaemonSet, after: DaemonSet) -> tuple[FieldChange, ...]:
    """Return what differs between two versions of a DaemonSet in what their author decides: labels and spec."""
    found = template_changes(before.spec.template, after.spec.template)
    one, other = (_without_template(daemonset) for daemonset in (before, after))
    return tuple(sorted((*found, *_changes(one, other, ""))))


def object_changes(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """Return what differs between two objects of one kind, as planning reads them: all but metadata and status."""
    if isinstance(before, DaemonSet) and isinstance(after, DaemonSet):
        return daemonset_changes(before, after)
    one, other = (_plain(item) for item in (before, after))
    return tuple(sorted(_changes(one, other, "")))


def _plain(item: Any) -> RawTree:
    tree: RawTree = msgspec.to_builtins(item)
    metadata = tree.pop("metadata", None) or {}
    tree.pop("status", None)
    return {**tree, "metadata": {name: metadata.get(name) or {} for name in ("labels", "annotations")}}


def _template(tree: RawTree) -> RawTree:
    kept = tree if is_abridged(tree) else default_pod_template(tree)
    metadata = {name: part for name, part in (kept.get("metadata") or {}).items() if name in ("labels", "annotations")}
    return {"metadata": metadata, "spec": kept.get("spec") or {}}


def _without_template(daemonset: DaemonSet) -> RawTree:
    tree = default_daemonset({"kind": "DaemonSet", **msgspec.to_builtins(daemonset)})
    spec = {name: part for name, part in tree["spec"].items() if name != "template"}
    return {"metadata": {"labels": daemonset.metadata.labels}, "spec": spec}


def _changes(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _entry(before.get(name, _GONE), after.get(name, _GONE), _below(path, name), name)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        yield from _list_changes(before, after, path)
    else:
        yield FieldChange(path, _text(before), _text(after))


def _entry(before: Any, after: Any, path: str, name: str) -> Iterator[FieldChange]:
    if before == after:
        return
    if name in SECRET_FIELDS:
        yield from _secret(before, after, path)
    elif before is _GONE or after is _GONE:
        yield from _alone(before, after, path)
    else:
        yield from _changes(before, after, path)


def _secret(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    """Yield the names of entries that differ, never what they hold."""
    one, other = (_by_name(part) for part in (before, after))
    if one is None or other is None:
        yield FieldChange(path, told=_word(before, after))
        return
    for name in sorted(one.keys() | other.keys()):
        if one.get(name, _GONE) != other.get(name, _GONE):
            yield FieldChange(f"{path}[{name}]", told=_word(one.get(name, _GONE), other.get(name, _GONE)))


def _alone(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    """Yield a field that is on one side only; a part with fields of its own is told as a whole."""
    present = after if before is _GONE else before
    if isinstance(present, dict | list | tuple):
        if present:
            yield FieldChange(path, told=_word(before, after))
    else:
        yield FieldChange(path, _text(before), _text(after))


def _list_changes(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    one, other = _by_name(before), _by_name(after)
    if one is None or other is None:
        one, other = ({str(place): item for place, item in enumerate(part)} for part in (before, after))
    for name in dict.fromkeys((*one, *other)):
        yield from _entry(one.get(name, _GONE), other.get(name, _GONE), f"{path}[{name}]", "")


def _by_name(part: Any) -> dict[str, Any] | None:
    """Return the entries of a map, or of a list whose entries all have names of their own; None for other lists."""
    if part is _GONE or part is None:
        return {}
    if isinstance(part, dict):
        return part
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in part]
    if None in names or len(set(map(str, names))) != len(names):
        return None
    return dict(zip(map(str, names), part, strict=True))


def _below(path: str, name: str) -> str:
    if path.endswith(("labels", "nodeSelector", "matchLabels")):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def _word(before: Any, after: Any) -> str:
    return "added" if before is _GONE else "removed" if after is _GONE else "changed"


def _text(value: Any) -> str | None:
    if value is _GONE:
        return None
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return printable(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...")
