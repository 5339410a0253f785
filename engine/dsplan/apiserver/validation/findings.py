"""The list that every check writes its problems to, in the order in which an API server reports them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from ...errors import Problem

__all__ = ["Findings", "did_you_mean"]


class Findings:
    """Problems found so far; one method for every kind of cause in a Kubernetes status.

    >>> found = Findings()
    >>> found.not_supported("spec.restartPolicy", "always", ["Always"])
    >>> print(found.problems[0])
    spec.restartPolicy: is not one of the accepted values, did you mean 'Always'?, seen: 'always'
    """

    __slots__ = ("problems",)

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, reason: str, field: str, message: str, value: Any = msgspec.UNSET) -> None:
        """Add a problem whose reason is `FieldValue` + `reason`."""
        self.problems.append(Problem(reason="FieldValue" + reason, field=field, message=message, value=value))

    def invalid(self, field: str, value: Any, message: str) -> None:
        """The value breaks the rule in `message`."""
        self.add("Invalid", field, message, value)

    def invalid_each(self, field: str, value: Any, messages: Iterable[str]) -> None:
        """The value breaks every rule in `messages`; none for a good value."""
        for message in messages:
            self.add("Invalid", field, message, value)

    def required(self, field: str, message: str = "must be set") -> None:
        """A value is missing or empty."""
        self.add("Required", field, message)

    def forbidden(self, field: str, message: str) -> None:
        """The field may not be set here."""
        self.add("Forbidden", field, message)

    def duplicate(self, field: str, value: Any, message: str = "must be unique") -> None:
        """The value was there before."""
        self.add("Duplicate", field, message, value)

    def not_found(self, field: str, value: Any, message: str) -> None:
        """The name refers to nothing."""
        self.add("NotFound", field, message, value)

    def internal(self, field: str, message: str) -> None:
        """A check could not be made; the only reason without the prefix."""
        self.problems.append(Problem(reason="InternalError", field=field, message=message))

    def too_many(self, field: str, limit: int, unit: str) -> None:
        """A list of more than `limit` entries."""
        self.add("TooMany", field, f"may not have more than {limit} {unit}")

    def too_long(self, field: str, limit: int, unit: str = "bytes") -> None:
        """Longer than `limit`."""
        self.add("TooLong", field, f"may not be more than {limit} {unit}")

    def not_supported(self, field: str, value: str, accepted: Collection[str]) -> None:
        """The value is not in the closed set `accepted`."""
        message = "is not one of the accepted values" + did_you_mean(value, accepted)
        self.problems.append(
            Problem(
                reason="FieldValueNotSupported", field=field, message=message, value=value, accepted=tuple(accepted)
            )
        )


def did_you_mean(word: str, accepted: Collection[str]) -> str:
    """Return `, did you mean 'x'?` for the closest of `accepted`, empty if none is close.

    >>> did_you_mean("rollingupdate", ["RollingUpdate", "OnDelete"])
    ", did you mean 'RollingUpdate'?"
    """
    folded = word.casefold() if len(word) <= 64 else ""
    for candidate in accepted:
        if folded and candidate.casefold() == folded:
            return f", did you mean {candidate!r}?"
    if not folded:
        return ""
    from difflib import get_close_matches

    close = get_close_matches(word, accepted, n=1, cutoff=0.7)
    return f", did you mean {close[0]!r}?" if close else ""
