"""What stands around objects in terminals and chats is passed over and named; slips of the pen stay errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsplan.manifests.load import load
from dsplan.reading.read import Reading, read_bytes
from tests.timing import within_seconds

NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: %s}\n"
JSON_NODE = json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}, indent=4)


def reading(text: str | bytes, *, exact: bool = False) -> Reading:
    found = read_bytes(text.encode() if isinstance(text, str) else text, "x", exact=exact)
    assert [str(problem) for problem in found.problems] == []
    return found


def names(found: Reading) -> list[str]:
    return [item.name for item in found.objects]


def told(found: Reading) -> list[str]:
    return [f"{note.subject}: {note.text}" for note in found.notes]


HELM = """NAME: agent
LAST DEPLOYED: Sat Nov 28 10:00:00 2026
NAMESPACE: ops
STATUS: pending-install
REVISION: 1
TEST SUITE: None
USER-SUPPLIED VALUES:
image:
  tag: "1"

COMPUTED VALUES:
image:
  repository: x
  tag: "1"

HOOKS:
---
# Source: agent/templates/hook.yaml
apiVersion: v1
kind: Pod
metadata: {name: hook}
MANIFEST:
---
# Source: agent/templates/n.yaml
apiVersion: v1
kind: Node
metadata: {name: a}

NOTES:
Thank you for installing agent.
  1. kubectl get pods
