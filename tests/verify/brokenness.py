"""Plans of broken engines: those that are well formed and differ from the right ones must be noticed by a finding.

`python -m tests.verify` tries them all and takes minutes; with `--sample N`, every so many of them; with names of
files, those alone. The last lines are `N noticed, M missed, K without effect, C crashed` and what the findings were.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import networkx  # noqa: F401 - imported before the fork, so that no child has to
import pyroaring  # noqa: F401

from .mutation import ENGINE, Broken, broken_engines

ROOT = ENGINE.parent
SECONDS = 60


@dataclass(frozen=True)
class Prepared:
    """A world as trees, its moment, and the plan that a sound engine makes of it."""

    name: str
    now: str
    trees: bytes
    plan: bytes


def prepare(path: Path, most: int) -> None:
    """Write the battery, with what a sound engine makes of each world, to a file."""
    from dsplan.document.encoding import read_plan
    from dsplan.planner.checking import check_plan, planned_trees

    from .battery import battery

    found = []
    for name, world, now in battery(most=most):
        plain = [tree for tree in planned_trees(world, read_plan(planned(world, now))) if tree["kind"] != "AdmittedPod"]
        again = world_of(msgspec.json.encode(plain))
        plan = planned(again, now)
        document = read_plan(plan)
        assert check_plan(document, again) == (), (name, check_plan(document, again)[:3])
        trees = msgspec.json.encode(list(planned_trees(again, document)))
        found.append(Prepared(name, now.isoformat(), trees, plan))
    path.write_bytes(pickle.dumps(found))


def world_of(trees: bytes) -> Any:
    """Return the World of canonical trees."""
    from dsplan.manifests.decode import decode
    from dsplan.model.state import State

    found = msgspec.json.decode(trees)
    state = next(tree for tree in found if tree["kind"] == "State")
    kept = [tree for tree in found if tree["kind"] not in ("State", "AdmittedPod")]
    return decode(kept, state=msgspec.convert({k: v for k, v in state.items() if k != "kind"}, State))


def planned(world: Any, now: Any) -> bytes:
    """Return the plan of a world as the command line writes it."""
    from dsplan.document.encoding import compact_json
    from dsplan.planner import solve
    from dsplan.report.documents.plan import plan_document

    return compact_json(plan_document(solve(world, now=now)))


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module of the engine from a changed source."""

    def __init__(self, broken: Broken) -> None:
        self.broken = broken
        self.name = "dsplan." + broken.file.removesuffix(".py").replace("/", ".")

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(ENGINE / "dsplan" / self.broken.file))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(ENGINE / "dsplan" / self.broken.file)
        exec(compile(self.broken.source, module.__file__, "exec"), module.__dict__)


def judge(broken: Broken, prepared: list[Prepared]) -> tuple[str, str]:
    """Return what becomes of a broken engine, in a process of its own: (outcome, what was found)."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        signal.alarm(SECONDS)
        try:
            outcome = _judge(broken, prepared)
        except BaseException as error:
            outcome = "crashed", f"{type(error).__name__}: {error}"
        os.write(writing, msgspec.json.encode(outcome)[:60_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return tuple(msgspec.json.decode(data)) if data else ("crashed", "took too long")


def _judge(broken: Broken, prepared: list[Prepared]) -> tuple[str, str]:
    from datetime import datetime

    for name in [name for name in sys.modules if name == "dsplan" or name.startswith("dsplan.")]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(broken))
    from dsplan.document.encoding import read_plan
    from dsplan.verify import verify

    crash, missed = "", ""
    for one in prepared:
        try:
            plan = planned(world_of(one.trees), datetime.fromisoformat(one.now))
        except Exception as error:
            crash = f"{one.name}: {type(error).__name__} {error}"
            continue
        if _decisive(plan) == _decisive(one.plan):
            continue
        findings = verify(read_plan(plan), msgspec.json.decode(one.trees))
        named = [finding for finding in findings if finding.check != "shape"]
        if named:
            return "noticed", f"{one.name}: {named[0]}"[:300]
        missed = missed or f"{one.name}: {_difference(plan, one.plan)}"
    return ("MISSED", missed) if missed else ("crashed", crash[:300]) if crash else ("without effect", "")


TOLD = frozenset(
    {"seal", "text", "example", "advice", "causes", "notes", "canaryText", "partitionText"}
    | {"methods", "searched", "searchNodes", "components", "atLeastSeconds"}
)
"""What is told to people, or how hard a search was; the checker takes it on trust, and says so."""


def _decisive(plan: bytes) -> Any:
    """Return what of a plan decides something."""
    return _without_texts(msgspec.json.decode(plan))


def _without_texts(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_texts(value) for key, value in tree.items() if key not in TOLD}
    return [_without_texts(one) for one in tree] if isinstance(tree, list) else tree


def _difference(plan: bytes, right: bytes) -> str:
    one, other = msgspec.json.decode(plan), msgspec.json.decode(right)
    return ", ".join(_paths(one, other, ""))[:400]


def _paths(one: Any, other: Any, path: str) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(one.keys() | other.keys())
        return [part for key in keys for part in _paths(one.get(key), other.get(key), f"{path}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [part for number, pair in pairs for part in _paths(*pair, f"{path}[{number}]")]
    return [] if one == other else [f"{path}: {one!r:.60} for {other!r:.60}"]


def prepared_battery(path: Path, most: int) -> list[Prepared]:
    """Return the battery, made in a process of its own: a child that has a sound engine loaded cannot break it."""
    command = [sys.executable, "-m", "tests.verify.prepare", str(path), str(most)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ENGINE}:{ROOT}"})
    found: list[Prepared] = pickle.loads(path.read_bytes())
    return found


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify", description=__doc__)
    parser.add_argument("files", nargs="*", help="files of the engine, or parts of their names")
    parser.add_argument("--sample", type=int, default=1, help="take every so many")
    parser.add_argument("--most", type=int, default=1000, help="at most so many worlds of a kind")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepared_battery(Path(folder) / "battery", given.most)
    chosen = [one for one in broken_engines() if not given.files or any(name in one.file for name in given.files)]
    counts: Counter[str] = Counter()
    checks: Counter[str] = Counter()
    for one in chosen[:: given.sample]:
        outcome, found = judge(one, prepared)
        counts[outcome] += 1
        if outcome == "noticed":
            checks[found.partition(": ")[2].partition(": ")[0]] += 1
        if outcome == "MISSED":
            print(f"MISSED {one.name}: {found}", flush=True)
    print(", ".join(f"{count} by {check}" for check, count in checks.most_common()))
    print(", ".join(f"{counts[what]} {what}" for what in ("noticed", "MISSED", "without effect", "crashed")))
    return 1 if counts["MISSED"] else 0
