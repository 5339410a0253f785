"""Everything dsplan raises.

    DsplanError
    ├── InputError       bad input: an ExceptionGroup holding one InvalidInput for every problem found
    ├── InvalidInput     one problem; `.problem` says where, what was seen and what is accepted
    ├── LimitExceeded    a bound on time, memory or search steps was spent
    └── ConstraintFault  an embedder's constraint raised or broke its protocol

An impossible plan is a result, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

__all__ = [
    "SECRET_FIELDS",
    "ConstraintFault",
    "DsplanError",
    "InputError",
    "InvalidInput",
    "LimitExceeded",
    "Problem",
    "may_be_secret",
    "printable",
]


_MOST_TOLD = 20
SECRET_FIELDS = frozenset(("env", "envFrom", "args", "command", "annotations", "httpHeaders", "data", "stringData"))
"""Fields whose values are never shown: not in reports, not in messages."""
_STEPS = re.compile(r"[.\[\]]+")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with the input, as a value.

    `reason` is the cause reason an API server uses (`FieldValueInvalid`, `FieldValueRequired`,
    `FieldValueNotSupported`, `FieldValueForbidden`, `FieldValueDuplicate`, `FieldValueTooLong`) or one of
    dsplan's own: `SyntaxError`, `DecodeError`, `DuplicateObject`, `LimitExceeded`, `Unreadable`.
    `field` is the path as Kubernetes prints it (`spec.template.spec.containers[0].name`), empty for the whole object.
    `line` and `column` count from 1.

    >>> str(Problem(reason="FieldValueInvalid", field="spec.minReadySeconds", message="must be >= 0", value=-1,
    ...             source="ds.yaml", line=7, column=20))
    'ds.yaml:7:20: spec.minReadySeconds: must be >= 0, seen: -1'
    """

    reason: str
    message: str
    field: str = ""
    value: Any = msgspec.UNSET
    accepted: tuple[str, ...] = ()
    object: str = ""
    source: str = ""
    line: int | None = None
    column: int | None = None

    @property
    def seen(self) -> str:
        """The value in a few words; where it may be secret, what kind of value it is."""
        if may_be_secret(_STEPS.split(self.field), self.value):
            return _KINDS.get(type(self.value), "a value")
        return shorten(self.value)

    def __str__(self) -> str:
        """Return `file:line:column: object: field: message, seen: value (accepted: ...)`, one printable line."""
        return printable(self.text)

    @property
    def text(self) -> str:
        """What `str` returns, before it is made printable: for writers that escape by rules of their own."""
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part not in ("", None))
        text = ": ".join(part for part in (place, self.object, self.field, self.message) if part)
        is_quoted = isinstance(self.value, str) and f'"{self.value}"' in self.message
        if self.value is not msgspec.UNSET and not is_quoted:
            text += f", seen: {self.seen}"
        if self.accepted and not all(one in self.message for one in self.accepted):
            text += f" (accepted: {', '.join(self.accepted)})"
        return text


_KINDS: dict[type, str] = {
    str: "a string", dict: "an object", list: "a list", int: "a number", float: "a number", bool: "a boolean",
    type(None): "null",
}  # fmt: skip
"""What is said of a value that may be secret."""


def shorten(value: Any, limit: int = 80) -> str:
    """Return `repr(value)` cut to `limit` characters, without ever building a huge text.

    >>> shorten("x" * 1000, limit=8)
    "'xxxx..."
    """
    if isinstance(value, str | bytes):
        value = value[: limit + 1]
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 512:
        return "an integer of more than 512 bits"
    elif isinstance(value, dict):
        return f"an object with {len(value)} keys"
    elif isinstance(value, list | tuple) and len(value) > 8:
        return f"a list of {len(value)} entries"
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def may_be_secret(path: Sequence[str | int], value: Any) -> bool:
    """Return whether a value at a path is, or has in it, what is never shown.

    >>> may_be_secret(("spec", "containers", 0, "env", 0, "value"), "x"), may_be_secret(("containers",), [{"args": []}])
    (True, True)
    >>> may_be_secret(("spec", "hostNetwork"), True)
    False
    """
    return not SECRET_FIELDS.isdisjoint(path) or _has_secret(value)


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return not SECRET_FIELDS.isdisjoint(value) or any(map(_has_secret, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_secret, value))


def printable(text: str) -> str:
    """Return the text with everything escaped that a terminal might act upon.

    >>> printable("a\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


class DsplanError(Exception):
    """Base of all exceptions that dsplan raises on purpose."""


class InvalidInput(DsplanError):
    """One problem of the input."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class InputError(ExceptionGroup[InvalidInput], DsplanError):
    """Bad input, with every problem that was found.

    >>> error = InputError.of([Problem(reason="SyntaxError", message="not YAML", source="a.yaml", line=3)])
    >>> [str(problem) for problem in error.problems]
    ['a.yaml:3: not YAML']
    >>> print(error)
    1 problem in the input
      a.yaml:3: not YAML
    """

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> InputError:
        """Return the group of all `problems`; at least one is needed."""
        errors = [InvalidInput(problem) for problem in problems]
        return cls(f"{len(errors)} problem{'s' * (len(errors) != 1)} in the input", errors)

    def __str__(self) -> str:
        """Return how many problems there are, and the first of them, one a line."""
        lines = [self.message, *(f"  {problem}" for problem in self.problems[:_MOST_TOLD])]
        more = len(self.problems) - _MOST_TOLD
        return "\n".join([*lines, f"  ... and {more:,} more; .problems has all"] if more > 0 else lines)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order they were found."""
        return tuple(error.problem for error in self.exceptions if isinstance(error, InvalidInput))

    def derive(self, excs: Sequence[Exception], /) -> InputError:  # type: ignore[override]
        """Return a group of the same type, as `split` and `subgroup` need it."""
        return InputError(self.message, [exc for exc in excs if isinstance(exc, InvalidInput)])


class LimitExceeded(DsplanError):
    """A stated bound (search steps, bytes, nesting) was reached."""


class ConstraintFault(DsplanError):
    """A constraint raised an exception or returned something outside its protocol."""
