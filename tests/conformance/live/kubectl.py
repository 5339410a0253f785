"""What the commands of a recording make of the objects: as much of kubectl and the API server as was typed."""

from __future__ import annotations

import copy
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from dsplan.apiserver.defaulting import default_object, same_template
from tests.conformance.live.recording import Act, Key, Recording, Tree, key_of

__all__ = ["Cluster", "UnknownCommand", "manifests", "type_act", "unreported"]

Cluster = dict[Key, Tree]
_GENERATION = "deprecated.daemonset.template.generation"
_KINDS = {"ds": "DaemonSet", "daemonset": "DaemonSet", "node": "Node", "pod": "Pod", "resourcequota": "ResourceQuota"}
_CLUSTER_WIDE = ("Node", "PriorityClass")


class UnknownCommand(Exception):
    """A command that is not understood: what it did cannot be replayed."""


def type_act(act: Act, cluster: Cluster, recording: Recording) -> None:
    """Carry out a command on the objects. Pods that it deletes are left to the events. Raises UnknownCommand."""
    words, options = _parsed(act.command)
    for verbs, carry_out in _VERBS.items():
        if tuple(words[: len(verbs)]) == verbs:
            carry_out(words[len(verbs) :], options, _Typed(act, cluster, recording))
            return
    raise UnknownCommand(act.command)


def manifests(path: Path) -> Iterator[Tree]:
    """Yield the objects of a manifest file."""
    for document in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
        if document:
            yield from document["items"] if document.get("kind") == "List" else [document]


def unreported(node: Tree) -> Tree:
    """Return a node as it is before its kubelet has reported: nothing is bound to it yet (K5)."""
    return {**node, "status": {"allocatable": {"pods": "0"}}}


class _Typed:
    """A command with what it acts on."""

    def __init__(self, act: Act, cluster: Cluster, recording: Recording) -> None:
        self.act = act
        self.cluster = cluster
        self.recording = recording

    def files(self, name: str) -> Iterator[Tree]:
        yield from manifests(self.recording.folder / Path(name).name)

    def put(self, key: Key, tree: Tree) -> None:
        """Store an object as the API server does, with what it counts."""
        known = self.cluster.get(key)
        if key[0] == "Node" and known is not None:
            return  # an event has brought it already, as the control plane completed it
        tree = default_object(tree)
        if known is None:
            tree = self._new(key, tree)
        elif key[0] == "DaemonSet":
            tree = _counted(known, tree)
        self.cluster[key] = tree

    def _new(self, key: Key, tree: Tree) -> Tree:
        """Return an object with what only the control plane knows of it: that of the next dump which shows it."""
        shown = self.recording.next_dump_with(key, self.act.at)
        if key[0] == "Node":
            return unreported(shown or tree)
        owned = {"uid": shown["metadata"]["uid"] if shown else f"uid-of-{key[2]}", "generation": 1}
        owned["creationTimestamp"] = self.recording.moment(self.act.at).strftime("%Y-%m-%dT%H:%M:%SZ")
        metadata = {**tree["metadata"], **owned}
        if key[0] == "DaemonSet":
            metadata["annotations"] = {**(metadata.get("annotations") or {}), _GENERATION: "1"}
        return {**tree, "metadata": metadata}


def _counted(known: Tree, tree: Tree) -> Tree:
    """Return a DaemonSet that is stored over another: generations rise, status and identity stay (H11)."""
    other = not same_template(known["spec"]["template"], tree["spec"]["template"])
    annotations = dict(tree["metadata"].get("annotations") or {})
    annotations[_GENERATION] = str(int(known["metadata"]["annotations"][_GENERATION]) + other)
    metadata = {**known["metadata"], **tree["metadata"], "annotations": annotations}
    metadata["generation"] = known["metadata"]["generation"] + (known["spec"] != tree["spec"])
    return {**tree, "metadata": metadata, "status": known.get("status", {})}


