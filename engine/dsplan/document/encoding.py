"""Documents as JSON and YAML, and back."""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from typing import Any

import msgspec

from ..errors import InputError, Problem
from .bounds import out_of_bounds
from .origin import MadeFrom
from .types import PLAN_KIND, PLAN_VERSION, PlanDocument

__all__ = [
    "as_json", "as_yaml", "compact_json", "inert_json", "is_plan", "read_plan", "seal_of", "sealed", "without_origin",
]  # fmt: skip

_UNFOLDED = 1 << 30
_LIVELY = re.compile(r"[\x7f-\uffff\U00010000-\U0010ffff]|(?<=#)#(?=\[)")


def as_json(tree: Any) -> str:
    """Return plain values and structs as indented JSON, keys sorted, a line break at the end."""
    return inert_json(msgspec.json.format(compact_json(tree), indent=2).decode()) + "\n"


def inert_json(text: str) -> str:
    """Return JSON text of the same value in which nothing is a command to a terminal or to a CI service.

    JSON lets control characters beyond ASCII, marks that turn the direction of text, and `##[` stand as they are.

    >>> inert_json('{"a": "\\u202eb ##[error]"}')
    '{"a": "\\\\u202eb #\\\\u0023[error]"}'
    """
    is_plain = text.isascii() and "\x7f" not in text and "##[" not in text
    return text if is_plain else _LIVELY.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign.isprintable() and sign != "#":
        return sign
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def compact_json(tree: Any) -> bytes:
    """Return plain values and structs as JSON without blanks, keys sorted: the same value gives the same bytes."""
    return msgspec.json.encode(tree, order="sorted")


def as_yaml(tree: Any) -> str:
    """Return plain values and structs as YAML, keys sorted."""
    import yaml

    plain = msgspec.json.decode(compact_json(tree))
    base: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: Any = type("Dumper", (base,), {})
    dumper.add_representer(str, _inert_scalar)
    # No line is folded: what comes after a blank would stand at the beginning of a line.
    return str(yaml.dump(plain, Dumper=dumper, sort_keys=True, width=_UNFOLDED)).replace("##[", "#\\x23[")


def _inert_scalar(dumper: Any, text: str) -> Any:
    """Return a string in double quotes, on one line, where it has what a CI service might take for a command."""
    lively = "\n" in text or "::" in text or "##[" in text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if lively else None)


def sealed(plan: PlanDocument) -> PlanDocument:
    """Return the plan with the seal that it has to have.

    >>> from datetime import UTC, datetime
    >>> from dsplan.document.types import SummaryEntry
    >>> plan = sealed(PlanDocument(api_version="", version="2.0", dsplan_version="", semantics="", complete=True,
    ...     now=datetime(2026, 1, 1, tzinfo=UTC), applyable=False, errored=False, summary=SummaryEntry()))
    >>> seal_of(plan) == plan.seal
    True
    """
    return msgspec.structs.replace(plan, seal=seal_of(plan))


def seal_of(plan: PlanDocument) -> str:
    """Return the SHA-256 of everything in a plan but its seal."""
    return f"sha256:{sha256(compact_json(msgspec.structs.replace(plan, seal=''))).hexdigest()}"


def without_origin(plan: PlanDocument) -> PlanDocument:
    """Return the plan as it is printed: without what it was made from, so that equal clusters print equal plans.

    A broken seal stays broken.
    """
    bare = msgspec.structs.replace(plan, made_from=MadeFrom())
    return sealed(bare) if plan.seal == seal_of(plan) else bare


def is_plan(data: bytes) -> bool:
    """Return whether bytes look like a plan that dsplan wrote.

    >>> is_plan(b'{"kind": "Plan"}'), is_plan(b"kind: Plan"), is_plan(b"{")
    (True, False, False)
    """
    try:
        head = msgspec.json.decode(data, type=_Head) if data[:1] == b"{" else _Head()
    except msgspec.DecodeError:
        return False
    return head.kind == PLAN_KIND


class _Head(msgspec.Struct):
    kind: str = ""


def read_plan(data: bytes, source: str = "") -> PlanDocument:
    """Return the plan in JSON `data`, in which no set, wave or place goes beyond what is there.

    Raises InputError where it is no plan, or one of another major version: a minor version adds, a major one breaks.
    """
    try:
        head = msgspec.json.decode(data, type=_Version)
        if head.kind != PLAN_KIND:
            raise _refused("kind must be Plan", source)
        _check_version(head.version, source)
        json.loads(data, object_pairs_hook=_keys_once, parse_int=_short, parse_float=_short)
        plan = msgspec.json.decode(data, type=PlanDocument)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise _refused(str(error), source) from None
    if wrong := out_of_bounds(plan):
        raise _refused(wrong, source)
    return plan


def _refused(why: str, source: str) -> InputError:
    return InputError.of([Problem(reason="DecodeError", message=f"not a plan: {why}", source=source)])


def _check_version(version: str, source: str) -> None:
    major = PLAN_VERSION.partition(".")[0]
    if re.fullmatch(rf"{major}\.[0-9]+", version) is None:
        message = f"a plan of this version cannot be read by one that writes version {PLAN_VERSION}: make it again"
        problem = Problem(
            reason="FieldValueNotSupported",
            message=message,
            field="version",
            value=version[:40],
            accepted=(f"{major}.x",),
            source=source,
        )
        raise InputError.of([problem])


def _keys_once(pairs: list[tuple[str, object]]) -> None:
    """Refuse an object with a key twice, of which readers would see different values."""
    if len({key for key, _ in pairs}) != len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice[:40]!r} is there twice")


def _short(text: str) -> int:
    """Refuse numbers of hundreds of digits."""
    if len(text) > 40:
        raise ValueError(f"no number in a plan has {len(text):,} digits")
    return 0


class _Version(msgspec.Struct):
    version: str
    kind: str = ""
