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

__all__ = ["as_json", "as_yaml", "compact_json", "is_plan", "read_plan", "seal_of", "sealed", "without_origin"]


def as_json(tree: Any) -> str:
    """Return plain values and structs as indented JSON, keys sorted, a line break at the end."""
    return msgspec.json.format(compact_json(tree), indent=2).decode() + "\n"


def compact_json(tree: Any) -> bytes:
    """Return plain values and structs as JSON without blanks, keys sorted: the same value gives the same bytes."""
    return msgspec.json.encode(tree, order="sorted")


def as_yaml(tree: Any) -> str:
    """Return plain values and structs as YAML, keys sorted."""
    import yaml

    plain = msgspec.json.decode(compact_json(tree))
    return str(yaml.dump(plain, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=True))


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
