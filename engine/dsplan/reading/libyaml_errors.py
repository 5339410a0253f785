"""What the errors of libyaml mean; releases word them differently, so as little as can be hangs on their words."""

from __future__ import annotations

from typing import Any, Final

from dsplan.model.regex import regex
from dsplan.reading import limits

__all__ = ["TOO_DEEP", "refused_colon", "told"]

TOO_DEEP: Final = f"more than {limits.MAX_DEPTH} levels of nesting"
_DEPTH_WORDS: Final = regex(r"nest|depth|level")
_COLON_WORDS: Final = regex(r"unexpected.*:")


def told(error: Any) -> tuple[str, str]:
    """Return reason and message for an error.

    The scanner runs ahead of the events, and newer ones bound the nesting themselves, by 1,000 levels, which is more
    than MAX_DEPTH.
    """
    if _DEPTH_WORDS.search(f"{error.context} {error.problem}"):
        return "LimitExceeded", TOO_DEEP
    return "SyntaxError", error.problem or error.context or "not YAML"


def refused_colon(error: Any, text: str) -> int | None:
    """Return the offset of the colon that libyaml refuses in a flow collection and go-yaml does not."""
    if error.problem_mark is None or not _COLON_WORDS.search(error.problem or ""):
        return None
    offset: int = error.problem_mark.index
    return offset if text[offset : offset + 1] == ":" else None
