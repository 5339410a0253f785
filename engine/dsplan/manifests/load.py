"""Files to a World."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import InputError, Problem
from ..model.meta import RawTree
from ..model.world import World
from .decode import decode

__all__ = ["load"]

_SUFFIXES = (".yaml", ".yml", ".json")


def load(paths: Iterable[str | Path]) -> World:
    """Return the World of all files; a folder stands for the YAML and JSON files below it, `-` for standard input.

    Raises InputError with every problem of every file.
    """
    trees: list[RawTree] = []
    problems: list[Problem] = []
    for source, text in _texts(paths):
        try:
            trees.extend(_documents(text))
        except ValueError as error:
            problems.append(Problem(reason="SyntaxError", message=str(error), source=source))
    if problems:
        raise InputError.of(problems)
    return decode(trees)


def _texts(paths: Iterable[str | Path]) -> Iterator[tuple[str, str]]:
    for path in map(str, paths):
        if path == "-":
            yield "<stdin>", sys.stdin.read()
        elif Path(path).is_dir():
            for file in sorted(Path(path).rglob("*")):
                if file.suffix in _SUFFIXES:
                    yield str(file), file.read_text(encoding="utf-8")
        else:
            yield path, _read(path)


def _read(path: str) -> str:
    import gzip

    data = Path(path).read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8")


def _documents(text: str) -> Iterator[RawTree]:
    if text.lstrip().startswith("{"):
        yield json.loads(text)
        return
    import yaml

    try:
        for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
            if isinstance(document, dict):
                yield json.loads(json.dumps(document, default=_iso))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _iso(value: object) -> str:
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()).replace("+00:00", "Z") if isoformat else str(value)
