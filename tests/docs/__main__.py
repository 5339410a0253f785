"""Writes the outputs of console blocks in README and docs anew, those with `...` apart: `python -m tests.docs`."""

from __future__ import annotations

import os
import re

from tests.docs.test_console import BLOCK, PAGES, ROOT, command_of, printed


def renewed(found: re.Match[str]) -> str:
    block, after = found[1], found[2]
    _, newline, rest = block.partition("\n")
    command, told = command_of(block), rest or after
    if not command or not told or "..." in {line.strip() for line in told.splitlines()}:
        return found[0]
    return found[0].replace(
        f"{newline}{told}" if rest else told, f"{newline}{printed(command)}" if rest else printed(command)
    )


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ.pop("COLUMNS", None)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(renewed, text), encoding="utf-8")
