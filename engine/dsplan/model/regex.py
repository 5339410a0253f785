"""Regular expressions that are compiled when they are first used.

Compiling all of them took a tenth of the time of a small plan, which needs a few.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

__all__ = ["regex"]


class _Late:
    def __init__(self, text: Any, flags: int) -> None:
        self._source = (text, flags)

    def __getattr__(self, name: str) -> Any:
        """Compile the expression; its methods are attributes of this object from then on."""
        compiled = re.compile(*self._source)
        for method in ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` returns, but compiled on first use.

    >>> digits = regex("[0-9]+")
    >>> digits.sub("-", "a12b3")
    'a-b-'
    """
    return cast("re.Pattern[AnyStr]", _Late(text, flags))
