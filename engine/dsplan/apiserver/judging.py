"""What is refused while reading: by the rules what somebody wrote, by its shape alone what a server has accepted.

Objects of a cluster carry a uid and a resourceVersion. An API server accepted them, perhaps an older one with other
rules, so a dump is never refused for a rule. Pods that somebody wrote for a test or a question may leave out what only
creation demands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from dsplan.apiserver.schema.kinds import KINDS
from dsplan.errors import Problem
from dsplan.model.meta import ObjectMeta
from dsplan.model.pod import PodTemplate
from dsplan.model.world import type_of
from dsplan.reading.objects import RawObject

if TYPE_CHECKING:
    from dsplan.model.world import KubernetesObject

__all__ = ["Checks", "Level", "is_repeated_key", "judge"]

Level = Literal["strict", "warn", "ignore"]

_SHAPE = ("DecodeError", "SyntaxError", "LimitExceeded")
_REPEATED_KEY = "already set in map"


class Checks(msgspec.Struct, frozen=True):
    """How what is read is judged.

    `level`: `strict` refuses whatever breaks a rule, `warn` makes notes of it, `ignore` does not look. What cannot be
    read is refused in any case. `trust_stored`: objects that a cluster has stored are judged by their shape alone.
    """

    level: Level = "strict"
    trust_stored: bool = True


def judge(
    item: RawObject, decoded: KubernetesObject | None, unreadable: Sequence[Problem], checks: Checks
) -> list[Problem]:
    """Return everything that is wrong with one object, all at once; nothing for one that may be planned with.

    `decoded` is its typed view, None where there is none because of the problems in `unreadable`.
    """
    if (item.api_version, item.kind) not in KINDS:
        return _shape_problems(item, unreadable) if unreadable else []
    trusted = checks.level == "ignore" or (checks.trust_stored and _is_stored(item, decoded))
    if trusted and decoded is not None:
        return []
    from dsplan.apiserver.validation import validate

    found = validate(item.tree, strict=not trusted)
    if trusted:
        found = [problem for problem in found if problem.reason in _SHAPE]
    elif item.kind == "Pod" and checks.trust_stored:
        found = [problem for problem in found if problem.reason != "FieldValueRequired"]
    if decoded is None and not any(problem.reason in _SHAPE for problem in found):
        said = {problem.field for problem in found}
        found = [*(problem for problem in unreadable if problem.field not in said), *found]
    return found


def _shape_problems(item: RawObject, unreadable: Sequence[Problem]) -> list[Problem]:
    """Return every value of a wrong type in an object of which planning reads a part; decoding stops at the first."""
    from dsplan.apiserver.strict import shape_problems

    found = shape_problems(item.tree, type_of(item.kind))
    if item.kind == "Deployment":
        template = (item.tree.get("spec") or {}).get("template")
        inside = shape_problems(template, PodTemplate) if isinstance(template, dict) else []
        found += [msgspec.structs.replace(each, field=f"spec.template.{each.field}") for each in inside]
    return found or list(unreadable)


def is_repeated_key(problem: Problem) -> bool:
    """Return whether a problem of the reader is a key that is there twice, where the last one would count.

    >>> from dsplan.reading.read import read_bytes
    >>> [is_repeated_key(problem) for problem in read_bytes(b"apiVersion: v1\\nkind: Node\\nkind: Node").problems]
    [True]
    """
    return problem.reason == "DecodeError" and problem.message.endswith(_REPEATED_KEY)


def _is_stored(item: RawObject, decoded: KubernetesObject | None) -> bool:
    if decoded is not None and isinstance(decoded.metadata, ObjectMeta):
        return bool(decoded.metadata.uid and decoded.metadata.resource_version)
    metadata = item.tree.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("uid") and metadata.get("resourceVersion"))