"""


@pytest.mark.parametrize("exact", [False, True])
def test_what_helm_writes_around_its_objects(exact: bool) -> None:
    found = reading(HELM, exact=exact)
    assert names(found) == ["hook", "a"]
    assert told(found)[0] == "x:1: passed over, what helm writes around it, from 'NAME: agent' and 13 more lines"
    assert any("'NOTES:'" in line for line in told(found))


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("$ kubectl get node a -o yaml\n", ""),
        ("user@host:~/x$ kubectl get node a -o yaml\n", "user@host:~/x$ \n"),
        ("PS C:\\Users\\x> kubectl get node a -o yaml\n", "PS C:\\Users\\x>\n"),
        ("Here is the node, as you asked:\n```yaml\n", "```\n"),
        ("W1128 10:00:00.000000   12345 loader.go:221] Config not found\n", ""),
        (
            "WARNING: Kubernetes configuration file is group-readable.\nwalk.go:74: found symbolic link in path: /x\n",
            "",
        ),
        ("Warning: v1 ComponentStatus is deprecated\n", "Error from server (Forbidden): pods is forbidden\n"),
        ('time="2026-11-28T10:00:00Z" level=warning msg="x: y"\n', ""),
        ("Pulled: registry.example.com/agent:1.0\nDigest: sha256:00\n", 'Release "agent" has been upgraded.\n'),
    ],
)
@pytest.mark.parametrize("text", [NODE % "a", JSON_NODE + "\n", "---\n" + NODE % "a"])
def test_lines_around_an_object_are_named(before: str, behind: str, text: str, exact: bool) -> None:
    found = reading(before + text + behind, exact=exact)
    assert names(found) == ["a"]
    for number, line in enumerate(before.splitlines(), 1):
        assert any(note.startswith(f"x:{number}: passed over") for note in told(found)), line
    if behind:
        line = (before + text).count("\n") + 1
        assert any(note.startswith(f"x:{line}: passed over") for note in told(found))


def test_places_behind_a_line_that_is_passed_over() -> None:
    found = reading("$ kubectl\n" + NODE % "a" + "spec:\n  taints: []\n")
    assert found.objects[0].origin.place("spec.taints") == "x:6:11"


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec\n",
        "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nSpec:\n  taints: []\n",
        "apiVersion: v1\nkind Node\nmetadata: {name: a}\n",
        "apiVersion: v1\nKind: Node\nmetadata: {name: a}\n",
        "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nv:1\n",
    ],
)
def test_slips_of_the_pen_are_no_surroundings(text: str) -> None:
    found = read_bytes(text.encode(), "x")
    assert [note for note in found.notes if "passed over" in note.text] == []
    assert found.problems or "Spec" in found.objects[0].tree


def test_kind_with_a_capital_is_asked_about() -> None:
    [problem] = read_bytes(b"apiVersion: v1\nKind: Node\n").problems
    assert problem.message == "Object 'Kind' is missing, did you mean kind for Kind?"


DUMP = (
    '{\n    "kind": "NodeList",\n    "apiVersion": "v1",\n    "items": [{"metadata": {"name": "a"}}]\n}\n'
    "==== START logs for container main of pod ops/agent-1 ====\n"
    '{"level": "info", "kind": "Pod"}\n{\n  "apiVersion": "v1", "kind": "Node"\n}\n---\nfoo: [\n\x1b[31mred\x1b[0m\n'
    "==== END logs for container other of pod ops/agent-1 ====\n"
    "==== END logs for container main of pod ops/agent-1 ====\n"
    "==== START logs for container main of pod ops/agent-2 ====\nno end\n"
    '{\n    "kind": "NodeList",\n    "apiVersion": "v1",\n    "items": [{"metadata": {"name": "b"}}]\n}\n'
)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_stream_of_lists_with_logs_between(exact: bool, encoding: str) -> None:
    found = reading(DUMP.encode(encoding), exact=exact)
    assert names(found) == ["a", "b"]
    assert "x: 2 logs of containers between the objects passed over" in told(found)
    assert found.objects[1].origin.place() == "x:21:15"


@pytest.mark.parametrize("exact", [False, True])
def test_a_yaml_stream_of_lists_with_logs_between(exact: bool) -> None:
    logs = DUMP[DUMP.index("==== START") : DUMP.index("==== START logs for container main of pod ops/agent-2")]
    listed = "apiVersion: v1\nitems:\n- metadata:\n    name: %s\nkind: NodeList\n"
    found = reading(listed % "a" + logs + "---\n" + listed % "b", exact=exact)
    assert names(found) == ["a", "b"]


@pytest.mark.parametrize("exact", [False, True])
def test_colours(exact: bool) -> None:
    json_text = JSON_NODE.replace('"kind"', '\x1b[34;1m"kind"\x1b[0m').replace("{", "\x1b[1;39m{\x1b[0m")
    yaml_text = (
        "\x1b[36mapiVersion\x1b[0m:\x1b[32m v1\x1b[0m\n\x1b[36mkind\x1b[0m: Node\nmetadata:\n  \x1b[36mname\x1b[0m: a\n"
    )
    for text in (json_text, yaml_text):
        found = reading(text, exact=exact)
        assert names(found) == ["a"]
        assert told(found) == ["x: codes for colours are left out"]


@pytest.mark.parametrize("exact", [False, True])
def test_what_is_quoted_in_a_mail(exact: bool) -> None:
    quoted = "".join(f"> {line}\n" for line in (NODE % "a").splitlines())
    for text in (quoted, "> look:\n>\n" + quoted):
        assert names(reading(text, exact=exact)) == ["a"]


def test_many_strange_lines_are_counted() -> None:
    found = reading("\n".join(f"W1128 10:00:00.000000 1 x.go:1] {number}" for number in range(200)) + "\n" + NODE % "a")
    assert names(found) == ["a"]
    assert len(found.notes) == 6
    assert told(found)[-1] == "x: 195 more lines behind line 5 passed over"


def test_logs_without_ends_end_within_a_second() -> None:
    block = b"==== START logs for container c%d of pod a/b ====\nx\n"
    data = b'{"kind":"NodeList","apiVersion":"v1","items":[]}\n' + b"".join(block % number for number in range(50_000))
    with within_seconds(1):
        read_bytes(data)


def test_json_lines_of_a_log_between_objects_are_no_objects() -> None:
    found = reading(JSON_NODE + '\n{"level": "info", "msg": "started", "ts": 1}\n' + JSON_NODE.replace('"a"', '"b"'))
    assert names(found) == ["a", "b"]
    assert told(found) == ["x: a line of a log passed over"]


def test_a_chat_paste_is_planned_from(tmp_path: Path) -> None:
    text = f"hi! this is what I get:\n```\n$ kubectl get nodes -o yaml\n{NODE % 'a'}```\nany ideas?\n"
    (tmp_path / "paste.txt").write_text(text)
    assert [node.name for node in load([tmp_path / "paste.txt"]).nodes] == ["a"]
