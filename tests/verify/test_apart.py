"""The checker stands apart: it runs where dsplan has nothing else, and is short enough to be read."""

from __future__ import annotations

import ast
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import dsplan.verify
from dsplan.document.encoding import compact_json, sealed
from dsplan.document.worlds import packed_world
from dsplan.planner import solve
from dsplan.planner.checking import planned_trees
from dsplan.report.documents.plan import plan_document

from .battery import battery

PACKAGE = Path(dsplan.verify.__file__).parent
ROOMS = ("verify", "document")

ALONE = """
import pickle, sys
from dsplan.document.encoding import read_plan
from dsplan.document.worlds import unpacked_world
from dsplan.verify import verify
for name, plan, packed, size in pickle.load(open(sys.argv[1], "rb")):
    findings = verify(read_plan(plan), unpacked_world(packed, size))
    print(name, [finding.check for finding in findings])
print(sorted(name for name in sys.modules if name.startswith("dsplan.") and name.count(".") == 1))
"""


def test_it_runs_in_a_process_whose_dsplan_has_no_other_package(tmp_path: Path) -> None:
    house = tmp_path / "dsplan"
    house.mkdir()
    (house / "__init__.py").write_text("")
    shutil.copy(PACKAGE.parent / "errors.py", house)
    for room in ROOMS:
        shutil.copytree(PACKAGE.parent / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    cases = []
    for name, world, now in battery(most=3):
        plan = plan_document(solve(world, now=now))
        packed, size = packed_world(planned_trees(world, plan))
        cases.append((name, compact_json(plan), packed, size))
        import msgspec

        lie = sealed(msgspec.structs.replace(plan, sick="" if plan.sick else "0" if plan.nodes else "", complete=False))
        cases.append((f"lie about {name}", compact_json(lie), packed, size))
    (tmp_path / "cases").write_bytes(pickle.dumps(cases))
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path / "cases")],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *told, modules = done.stdout.splitlines()
    assert ast.literal_eval(modules) == ["dsplan.document", "dsplan.errors", "dsplan.verify"]
    sound = [line for line in told if not line.startswith("lie")]
    assert len(sound) > 10
    assert all(line.endswith("[]") for line in sound)
    assert not any(line.endswith("[]") for line in told if line.startswith("lie"))


def code_lines(path: Path) -> int:
    """Return how many lines have code: no blanks, comments, docstrings."""
    text = path.read_text(encoding="utf-8")
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        for one in getattr(node, "body", None) or () if not isinstance(node, ast.Lambda | ast.IfExp) else ():
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str):
                told.update(range(one.lineno, (one.end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and n not in told for n, line in lines)


def test_no_file_is_too_long() -> None:
    long = {path.name: n for path in PACKAGE.rglob("*.py") if (n := len(path.read_text().splitlines())) > 250}
    assert long == {}
