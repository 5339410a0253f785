"""What rules find: how bad, about what, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from ..model.meta import Identity

__all__ = ["Finding", "Severity", "Spot"]


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Something will break, or will not run."""
    WARNING = "warning"
    """It works today, and is known to hurt."""
    INFO = "info"
    """Worth a look; often on purpose."""

    @property
    def rank(self) -> int:
        """Place in the order from the worst; 0 is the worst.

        >>> sorted(Severity, key=lambda each: each.rank)[0].value
        'error'
        """
        return list(Severity).index(self)


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule yields: one risk of one object.

    `field` is the path as Kubernetes prints it, empty for the whole object. `text` says what it affects in this
    cluster; `nodes` are the names of the nodes concerned. `fix` says what to do, `command` is a shell command that does
    it, `patch` a strategic merge patch of the object. `severity` is given where it is not the rule's own.
    """

    object: Identity
    text: str
    field: str = ""
    nodes: tuple[str, ...] = ()
    fix: str = ""
    command: str = ""
    patch: Mapping[str, Any] = {}
    severity: Severity | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A spot under the id of its rule, with its place in the source.

    `source` is empty and `line` None where the place is not known; lines and columns count from 1.
    """

    rule: str
    severity: Severity
    spot: Spot
    source: str = ""
    line: int | None = None
    column: int | None = None

    @property
    def object(self) -> Identity:
        """The object that it is about."""
        return self.spot.object

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.source, self.line, self.column) if part not in ("", None))
