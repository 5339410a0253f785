"""No circle of imports, not even of two files; imports inside functions and for types count as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

ENGINE = Path(__file__).resolve().parents[1] / "engine"
MODULES = {
    ".".join(path.relative_to(ENGINE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ENGINE.rglob("*.py"))
}


def imported(name: str, path: Path) -> Iterator[str]:
    """Yield the modules of dsplan that a module imports."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                found = f"{source}.{alias.name}"
                yield found if found in MODULES else source


def test_there_is_no_circle() -> None:
    graph = nx.DiGraph()
    for name, path in MODULES.items():
        graph.add_edges_from((name, found) for found in imported(name, path) if found in MODULES and found != name)
    # The face of a package imports its modules, and `dsplan` itself all rooms, for types alone: names are found late.
    graph.remove_node("dsplan")
    circles = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    assert circles == []


def test_the_graph_is_read() -> None:
    assert "dsplan.diff.budget" in set(imported("dsplan.diff.rolling", MODULES["dsplan.diff.rolling"]))
