from __future__ import annotations


def solve() -> None: ...
