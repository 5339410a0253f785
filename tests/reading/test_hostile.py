"""Hostile inputs, from bytes to World: each ends in a clear error, or is read, within a second and 300 MB."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dsplan.errors import InputError
from dsplan.manifests.load import load
from tests.timing import within_seconds

NODE = b"apiVersion: v1\nkind: Node\nmetadata: {name: a}\n"
JSON = b'{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"},"x":'


def alias_bomb() -> bytes:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 30)]
    return "\n".join(lines).encode()


def gibibyte_of_zeros() -> bytes:
    return b"\0" * (1 << 20) * 64


INPUTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "alias bomb": (alias_bomb, "excessive aliasing"),
    "many aliases": (lambda: b"a: &a [x]\nb: [" + b"*a," * 1_000_000 + b"]", "excessive aliasing"),
    "deep YAML": (lambda: b"a: " + b"[" * 100_000, "levels of nesting"),
    "deep blocks": (lambda: b"".join(b" " * level + b"a:\n" for level in range(3000)), "levels of nesting"),
    "deep JSON": (lambda: JSON + b"[" * 100_000 + b"]" * 100_000 + b"}", "levels of nesting"),
    "deeper than is read": (lambda: JSON + b"[" * 900 + b"]" * 900 + b"}", "levels of nesting"),
    "open JSON": (lambda: b'{"a":' * 100_000, "levels of nesting"),
    "100 digits": (lambda: NODE + b"status: {allocatable: {cpu: " + b"9" * 100 + b"}}\n", ""),
    "100 digits in JSON": (lambda: JSON + b"9" * 100 + b"}", "not a known field"),
    "100,000 digits in JSON": (lambda: JSON + b"9" * 100_000 + b"}", "more than 400 characters"),
    "zeros": (gibibyte_of_zeros, "NUL"),
    "zeros in gzip": (lambda: gzip.compress(gibibyte_of_zeros(), 1), "NUL"),
    "blanks in gzip": (lambda: gzip.compress(b" " * (100 << 20), 6), "bomb"),
    "cut gzip": (lambda: gzip.compress(os.urandom(100_000).hex().encode())[:-50], "cut off"),
    "NUL": (lambda: NODE + b"x: a\0b\n", "NUL"),
    "bell": (lambda: NODE + b"x: a\x07b\n", "control characters"),
    "no UTF-8": (lambda: NODE + b"x: \xc3(\n", "not UTF-8"),
    "Windows-1252": (lambda: NODE + "x: “café”\n".encode("cp1252"), "Windows-1252"),
    "repeated keys": (lambda: NODE + b"x: 1\n" * 100_000, "already set in map"),
    "repeated keys in JSON": (lambda: JSON + b"1" + b',"x":1' * 100_000 + b"}", "already set in map"),
    "NaN": (lambda: NODE + b"x: .nan\n", "not a JSON number"),
    "NaN in JSON": (lambda: JSON + b"NaN}", "expected a value"),
    "a huge label": (lambda: NODE.replace(b"a}", b"a, labels: {a: " + b"x" * 5_000_000 + b"}}"), "63 bytes"),
    "many documents": (lambda: b"---\nx\n" * 300_000, "expected an object"),
    "many separators": (lambda: b"---x\n" * 300_000, "separator"),
    "open quote": (lambda: b"a: '" + b"x\n" * 1_000_000, "end of stream"),
    "brackets in a string": (lambda: JSON + b'"' + b"[{" * 1_000_000 + b'"}', "not a known field"),
    "a list of millions": (lambda: NODE + b"x: [" + b"1," * 3_000_000 + b"1]\n", "more than 200,000 values"),
    "a list of millions in broken JSON": (lambda: JSON + b"[" + b"1," * 1_500_000 + b"}", "more than 200,000 values"),
    "a bare list of millions": (lambda: b"[" + b"1," * 1_500_000 + b"1]", "more than 250,000 values"),
    "a dump that is cut off": (lambda: JSON + b"[" + b"{}, " * 2_000_000, "is the file cut off?"),
    "a million nodes and more": (
        lambda: b"apiVersion: dsplan.dev/v1alpha1\nkind: NodePool\nmetadata: {name: a}\nspec: {replicas: 10000000}\n",
        "must be between",
    ),
}


def outcome(path: Path) -> str:
    try:
        return f"{len(load([path]).nodes)} nodes"
    except InputError as error:
        return str(error.problems[0])


@pytest.mark.parametrize("name", INPUTS)
def test_ends_within_a_second(name: str, tmp_path: Path) -> None:
    make, message = INPUTS[name]
    path = tmp_path / "input.yaml"
    path.write_bytes(make())
    with within_seconds(1):
        said = outcome(path)
    assert message in said
    assert said.startswith(f"{path}:") == bool(message)
    assert len(said) < 1000


MEASURED = """
import pathlib, sys
from dsplan.errors import InputError
from dsplan.manifests.load import load
for path in sys.argv[1:]:
    try:
        load([path])
    except InputError:
        pass
status = pathlib.Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_all_of_them_stay_within_300_megabytes(tmp_path: Path) -> None:
    for number, (make, _) in enumerate(INPUTS.values()):
        (tmp_path / f"{number}.yaml").write_bytes(make())
    with (tmp_path / "sparse.yaml").open("wb") as file:
        file.truncate(1 << 30)
    paths = sorted(map(str, tmp_path.iterdir()))
    run = subprocess.run([sys.executable, "-c", MEASURED, *paths], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 300_000


@pytest.mark.parametrize(
    "text",
    [
        b" " * 2_000_000 + b"x: [\n",
        b"values." * 200_000 + b"\n",
        b"Name: a\n" * 200_000,
        b"Name:  " + b"\n" * 500_000,
        b"data" + b"\n" * 500_000 + b"x",
        b"a@" * 500_000 + b"\n",
        b"{{" * 500_000,
        b"\x1b[" * 500_000,
        b"NAME   A\n" * 200_000,
        b"WARNING: x\n  y\n" * 100_000,
        b"{}\nx\n" * 30_000,
        b'{"type": "ADDED", "object": {"type": "ADDED", "object": ' * 60 + b"1" + b"}}" * 60,
        b'[{"a": 1}, ' + b"x" * 1_000_000,
    ],
    ids=lambda text: text[:20].decode("latin-1").strip(),
)
def test_patterns_that_look_for_what_a_text_is_end_soon(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "input.yaml").write_bytes(text)
    with within_seconds(2):
        outcome(tmp_path / "a" / "input.yaml")
        outcome(tmp_path / "a")
