"""Edits in words, and as the options and commands that make them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from ...errors import may_be_secret
from ...explain.edits import (
    AddNodes,
    AddTaint,
    AddToleration,
    AllowValue,
    Cordon,
    DeletePod,
    Drain,
    DropRequirements,
    Edit,
    FreeRoom,
    RemoveNode,
    RemoveTaint,
    ReplacePool,
    SetField,
    SetLabel,
    Undo,
)
from ...explain.fields import REMOVE, parse_path, path_text
from ...explain.requirement_paths import removals
from ...model.daemonset import DaemonSet
from ...model.node import Taint, Toleration
from ...placement.filters.failures import amount_text
from ...rollouts.remedies import undo_command

__all__ = ["edit_command", "edit_option", "edit_words", "short_path"]

_POD = "spec.template.spec."
_AFFINITY = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."


def short_path(field: str) -> str:
    """Return a field path without what every path of a template begins with.

    >>> short_path("spec.template.spec.nodeSelector[disktype]")
    'nodeSelector[disktype]'
    """
    return field.removeprefix(_POD).removeprefix(_AFFINITY)


def edit_words(edit: Edit) -> str:
    """Return what an edit does; values of environments, arguments and the like are left out.

    >>> edit_words(SetLabel("n1", "disktype", "ssd"))
    'label node n1 disktype=ssd'
    """
    return _WORDS[type(edit)](edit)


def _label(edit: SetLabel) -> str:
    if edit.value is None:
        return f"remove the label {edit.key} from node {edit.node}"
    return f"label node {edit.node} {edit.key}={edit.value}"


def _untaint(edit: RemoveTaint) -> str:
    effect = f":{edit.effect}" if edit.effect else ""
    return f"remove the taint {edit.key}{effect} from node {edit.node}"


def _nodes(edit: AddNodes) -> str:
    return f"add {len(edit.nodes):,} node{'s' * (len(edit.nodes) != 1)}" + (f" of {edit.source}" * bool(edit.source))


def _pool(edit: ReplacePool) -> str:
    of = f" of {edit.source}" * bool(edit.source)
    return f"replace the nodes of pool {edit.pool} by {len(edit.nodes):,}{of}, at most {edit.at_once:,} at once"


def _undo(edit: Undo) -> str:
    return f"undo {edit.daemonset} to " + (
        "the revision before" if edit.revision is None else f"revision {edit.revision}"
    )


def _field(edit: SetField) -> str:
    if edit.value is REMOVE:
        return f"remove {edit.path} of {edit.daemonset}"
    if may_be_secret(parse_path(edit.path)[0], edit.value):
        return f"set {edit.path} of {edit.daemonset}"
    return f"set {edit.path} of {edit.daemonset} to {_value(edit.value)}"


def _tolerate(edit: AddToleration) -> str:
    return f"{edit.daemonset}: tolerate {_toleration(edit.toleration)}"


def _toleration(entry: Toleration) -> str:
    if entry.operator == "Exists":
        return f"{entry.key or 'every taint'}{f':{entry.effect}' if entry.effect else ''} (Exists)"
    return str(Taint(key=entry.key, value=entry.value, effect=entry.effect)).removesuffix(":")


def _allow(edit: AllowValue) -> str:
    verb = "allow" if edit.operator == "In" else "no longer forbid"
    return f"{edit.daemonset}: {verb} {edit.key}={edit.value} in {short_path(edit.path)}"


def _drop(edit: DropRequirements) -> str:
    texts = edit.texts or tuple(map(short_path, edit.paths))
    return f"{edit.daemonset}: drop " + " and ".join(
        f"{text} ({short_path(path)})" if edit.texts else text for text, path in zip(texts, edit.paths, strict=True)
    )


_WORDS: dict[type[Any], Callable[[Any], str]] = {
    SetLabel: _label,
    AddTaint: lambda edit: f"taint node {edit.node} {edit.taint}",
    RemoveTaint: _untaint,
    Cordon: lambda edit: f"cordon node {edit.node}",
    RemoveNode: lambda edit: f"remove node {edit.node}",
    AddNodes: _nodes,
    Drain: lambda edit: f"drain node {edit.node}",
    ReplacePool: _pool,
    Undo: _undo,
    SetField: _field,
    AddToleration: _tolerate,
    AllowValue: _allow,
    DropRequirements: _drop,
    FreeRoom: lambda edit: f"free {amount_text(edit.resource, edit.amount)} {edit.resource} on node {edit.node}",
    DeletePod: lambda edit: f"delete pod {edit.namespace}/{edit.name}",
}


def edit_option(edit: Edit, daemonset: DaemonSet | None = None) -> str:
    """Return the what-if options that make the edit, quoted for a shell; "" where no option does.

    `daemonset` is the one that is edited; without it requirements cannot be dropped by index.
    """
    return " ".join(f"{option} {shlex.quote(value)}" for option, value in _options(edit, daemonset))


def _options(edit: Edit, daemonset: DaemonSet | None) -> Iterable[tuple[str, str]]:
    if isinstance(edit, SetLabel):
        return [("--set", f"node/{edit.node}:{edit.key}" + ("-" if edit.value is None else f"={edit.value}"))]
    if isinstance(edit, AddTaint):
        return [("--taint", f"node/{edit.node}:{edit.taint}")]
    if isinstance(edit, RemoveTaint):
        return [("--untaint", f"node/{edit.node}:{edit.key}" + (f":{edit.effect}" if edit.effect else ""))]
    if isinstance(edit, Cordon | RemoveNode):
        return [("--cordon" if isinstance(edit, Cordon) else "--remove-node", edit.node)]
    if isinstance(edit, Drain):
        return [("--drain", edit.node)]
    if isinstance(edit, Undo):
        return [("--undo", f"ds/{edit.daemonset}" + ("" if edit.revision is None else f":{edit.revision}"))]
    if isinstance(edit, AddNodes | ReplacePool | DeletePod | FreeRoom):
        return []
    return [("--set", f"ds/{edit.daemonset}:{text}") for text in _fields(edit, daemonset)]


def _fields(edit: SetField | AddToleration | AllowValue | DropRequirements, daemonset: DaemonSet | None) -> list[str]:
    if isinstance(edit, SetField):
        return [f"{edit.path}-" if edit.value is REMOVE else f"{edit.path}={_value(edit.value)}"]
    if isinstance(edit, AddToleration):
        return [f"spec.template.spec.tolerations[+]={_value(msgspec.to_builtins(edit.toleration))}"]
    if isinstance(edit, AllowValue):
        return [f"{edit.path}.values={_value(list(edit.values))}"]
    if daemonset is None:
        return []
    return [f"{path_text(path)}-" for path in removals(msgspec.to_builtins(daemonset), edit.paths)]


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def edit_command(edit: Edit) -> str:
    """Return the kubectl command that makes an edit of a node or pod, or an undo; "" for every other edit.

    >>> edit_command(RemoveTaint("n1", "dedicated", "NoSchedule"))
    'kubectl taint node n1 dedicated:NoSchedule-'
    """
    if isinstance(edit, SetLabel):
        change = f"{edit.key}-" if edit.value is None else f"{edit.key}={edit.value} --overwrite"
        return f"kubectl label node {edit.node} {change}"
    if isinstance(edit, RemoveTaint):
        return f"kubectl taint node {edit.node} {edit.key}{f':{edit.effect}' if edit.effect else ''}-"
    if isinstance(edit, AddTaint):
        return f"kubectl taint node {edit.node} {edit.taint}"
    if isinstance(edit, Cordon):
        return f"kubectl cordon {edit.node}"
    if isinstance(edit, Drain):
        return f"kubectl drain {shlex.quote(edit.node)} --ignore-daemonsets"
    if isinstance(edit, Undo):
        to = "" if edit.revision is None else f" --to-revision={edit.revision}"
        return f"{undo_command(edit.daemonset)}{to}"
    if isinstance(edit, DeletePod):
        return f"kubectl delete pod -n {edit.namespace} {edit.name}"
    return ""
