"""Recorded exchanges of a real API server, and how to play them to the stand-in, whose uids and versions are others."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from dsplan.testing.apiserver.server import ApiServer
from dsplan.testing.apiserver.wire import Answer, Request

RECORDED = Path(os.environ.get("DSPLAN_RECORDED", Path(__file__).resolve().parents[3].parent / "shared" / "apiserver"))

Exchange = dict[str, Any]
_DIGITS = re.compile(r"\d+")
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_METADATA = ("name", "namespace", "generateName", "generation", "labels", "finalizers", "deletionGracePeriodSeconds")


def exchanges(topic: str) -> list[Exchange]:
    """Return the exchanges of a topic."""
    path = RECORDED / f"{topic}.jsonl"
    if not path.exists():
        pytest.skip(f"no recorded exchanges at {path}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Play:
    """Plays exchanges to a stand-in; what the real server made up is translated to what the stand-in made up."""

    def __init__(self, api: ApiServer) -> None:
        self.api = api
        self._mine: dict[str, str] = {}
        self._versions: dict[str, str] = {}

    def version(self, recorded: str, mine: int) -> None:
        """Say which version of the stand-in stands for a recorded one."""
        self._versions[recorded] = str(mine)

    def send(self, exchange: Exchange, **headers: str) -> Answer:
        """Play one exchange, and return the stand-in's answer."""
        answer = self.api.answer(self.request(exchange, **headers))
        assert isinstance(answer, Answer)
        self.learn(exchange, _decoded(answer))
        return answer

    def request(self, exchange: Exchange, **headers: str) -> Request:
        """Return the request of an exchange as the stand-in is to get it."""
        recorded = exchange["request"]
        body = recorded.get("body_text")
        if body is None:
            body = json.dumps(recorded["body"]) if recorded.get("body") is not None else ""
        given = {
            name: value
            for name, value in recorded.get("headers", {}).items()
            if name not in ("Authorization", "Accept")
        }
        given |= {"Accept": recorded.get("headers", {}).get("Accept", "*/*")}
        path = re.sub(r"(resourceVersion=)(\d+)", self._translated, recorded["path"])
        body = re.sub(r'("resourceVersion": ?")(\d+)', self._translated, body)
        for theirs, mine in self._mine.items():
            path, body = path.replace(theirs, mine), body.replace(theirs, mine)
        return Request.of(recorded["method"], path, {**given, **headers}, body.encode())

    def _translated(self, found: re.Match[str]) -> str:
        return found[1] + self._versions.get(found[2], found[2])

    def learn(self, exchange: Exchange, mine: Any) -> None:
        """Let what the real server made up in an exchange stand for what is in an object of the stand-in."""
        theirs = _recorded_body(exchange)
        if not isinstance(theirs, dict) or not isinstance(mine, dict):
            return
        known, new = theirs.get("metadata") or {}, mine.get("metadata") or {}
        for field in ("uid", "continue"):
            if known.get(field) and new.get(field):
                self._mine[known[field]] = new[field]
        if known.get("generateName") and new.get("name"):
            self._mine[known["name"]] = new["name"]
        if known.get("resourceVersion") and new.get("resourceVersion"):
            self._versions[known["resourceVersion"]] = new["resourceVersion"]


def _decoded(answer: Answer) -> Any:
    text = answer.body.decode()
    return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text


def _recorded_body(exchange: Exchange) -> Any:
    """Return the recorded body, decoded where it is JSON that was kept as text."""
    text = exchange["response"].get("body", exchange["response"].get("body_text"))
    return json.loads(text) if isinstance(text, str) and text.startswith("{") else text


def differences(exchange: Exchange, answer: Answer) -> list[str]:
    """Return in what an answer differs from the recorded one, in all that a client can build on."""
    recorded = exchange["response"]
    found = []
    if recorded["status"] != answer.status:
        return [f"status {answer.status}, recorded {recorded['status']}: {answer.body[:200]!r}"]
    for header in ("Content-Type", "Retry-After"):
        kept = recorded.get("headers", answer.headers)
        if kept.get(header) != answer.headers.get(header):
            found.append(f"{header}: {answer.headers.get(header)}, recorded {kept.get(header)}")
    return found + _compared(_recorded_body(exchange), _decoded(answer))


def _compared(theirs: Any, mine: Any) -> list[str]:
    if not isinstance(theirs, dict):
        return [] if theirs == mine else [f"{mine!r}, recorded {theirs!r}"]
    if theirs.get("kind") == "Status":
        one, other = _anonymous(theirs), _anonymous(mine)
        return [] if one == other else [f"{other}\nrecorded {one}"]
    if "items" in theirs:
        return _compared_lists(theirs, mine)
    return _told("kind and version", _head(theirs), _head(mine)) + _told("object", _object(theirs), _object(mine))


def _compared_lists(theirs: Any, mine: Any) -> list[str]:
    names, others = (
        [item["metadata"]["name"] for item in tree["items"] if "metadata" in item] for tree in (theirs, mine)
    )
    kept = [name for name in others if name in names]
    page, other_page = (
        {key: bool(tree["metadata"].get(key)) for key in ("continue", "remainingItemCount")} for tree in (theirs, mine)
    )
    return (
        _told("kind and version", _head(theirs), _head(mine))
        + _told("names", (names[:1], names[-1:], names), (others[:1], others[-1:], kept))
        + _told("pages", page, other_page)
    )


def _told(what: str, theirs: Any, mine: Any) -> list[str]:
    return [] if theirs == mine else [f"{what}: {mine}, recorded {theirs}"]


def _head(tree: Any) -> tuple[Any, Any]:
    return tree.get("kind"), tree.get("apiVersion")


def _object(tree: Any) -> Any:
    metadata = tree.get("metadata") or {}
    kept = {field: metadata[field] for field in _METADATA if metadata.get(field)}
    if "generateName" in kept:
        kept.pop("name", None)
    times = {
        field: bool(metadata.get(field))
        for field in ("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")
    }
    owners = [
        (entry["kind"], entry["name"], entry.get("controller")) for entry in metadata.get("ownerReferences") or ()
    ]
    phase = (tree.get("status") or {}).get("phase")
    conditions = [(entry["type"], entry["status"]) for entry in (tree.get("status") or {}).get("conditions") or ()]
    data = {field: tree[field] for field in ("data", "revision") if field in tree}
    return {**kept, **times, "owners": owners, "phase": phase, "conditions": conditions, **data}


def _anonymous(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: value if key == "code" else _anonymous(value) for key, value in tree.items()}
    if isinstance(tree, list):
        # The real server lists most causes twice, which nobody can build on.
        return [
            value for number, value in enumerate(map(_anonymous, tree)) if value not in map(_anonymous, tree[:number])
        ]
    return _DIGITS.sub("0", _UID.sub("uid", tree)) if isinstance(tree, str) else tree
