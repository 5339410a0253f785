"""A folder of `../shared/live`: dumps, commands and events of one change."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

Tree = dict[str, Any]
Key = tuple[str, str, str]
"""(kind, namespace, name)."""

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "live"
TERMINAL = "terminal"
"""The event, found by us, that the containers of a terminating pod have ended: the next pod may be created (L1)."""
_GONE_AFTER_TERMINAL = 0.08
_LONGEST_BEFORE_GONE = 0.5
"""Seconds from then to the pod's being gone from the API: as a rule, and where the API server is busy."""


@dataclass(frozen=True)
class Act:
    """A command that was typed: when it began and ended, in seconds, and what it said."""

    at: float
    until: float
    command: str
    said: str = ""


@dataclass(frozen=True)
class Event:
    """What happened to a pod (or, without one, to a node), in seconds after the first command began."""

    at: float
    kind: str
    node: str = ""
    namespace: str = ""
    daemonset: str = ""
    pod: str = ""
    uid: str = ""
    hash: str = ""

    @property
    def owner(self) -> Key:
        """The DaemonSet that the pod belongs to; its name is empty for pods without one."""
        return ("DaemonSet", self.namespace, self.daemonset)


@dataclass(frozen=True)
class Recording:
    """One change of a real cluster."""

    folder: Path
    started: datetime
    acts: tuple[Act, ...]
    events: tuple[Event, ...]
    paths: tuple[tuple[float, Path], ...]
    dumps: dict[float, list[Tree]] = field(default_factory=dict)
    """The cluster at each moment of which a dump was taken, the first before the change."""

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def before(self) -> list[Tree]:
        """The cluster before the change."""
        return next(iter(self.dumps.values()))

    def files(self) -> list[tuple[Path, float]]:
        """Return the files of the dumps, and when each was taken."""
        return [(path, at) for at, path in self.paths]

    @property
    def after(self) -> list[Tree]:
        """The cluster when it was quiet, or when the recording was stopped."""
        return list(self.dumps.values())[-1]

    @cached_property
    def by_uid(self) -> dict[str, list[Event]]:
        """The events of each pod, in order."""
        found: dict[str, list[Event]] = {}
        for event in self.events:
            if event.uid:
                found.setdefault(event.uid, []).append(event)
        return found

    def moment(self, seconds: float) -> datetime:
        """The time of day of a number of seconds after the first command began."""
        return self.started + timedelta(seconds=seconds)

    def next_dump_with(self, key: Key, at: float) -> Tree | None:
        """Return an object as the first dump after a moment shows it; None where no later dump has it."""
        for taken, trees in self.dumps.items():
            if taken >= at:
                for tree in trees:
                    if key_of(tree) == key:
                        return tree
        return None


def key_of(tree: Tree) -> Key:
    """Return kind, namespace and name of an object."""
    return tree["kind"], tree["metadata"].get("namespace", ""), tree["metadata"]["name"]


def recordings(folder: Path = FOLDER) -> list[Path]:
    """Return the folders of all recordings below a folder, or the folder itself where it is one."""
    if (folder / "events.jsonl").is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob("*/events.jsonl"))


def read(folder: Path) -> Recording:
    """Return the recording in a folder."""
    lines = [json.loads(line) for line in (folder / "acts.jsonl").read_text().splitlines() if line]
    started = _time(next(line["utc"] for line in lines if line["act"] == "start"))
    typed = [line for line in lines if "until" in line]
    dumps = {
        (_time(_taken(path).read_text().strip()) - started).total_seconds(): path for path in folder.glob("*.json.gz")
    }
    return Recording(
        folder=folder,
        started=started,
        acts=tuple(Act(line["t"], line["until"], _command(line["act"]), line.get("said", "")) for line in typed),
        events=tuple(_event(json.loads(line)) for line in (folder / "events.jsonl").read_text().splitlines() if line),
        paths=tuple(sorted(dumps.items())),
        dumps={at: json.loads(gzip.decompress(path.read_bytes()))["items"] for at, path in sorted(dumps.items())},
    )


def _taken(dump: Path) -> Path:
    """Return the file that says when a dump was taken."""
    name = dump.name.removesuffix(".json.gz")
    return dump.with_name("taken.txt" if name == "before" else f"{name}.txt")


def _command(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip())


def _event(line: Tree) -> Event:
    return Event(
        at=line["t"],
        kind=line["ev"],
        node=line.get("node") or "",
        namespace=line.get("ns") or "",
        daemonset=line.get("daemonset") or "",
        pod=line.get("pod") or "",
        uid=line.get("uid") or "",
        hash=line.get("hash") or "",
    )


def with_ends(events: Iterable[Event], *, early: bool = False) -> list[Event]:
    """Return the events with the end of every terminating pod that had containers, in the order of time.

    The end itself was not recorded: it is a little before the pod is gone (`early`: as long as it can be), and before
    its successor is created.
    """
    found = list(events)
    deleted = {event.uid: event.at for event in found if event.kind == "delete"}
    created: dict[tuple[Key, str], list[float]] = {}
    for event in found:
        if event.kind == "create" and event.daemonset:
            created.setdefault((event.owner, event.node), []).append(event.at)
    ends = []
    for event in found:
        if event.kind == "gone" and event.node and event.uid in deleted:
            after = created.get((event.owner, event.node), [])
            moments = [at - 0.01 for at in after if event.at - _LONGEST_BEFORE_GONE < at <= event.at]
            end = min([event.at - (_LONGEST_BEFORE_GONE if early else _GONE_AFTER_TERMINAL), *moments])
            ends.append(replace(event, kind=TERMINAL, at=max(end, deleted[event.uid])))
    return sorted((*found, *ends), key=lambda event: event.at)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
