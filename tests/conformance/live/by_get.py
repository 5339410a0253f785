"""`get --fresh` of every dump: the status that the real controller had written.

Node changes wake the controller only where they concern it (C19): a status may be that of an earlier moment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from dsplan.cli import cli
from dsplan.manifests.decode import decode
from dsplan.model.convert import convert
from dsplan.model.daemonset import DaemonSetStatus
from dsplan.passes import step
from tests.conformance.live.film import Film, Frame
from tests.conformance.live.recording import Recording, Tree

__all__ = ["check", "counters"]

_COUNTERS = {
    "desiredNumberScheduled": "desired_number_scheduled",
    "currentNumberScheduled": "current_number_scheduled",
    "updatedNumberScheduled": "updated_number_scheduled",
    "numberReady": "number_ready",
    "numberAvailable": "number_available",
    "numberMisscheduled": "number_misscheduled",
}
_LAG = 0.6
"""Seconds between what the controller wrote and the lists of a dump, which are taken one after another."""
_LIFECYCLE = "node.kubernetes.io/"


def check(recording: Recording) -> Iterator[str]:
    """Yield where the status is another one."""
    frames: list[Frame] = []
    for path, at in recording.files():
        shown = _get(path, recording.moment(at).isoformat())
        for tree in recording.dumps[at]:
            if tree["kind"] != "DaemonSet":
                continue
            owner = (tree["metadata"]["namespace"], tree["metadata"]["name"])
            stored, found = counters(tree.get("status") or {}), shown.get(owner)
            if found == stored:
                continue
            frames = frames or list(Film(recording).frames())
            if not _was_so(recording, frames, owner, stored, at) and not _before_it_fell(recording, owner, stored, at):
                yield f"{'/'.join(owner)} in {path.name}: {found}, stored {stored}"


def counters(status: dict[str, Any]) -> tuple[int, ...]:
    """Return the counters of a status, those that are not written as 0."""
    return tuple(status.get(name, 0) for name in _COUNTERS)


def _get(path: Path, now: str) -> dict[tuple[str, str], tuple[int, ...]]:
    """Return the counters that `dsplan get --fresh` shows for each DaemonSet."""
    result = CliRunner().invoke(cli, ["get", str(path), "-A", "--fresh", "-o", "json", "--now", now])
    assert result.exit_code == 0, result.output
    return {
        (item["metadata"]["namespace"], item["metadata"]["name"]): counters(item["status"])
        for item in json.loads(result.stdout)["items"]
    }


def _was_so(
    recording: Recording, frames: list[Frame], owner: tuple[str, str], stored: tuple[int, ...], at: float
) -> bool:
    """Return whether a status was right shortly before or after, or since then nothing woke the controller (C19)."""
    touched = [event.at for event in recording.events if (event.namespace, event.daemonset) == owner]
    for frame in frames:
        woken = any(frame.at <= moment < at - _LAG for moment in touched)
        if (
            frame.at <= at + _LAG
            and not woken
            and stored == _status(list(frame.cluster.values()), owner, recording, at)
        ):
            return True
    return False


def _before_it_fell(recording: Recording, owner: tuple[str, str], stored: tuple[int, ...], at: float) -> bool:
    """Return whether a status is that of before the taints of nodes that fell sick before the recording (E8, C19)."""
    return stored == _status([_untainted(tree) for tree in recording.dumps[at]], owner, recording, at)


def _untainted(tree: Tree) -> Tree:
    if tree["kind"] != "Node":
        return tree
    taints = [taint for taint in tree["spec"].get("taints") or () if not taint["key"].startswith(_LIFECYCLE)]
    return {**tree, "spec": {**tree["spec"], "taints": taints}}


def _status(trees: list[Tree], owner: tuple[str, str], recording: Recording, at: float) -> tuple[int, ...] | None:
    for entry in step(decode(trees), now=recording.moment(at)).daemonsets:
        if (entry.identity.namespace, entry.identity.name) == owner:
            status = convert({}, DaemonSetStatus) if entry.status is None else entry.status
            return tuple(getattr(status, field) for field in _COUNTERS.values())
    return None
