"""GitLab's code quality report: what its widget in a merge request reads."""

from __future__ import annotations

from typing import Any

from .log import Entry, Log
from .sarif import fingerprint

__all__ = ["gitlab_log"]

_SEVERITIES = {"error": "critical", "warning": "major", "info": "info"}


def gitlab_log(log: Log) -> list[dict[str, Any]]:
    """Return one issue an entry. GitLab demands a path of each, so what is in no file is told under `cluster`.

    >>> gitlab_log(Log(name="x", rules=(), entries=(), ranked=(), sources=(), summary="", passed=""))
    []
    """
    return [_issue(entry) for entry in log.entries]


def _issue(entry: Entry) -> dict[str, Any]:
    return {
        "description": entry.message,
        "check_name": entry.rule,
        "fingerprint": fingerprint(entry),
        "severity": _SEVERITIES[entry.level],
        "location": {"path": entry.source if entry.has_file else "cluster", "lines": {"begin": entry.line or 1}},
    }