def _apply(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    for tree in typed.files(options["-f"]):
        namespace = tree["metadata"].get("namespace", options.get("-n", ""))
        tree = {**tree, "metadata": {**tree["metadata"], **({"namespace": namespace} if namespace else {})}}
        if tree["kind"] != "Pod":  # pods are left to the events
            typed.put(key_of(tree), tree)


def _label(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    kind, names, changes = _targets(words)
    for name in names:
        labels = typed.cluster[kind, "", name]["metadata"].setdefault("labels", {})
        for change in changes:
            key, _, value = change.partition("=")
            if "=" in change:
                labels[key] = value
            else:
                labels.pop(key.removesuffix("-"), None)


def _taint(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    kind, names, changes = _targets(words)
    for name in names:
        spec = typed.cluster[kind, "", name].setdefault("spec", {})
        for change in changes:
            spec["taints"] = _tainted(spec.get("taints") or [], change, typed)


def _tainted(taints: list[Tree], change: str, typed: _Typed) -> list[Tree]:
    text, _, effect = change.removesuffix("-").partition(":")
    key, _, value = text.partition("=")
    kept = [taint for taint in taints if taint["key"] != key or (effect and taint["effect"] != effect)]
    if change.endswith("-"):
        return kept
    added = {"key": key, "effect": effect, **({"value": value} if value else {})}
    if effect == "NoExecute":
        added["timeAdded"] = typed.recording.moment(typed.act.until).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [*kept, added]


def _cordon(words: list[str], options: dict[str, str], typed: _Typed, *, on: bool = True) -> None:
    for name in words:
        spec = typed.cluster["Node", "", name].setdefault("spec", {})
        spec["unschedulable"] = on
        taint = "node.kubernetes.io/unschedulable"
        spec["taints"] = _tainted(spec.get("taints") or [], f"{taint}:NoSchedule" + ("" if on else "-"), typed)


def _delete(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    if "-f" in options:
        for tree in typed.files(options["-f"]):
            typed.cluster.pop(key_of(tree), None)
        return
    kind, names, _ = _targets(words)
    if kind == "Pod":
        return
    namespace = "" if kind in _CLUSTER_WIDE else options.get("-n", "default")
    for name in names:
        typed.cluster.pop((kind, namespace, name), None)


def _patch(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    kind, names, _ = _targets(words)
    namespace = "" if kind in _CLUSTER_WIDE else options.get("-n", "default")
    key = (kind, namespace, names[0])
    known = typed.cluster.get(key, {"kind": kind, "metadata": {"namespace": namespace, "name": names[0]}})
    merged = _merged(known, json.loads(options["-p"]), lists_by_name=options.get("--type") != "merge")
    if kind == "DaemonSet":
        typed.put(key, merged)
    else:
        typed.cluster[key] = merged


def _merged(known: Any, patch: Any, *, lists_by_name: bool = True) -> Any:
    """Return a merge patch carried out; a strategic one also merges lists of named items."""
    if isinstance(known, dict) and isinstance(patch, dict):
        merged = {
            **known,
            **{key: _merged(known.get(key), value, lists_by_name=lists_by_name) for key, value in patch.items()},
        }
        return {key: value for key, value in merged.items() if value is not None}
    if lists_by_name and isinstance(known, list) and isinstance(patch, list) and all("name" in item for item in patch):
        patches = {item["name"]: item for item in patch}
        merged = [_merged(item, patches.pop(item["name"], {})) for item in known]
        return merged + list(patches.values())
    return patch


def _undo(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    """Bring the template of the revision before the present one back."""
    daemonset = _named(words, options, typed)
    key = key_of(daemonset)
    current = daemonset["spec"]["template"]
    templates = {
        tree["revision"]: {name: value for name, value in tree["data"]["spec"]["template"].items() if name != "$patch"}
        for taken, trees in typed.recording.dumps.items()
        if taken <= typed.act.at
        for tree in trees
        if tree["kind"] == "ControllerRevision" and _controls(tree, key)
    }
    wanted = options.get("--to-revision")
    earlier = [
        number
        for number, template in sorted(templates.items())
        if (str(number) == wanted if wanted else not same_template(template, current))
    ]
    if not earlier:
        raise UnknownCommand(typed.act.command)
    typed.put(
        key, {**daemonset, "spec": {**daemonset["spec"], "template": templates[earlier[0] if wanted else earlier[-1]]}}
    )


def _controls(tree: Tree, key: Key) -> bool:
    owners = tree["metadata"].get("ownerReferences") or ()
    return tree["metadata"].get("namespace") == key[1] and any(owner["name"] == key[2] for owner in owners)


def _restart(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    daemonset = copy.deepcopy(_named(words, options, typed))
    metadata = daemonset["spec"]["template"].setdefault("metadata", {})
    restarted = {"kubectl.kubernetes.io/restartedAt": typed.recording.moment(typed.act.at).isoformat()}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **restarted}
    typed.put(key_of(daemonset), daemonset)


def _set_image(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    daemonset = copy.deepcopy(_named(words[:1] if "/" in words[0] else words[:2], options, typed))
    for change in (word for word in words if "=" in word):
        name, _, image = change.partition("=")
        for container in daemonset["spec"]["template"]["spec"]["containers"]:
            if name in ("*", container["name"]):
                container["image"] = image
    typed.put(key_of(daemonset), daemonset)


def _nothing(words: list[str], options: dict[str, str], typed: _Typed) -> None:
    pass


def _named(words: list[str], options: dict[str, str], typed: _Typed) -> Tree:
    _, names, _ = _targets(words)
    return typed.cluster["DaemonSet", options.get("-n", "default"), names[0]]


def _targets(words: list[str]) -> tuple[str, list[str], list[str]]:
    """Return the kind, the names, and the changes (label=value, key-, key:effect) of an argument list."""
    kind, slash, name = words[0].partition("/")
    rest = words[1:]
    changes = [word for word in rest if "=" in word or ":" in word or word.endswith("-")]
    names = [name] if slash else [word for word in rest if word not in changes]
    kind = kind.partition(".")[0].lower()
    return _KINDS.get(kind, _KINDS.get(kind.removesuffix("s"), kind)), names, changes


_VERBS: dict[tuple[str, ...], Callable[[list[str], dict[str, str], _Typed], None]] = {
    ("apply",): _apply,
    ("create",): _apply,
    ("replace",): _apply,
    ("label",): _label,
    ("taint",): _taint,
    ("cordon",): _cordon,
    ("uncordon",): lambda words, options, typed: _cordon(words, options, typed, on=False),
    ("delete",): _delete,
    ("patch",): _patch,
    ("rollout", "undo"): _undo,
    ("rollout", "restart"): _restart,
    ("rollout", "status"): _nothing,
    ("set", "image"): _set_image,
    ("get",): _nothing,
}
_WITH_VALUE = ("-n", "-f", "-p", "-l", "--type", "--field-selector", "--to-revision", "--subresource")


def _parsed(command: str) -> tuple[list[str], dict[str, str]]:
    """Return the words of a command without kubectl, and its options."""
    words: list[str] = []
    options: dict[str, str] = {}
    rest = shlex.split(command)
    if not rest or rest.pop(0) != "kubectl":
        raise UnknownCommand(command)
    while rest:
        word = rest.pop(0)
        name, _, value = word.partition("=")
        if not word.startswith("-"):
            words.append(word)
        elif "=" in word:
            options[name] = value
        else:
            options[word] = rest.pop(0) if word in _WITH_VALUE and rest else ""
    return words, options
