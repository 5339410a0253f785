"""Hostile text in every string of every kind reaches no terminal, log, page, table or shell as anything but text.

Tried: without `inert` in `joined`, with `text_cell` as the text itself, and with PyYAML's own folding, tests fail here.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

import dsplan

from .commands import Ran, every_command, is_fault, run
from .world import Tree, objects, text_of

SUFFIX = (
    "\x1b[31mR\x1b]0;T\x07|`x`<script>[l](http://evil)@all\r\n::error::pwn\u202e\u009b2J##[add-mask]q;$(touch z)\u2028"
    " ::error::w"
)
PREFIX = "::error file=x::"
LITERAL = {
    "apiVersion", "kind", "type", "effect", "status", "phase", "controller", "cpu", "memory", "pods", "timeAdded",
    "imageBytesPerSecond", "creationTimestamp", "lastTransitionTime", "startTime", "startedAt", "resourceVersion",
}  # fmt: skip
OURS = re.compile(r"::(error|warning|notice) (file=/|title=dsplan )")
MAPS = {"labels", "annotations", "matchLabels", "nodeSelector"}
KEPT = {"controller-revision-hash"}


def hostile(tree: Any, prefix: str, suffix: str, key: str = "") -> Any:
    """Return a tree with the same text around every string, so that what refers to something still does."""
    if isinstance(tree, dict):
        changed = {name: hostile(value, prefix, suffix, name) for name, value in tree.items()}
        if key in MAPS:
            return {name if name in KEPT else f"{prefix}{name}{suffix}": value for name, value in changed.items()}
        return changed
    if isinstance(tree, list):
        return [hostile(entry, prefix, suffix, key) for entry in tree]
    is_text = isinstance(tree, str) and key not in LITERAL
    return f"{prefix}{tree}{suffix}" if is_text else tree


def planted(prefix: str, suffix: str) -> list[Tree]:
    """Return the cluster with hostile text; dsplan refuses it in its own kinds, which `objects` ends with."""
    return [hostile(tree, prefix, suffix) for tree in objects()[:-1]]


def wrong_with(ran: Ran) -> Iterator[str]:
    for text in (ran.stdout, ran.stderr):
        odd = sorted({sign for sign in text if not sign.isprintable() and sign != "\n"})
        if odd:
            yield f"has {odd}"
        if "##[" in text:
            yield "has ##["
        for line in text.split("\n"):
            if line.lstrip().startswith("::") and not (ran.format == "github" and OURS.match(line)):
                yield f"has the command {line[:60]!r}"
    if ran.format == "markdown":
        yield from wrong_markdown(ran.stdout)
    if ran.format in ("json", "sarif") and ran.stdout:
        json.loads(ran.stdout)
    if ran.format == "junit":
        Xml.fromstring(ran.stdout)


def wrong_markdown(text: str) -> Iterator[str]:
    text = re.sub(r"^```diff$.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    spoken = re.sub(r"`[^`\n]*`", "", text)
    for mark in ("<script", "](http", "http://", "@all", "`"):
        if mark in spoken.replace("\\]", ""):
            yield f"has {mark} outside of code"
    pipes = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    if any(count not in (3, 4, 5, 6, 8) for count in pipes):
        yield f"has rows that end early: {rows[:3]}"


@pytest.mark.parametrize(("prefix", "suffix"), [("", SUFFIX), (PREFIX, "")])
@pytest.mark.parametrize("validate", ["ignore", "warn", "strict"])
def test_hostile_text_in_every_string(prefix: str, suffix: str, validate: str, tmp_path: Path) -> None:
    path = tmp_path / "cluster.jsonl"
    path.write_text(text_of(planted(prefix, suffix)), encoding="utf-8")
    ran = list(every_command(path, validate=validate))
    assert [(one.words, repr(one.error)) for one in ran if is_fault(one)] == []
    if validate != "strict":
        assert sum(bool(one.stdout) for one in ran) > 30
    found = [(one.words[0], one.format, text) for one in ran for text in wrong_with(one)]
    assert found == []


def test_a_hostile_plan_file(tmp_path: Path) -> None:
    path = tmp_path / "cluster.jsonl"
    path.write_text(text_of(objects()), encoding="utf-8")
    plan = tmp_path / "plan.json"
    run("solve", str(path), "--out", str(plan), "--validate", "ignore", "--now", "2026-05-01T12:00:00Z")
    tree = json.loads(plan.read_text())
    tree["notes"] = [{"subject": SUFFIX, "text": f"a{SUFFIX}"}]
    tree["nodes"] = [f"{name}{SUFFIX}" for name in tree["nodes"]]
    for entry in tree["daemonsets"]:
        entry["name"] += SUFFIX
        entry["nodeSelector"] += SUFFIX
    for action in tree["actions"]:
        action["name"] = str(action.get("name", "")) + SUFFIX
    plan.write_text(json.dumps(tree))
    for output in ("table", "wide", "json", "jsonl", "yaml", "name", "markdown"):
        ran = run("show", str(plan), "-o", output)
        assert not ran.error
        assert list(wrong_with(ran)) == [], output
    ran = run("verify", str(plan))
    assert "!" in ran.stdout
    assert list(wrong_with(ran)) == []


@pytest.mark.parametrize(
    "name", ["::error::x\x1b[31m.yaml", "a\n::error::x.yaml", "##[add-mask]x.yaml", "x\u202ey.json"]
)
def test_hostile_names_of_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("kind: Node\napiVersion: v1\nmetadata: {name: N}\n", encoding="utf-8")
    for words in (("validate", str(path)), ("validate", str(path), "-o", "github"), ("solve", str(path)),
                  ("solve", f"{path}.not"), ("validate", str(path), "-o", "junit"), ("show", str(path))):  # fmt: skip
        ran = run(*words)
        assert not is_fault(ran)
        assert list(wrong_with(ran)) == [], words


def test_completion_offers_no_name_that_a_shell_would_read(tmp_path: Path) -> None:
    from click.shell_completion import ShellComplete

    from dsplan.cli import cli

    path = tmp_path / "evil.jsonl"
    names = ["n$(touch x)", "`x`", "n;x", "n\nplain,rm", "n x", "n'\"", "good-1"]
    trees = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}} for name in names]
    path.write_text(text_of([*objects()[:1], *trees]), encoding="utf-8")
    items = ShellComplete(cli, {}, "dsplan", "X").get_completions(["why", str(path), "agent"], "")
    assert [item.value for item in items] == ["good-1"]


def test_names_for_xargs_are_words(tmp_path: Path) -> None:
    path = tmp_path / "cluster.jsonl"
    found = planted("", ";$(touch z) x")
    found[1]["metadata"]["labels"] = {}
    path.write_text(text_of(found), encoding="utf-8")
    ran = run("solve", str(path), "-o", "name", "--validate", "ignore", "--now", "2026-05-01T12:00:00Z")
    assert ran.stdout
    assert all(line == f"'{line[1:-1]}'" for line in ran.stdout.splitlines())


def test_every_command_prints_through_the_sinks() -> None:
    """Nothing but `cli/sinks.py` (and the protocol of completion) writes to the terminal; `joined` makes texts."""
    engine = Path(dsplan.__file__).parent
    for path in [*(engine / "cli").glob("*.py")]:
        if path.name in ("sinks.py", "completion.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("echo", "secho"), path.name
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", path.name
    for path in [*(engine / "report").rglob("*.py")]:
        if path.name not in ("inert.py", "chart.py", "github.py", "table.py"):
            assert '"\\n".join' not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(("prefix", "suffix"), [("", SUFFIX), (PREFIX, "")])
@pytest.mark.parametrize("position", [-1, 0, 1])
def test_what_is_refused_is_told_without_harm(prefix: str, suffix: str, position: int, tmp_path: Path) -> None:
    found = objects()
    found[position] = hostile(found[position], prefix, suffix)
    path = tmp_path / "cluster.jsonl"
    path.write_text(text_of(found), encoding="utf-8")
    for words in (("solve", str(path)), ("validate", str(path)), ("validate", str(path), "-o", "github")):
        ran = run(*words)
        assert not is_fault(ran)
        assert list(wrong_with(ran)) == []
        assert ran.stderr or "problem" in ran.stdout
