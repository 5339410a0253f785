"""Every command with every format, run over one cluster: what each prints and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from click.testing import CliRunner

from dsplan.cli import cli
from dsplan.cli.failures import reporting_failures

NOW = "2026-05-01T12:00:00Z"
FORMATS = {
    "solve": ("table", "wide", "json", "jsonl", "yaml", "name", "markdown"),
    "why": ("table", "wide", "json", "yaml", "markdown"),
    "timeline": ("table", "wide", "json", "yaml", "csv"),
    "compare": ("table", "json", "csv"),
    "fit": ("table", "json"),
    "overhead": ("table", "json"),
    "status": ("table", "jsonl"),
    "history": ("table", "json"),
    "get": ("table", "wide", "json", "name"),
    "check": ("table", "json", "yaml", "github", "markdown", "sarif", "junit", "gitlab"),
    "validate": ("table", "json", "github", "sarif", "junit"),
}


class Ran(msgspec.Struct, frozen=True):
    """What one command printed."""

    words: tuple[str, ...]
    stdout: str
    stderr: str
    error: BaseException | None

    @property
    def format(self) -> str:
        return self.words[self.words.index("-o") + 1] if "-o" in self.words else "table"


def run(*words: str) -> Ran:
    """Run one command in this process, as `main` does."""
    error: BaseException | None = None
    with CliRunner().isolation() as (out, err, _):
        try:
            with reporting_failures():
                cli.main([*words], prog_name="dsplan")
        except SystemExit:
            pass
        except Exception as caught:
            error = caught
        sys.stdout.flush()
        sys.stderr.flush()
        return Ran(words, *(part.getvalue().decode("utf-8", "surrogateescape") for part in (out, err)), error)


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
    yield run("snapshot", str(path), "-o", "-", "--validate", validate)
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
    return ran.error is not None
