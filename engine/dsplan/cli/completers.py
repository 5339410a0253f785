"""Shell completion: names of DaemonSets and nodes come from the files that the command line names so far."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from .sources import choice_of

__all__ = ["complete_edit", "complete_names", "complete_nodes", "is_file", "named_files"]

_SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".ndjson", ".gz")
_MOST = 500
_HARMLESS = re.compile(r"[A-Za-z0-9._:/@+-]+")
"""Names that mean nothing to a shell; no API server would take others, and none of them is offered."""


def is_file(text: str) -> bool:
    """Return whether a word of the command line is a source to read, and not the name of something in it."""
    return text == "-" or text.endswith(_SUFFIXES) or os.path.exists(text)


def named_files(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are sources."""
    return tuple(word for word in words if is_file(word))


def _names(ctx: click.Context) -> tuple[list[str], list[str]]:
    """Return the names of the DaemonSets and of the nodes in the files named so far; none where they cannot be read."""
    from ..errors import DsplanError
    from ..manifests.load import load

    words = (*(ctx.params.get("names") or ()), *(ctx.params.get("files") or ()), *ctx.args)
    named = (*named_files(words), *(ctx.params.get("more") or ()), *choice_of(ctx).cluster)
    paths = [path for path in named if path != "-"]
    if not paths:
        return [], []
    try:
        world = load(paths, validate=False)
    except (DsplanError, OSError):
        return [], []
    namespace = ctx.params.get("namespace")
    daemonsets = [entry for entry in world.daemonsets if namespace in (None, entry.metadata.namespace)]
    bare = [entry.name for entry in daemonsets]
    names = [entry.name if bare.count(entry.name) == 1 else str(entry.identity) for entry in daemonsets]
    return names, [node.name for node in world.nodes]


def _starting(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    found = [CompletionItem(word) for word in words if word.startswith(incomplete) and _HARMLESS.fullmatch(word)]
    return found[:_MOST]


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the words of `why`: a file first, then a DaemonSet and a node."""
    daemonsets, nodes = _names(ctx)
    if not daemonsets and not nodes:
        return [CompletionItem(incomplete, type="file")]
    given = [word for word in ctx.params.get("names") or () if not is_file(word)]
    candidates = nodes if any(word in daemonsets for word in given) else [*daemonsets, *nodes]
    return _starting((word for word in candidates if word not in given), incomplete)


def complete_nodes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a node."""
    return _starting(_names(ctx)[1], incomplete)


def complete_edit(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the object of an edit: `node/NAME:`, `ds/NAME:` where fields can be set, `ds/NAME` to undo."""
    daemonsets, nodes = _names(ctx)
    if param.name == "what_if_undo":
        return _starting([f"ds/{name}" for name in daemonsets], incomplete)
    words = [f"node/{name}:" for name in nodes]
    if param.name == "what_if_set":
        words = [f"ds/{name}:" for name in daemonsets] + words
    return _starting(words, incomplete)
