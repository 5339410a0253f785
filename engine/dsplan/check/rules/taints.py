"""Startup taints and the daemons that have to lift them: a circle leaves nodes unusable for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyroaring import BitMap

from ...constraints.tolerations import daemon_tolerations, tolerates
from ...model.meta import Identity
from ...model.node import Taint
from ...model.regex import regex
from ..rule import rule
from ..scene import SPEC, Scene, Subject
from ..types import Severity, Spot
from .agents import is_network_plugin
from .nodes import counted_text

__all__ = ["RULES"]

_STARTUP = regex(r"(agent-not-ready|not-ready|notready|uninitialized|startup|network-unavailable|not-initialized)$")
_BY_CONDITION = "node.kubernetes.io/"
_NOT_READY = Taint(key="node.kubernetes.io/not-ready", effect="NoSchedule")
_COMMON = frozenset({"node", "io", "com", "k8s", "kubernetes", "csi", "aws", "dev", "sh", "org", "net", "agent"})


@rule(
    "DSP111",
    "startup-taint-circle",
    Severity.ERROR,
    summary="A taint that a daemon has to lift keeps that daemon away.",
    why="Nodes join with a taint that goes once an agent runs; where the agent does not tolerate it, the agent waits "
    "for the taint and the taint for the agent, and no workload ever starts there.",
    source="k/k#75890; E8, T10, T14",
)
def startup_taint_circle(scene: Scene) -> Iterator[Spot]:
    """Startup taints whose own agent does not tolerate them, and network plug-ins that wait for a ready node."""
    for taint, nodes in _startup_taints(scene):
        yield from _circles(scene, taint, nodes)
    for subject in scene.subjects:
        if is_network_plugin(subject) and not _tolerates(subject, _NOT_READY):
            text = f"a network plug-in that does not tolerate {_NOT_READY}{_affected(subject)}"
            patch = {"key": _NOT_READY.key, "operator": "Exists", "effect": "NoSchedule"}
            yield subject.spot(text, f"{SPEC}.tolerations", fix="tolerate it", **_with_toleration(subject, patch))


def _affected(subject: Subject) -> str:
    held = [node for node in subject.index.nodes if _NOT_READY.key in {taint.key for taint in node.taints}]
    now = f", {counted_text(len(held), 'node has it now', 'nodes have it now')}" if held else ""
    return f": a new node is not ready without network and gets no network until it is ready{now}"


def _startup_taints(scene: Scene) -> Iterator[tuple[Taint, BitMap]]:
    found: dict[Taint, BitMap] = {}
    for position, node in scene.index.items():
        for taint in node.taints:
            starts = taint.effect in ("NoSchedule", "NoExecute") and _STARTUP.search(taint.key)
            if starts and not taint.key.startswith(_BY_CONDITION):
                found.setdefault(taint, BitMap()).add(position)
    yield from sorted(found.items(), key=lambda item: (item[0].key, item[0].value, item[0].effect))


def _circles(scene: Scene, taint: Taint, nodes: BitMap) -> Iterator[Spot]:
    where = f"{taint} on {counted_text(len(nodes), 'node')}"
    lifting = [subject for subject in scene.everyone if _is_of(subject, taint)]
    if any(_tolerates(subject, taint) for subject in lifting or scene.everyone):
        return
    asked = {subject.identity for subject in scene.subjects}
    for subject in lifting:
        if subject.identity in asked:
            text = f"has to lift the taint {where} and does not tolerate it"
            patch = {"key": taint.key, "operator": "Exists", "effect": taint.effect}
            more = _with_toleration(subject, patch)
            yield subject.spot(text, f"{SPEC}.tolerations", nodes=nodes, fix="tolerate it", **more)
    if not lifting and len(asked) == len(scene.everyone):
        first = scene.index.names[nodes[0]]
        text = f"the taint {where} waits for an agent, and no DaemonSet tolerates it"
        names = tuple(scene.index.names[position] for position in nodes)
        fix = "let the agent that lifts it tolerate it, or do not give nodes this taint"
        yield Spot(object=Identity("Node", "", first), text=text, field="spec.taints", nodes=names, fix=fix)


def _is_of(subject: Subject, taint: Taint) -> bool:
    """Return whether a DaemonSet is the one that a taint's key is named after, as cilium is for node.cilium.io/..."""
    words = {word for word in regex(r"[./]").sub(" ", taint.key.partition("/")[0]).split() if word not in _COMMON}
    name = subject.identity.name.lower()
    return any(word in name for word in words if len(word) > 2)


def _tolerates(subject: Subject, taint: Taint) -> bool:
    return any(tolerates(each, taint) for each in daemon_tolerations(subject.spec))


def _with_toleration(subject: Subject, toleration: dict[str, str]) -> dict[str, Any]:
    written = [*(subject.tree.get("tolerations") or ()), toleration]
    return subject.patched({"spec": {"template": {"spec": {"tolerations": written}}}})


RULES = (startup_taint_circle,)
