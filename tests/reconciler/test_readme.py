"""The host of docs/library.md runs as it stands there, and every test that the page names exists."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dsplan.model.daemonset import HASH_LABEL
from dsplan.model.meta import Condition, Identity
from dsplan.model.pod import target_node
from dsplan.model.state import State
from dsplan.reconciler import Reconciler, WatchEvent
from dsplan.testing import NOW, a_daemonset, a_node
from dsplan.testing.journal import Journal

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")


class AtRest(Exception):
    """Nothing happens any more, and nothing is due."""


class Api:
    """An API server with kubelets: pods become ready, and end, once the host waits for it."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.time = journal, NOW
        self.told = 0
        self.saved = State()
        self.reported: dict[tuple[Identity, str], str] = {}
        self.most_down = 0
        self.refusals = 2

    def now(self) -> datetime:
        return self.time

    async def list(self, kind: str) -> tuple[list[Any], str]:
        self.told = len(self.journal.events)
        return list(self.journal.of_kind(kind)), str(self.journal.version)

    async def save(self, state: State) -> None:
        self.saved = state

    async def report(self, daemonset: Identity, condition: Any) -> None:
        self.reported[daemonset, condition.type] = condition.status

    async def create(self, kind: str, namespace: str, body: dict[str, Any]) -> None:
        if kind == "Pod" and self.refusals:
            self.refusals -= 1
            raise RuntimeError("quota exceeded")
        self.journal.create(body, self.time)

    async def delete(self, kind: str, namespace: str, name: str, options: dict[str, Any]) -> None:
        self.journal.remove(kind, namespace, name, options, self.time)
        self.most_down = max(self.most_down, sum(pod.terminating for pod in self.journal.of_kind("Pod")))

    async def patch(self, kind: str, namespace: str, name: str, body: dict[str, Any], subresource: str) -> None:
        assert subresource == ("status" if kind == "DaemonSet" else "")
        self.journal.patch(kind, namespace, name, body)

    async def events(self, timeout: float | None) -> list[WatchEvent]:
        if self.told == len(self.journal.events):
            self._kubelets()
        if self.told == len(self.journal.events):
            if timeout is None:
                raise AtRest
            self.time += timedelta(seconds=timeout)
        fresh = self.journal.events[self.told :]
        self.told = len(self.journal.events)
        return fresh

    def _kubelets(self) -> None:
        ready = Condition(type="Ready", status="True", last_transition_time=self.time)
        for pod in list(self.journal.of_kind("Pod")):
            if pod.terminating:
                self.journal.delete("Pod", "default", pod.name)
            elif not pod.status.conditions:
                spec = msgspec.structs.replace(pod.spec, node_name=target_node(pod) or "")
                status = msgspec.structs.replace(pod.status, phase="Running", conditions=(ready,))
                self.journal.put(msgspec.structs.replace(pod, spec=spec, status=status))


def operator() -> Callable[[Api, Reconciler], Any]:
    found = re.search(r"<!-- operator -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    scope: dict[str, Any] = {}
    exec(compile(found[1], "docs/library.md", "exec"), scope)
    operate: Callable[[Api, Reconciler], Any] = scope["operate"]
    return operate


def run_to_rest(api: Api, reconciler: Reconciler) -> None:
    with pytest.raises(AtRest):
        asyncio.run(operator()(api, reconciler))


def test_the_operator_of_the_readme() -> None:
    journal = Journal()
    for number in range(5):
        journal.put(a_node(f"n{number}"))
    journal.put(a_daemonset(max_unavailable=2, min_ready_seconds=7))
    api, reconciler = Api(journal), Reconciler()
    run_to_rest(api, reconciler)
    assert api.refusals == 0
    assert sorted(pod.spec.node_name for pod in journal.of_kind("Pod")) == [f"n{number}" for number in range(5)]
    assert {kind: status for (_, kind), status in api.reported.items() if status == "True"} == {"Complete": "True"}

    edited = a_daemonset(max_unavailable=2, min_ready_seconds=7, image="app:2", generation=2)
    journal.put(msgspec.structs.replace(edited, status=journal.get("DaemonSet", "default", "ds").status))
    run_to_rest(api, Reconciler.resume(api.saved))
    [newest] = [item for item in journal.of_kind("ControllerRevision") if item.revision == 2]
    label = newest.metadata.labels[HASH_LABEL]
    assert [pod.metadata.labels[HASH_LABEL] for pod in journal.of_kind("Pod")] == [label] * 5
    assert journal.get("DaemonSet", "default", "ds").status.number_available == 5
    assert api.most_down == 2


def named_tests() -> list[str]:
    return re.findall(r"`((?:tests|benchmarks)/[\w/]+\.py::\w+)`", PAGE)


@pytest.mark.parametrize("name", named_tests())
def test_promises_name_tests_that_exist(name: str) -> None:
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {item.name for item in tree.body if isinstance(item, ast.FunctionDef)}


def test_there_are_promises() -> None:
    assert len(named_tests()) >= 20
