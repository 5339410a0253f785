"""Every command with every format, run over one cluster: what each prints and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from click.testing import CliRunner

from dsplan.cli import cli
from dsplan.errors import DsplanError, InputError

NOW = "2026-05-01T12:00:00Z"
FORMATS = {
    "solve": ("table", "wide", "json", "jsonl", "yaml", "name", "markdown"),
    "why": ("table", "wide", "json", "yaml", "markdown"),
    "timeline": ("table", "wide", "json", "yaml", "csv"),
    "compare": ("table", "json", "csv"),
    "fit": ("table", "json"),
    "overhead": ("table", "json"),
    "history": ("table", "json"),
    "get": ("table", "wide", "json", "name"),
    "validate": ("table", "json", "github", "sarif", "junit"),
}
MACHINES = ("json", "jsonl", "yaml", "sarif", "junit", "csv")


class Ran(msgspec.Struct, frozen=True):
    """What one command printed."""

    words: tuple[str, ...]
    stdout: str
    stderr: str
    error: BaseException | None

    @property
    def format(self) -> str:
        return self.words[self.words.index("-o") + 1] if "-o" in self.words else "table"

    @property
    def is_for_people(self) -> bool:
        return self.format not in MACHINES and self.words[0] != "snapshot"


def run(*words: str) -> Ran:
    """Run one command in this process; what `main` would print of an error is in `stderr`."""
    done = CliRunner().invoke(cli, words)
    error = None if isinstance(done.exception, SystemExit) else done.exception
    stderr = done.stderr
    if isinstance(error, InputError):
        stderr += "".join(f"error: {problem}\n" for problem in error.problems)
    elif isinstance(error, DsplanError):
        stderr += f"error: {error}\n"
    return Ran(words, done.stdout, stderr, error)


def every_command(path: Path, *, validate: str = "ignore", now: str = NOW) -> Iterator[Ran]:
    """Run every command in every format over a cluster; plans go through files and come back."""
    options = ("--validate", validate, "--now", now)
    for command, formats in FORMATS.items():
        for output in formats:
            yield run(command, str(path), "-o", output, *(() if command == "validate" else options))
    yield run("describe", str(path), *options)
    yield run("timeline", str(path), "--events", *options)
    yield run("why", str(path), "agent", "n1", *options)
    yield run("why", str(path), "agent", "n1", "-o", "markdown", *options)
    yield run("solve", str(path), "--undo", "ds/default/agent", *options)
    yield run("snapshot", str(path), "--validate", validate)
    yield from _about_plans(path, options)


def _about_plans(path: Path, options: tuple[str, ...]) -> Iterator[Ran]:
    plan = str(path.with_suffix(".plan.json"))
    yield run("solve", str(path), "--out", plan, *options)
    if not Path(plan).exists():
        return
    for output in FORMATS["solve"]:
        yield run("show", plan, "-o", output)
    yield run("verify", plan, "--cluster", str(path), *options[:2])
    for output in ("table", "markdown", "json"):
        yield run("diff", plan, str(path), "-o", output, *options)
    for output in ("table", "json"):
        yield run("drift", plan, "--cluster", str(path), "-o", output, *options)


def is_fault(ran: Ran) -> bool:
    """Return whether a command ended with an exception that dsplan did not raise on purpose."""
    return ran.error is not None and not isinstance(ran.error, DsplanError | OSError)
