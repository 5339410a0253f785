"""What admission needs to know, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import Problem

if TYPE_CHECKING:
    from ...model.namespaces import LimitRange, Namespace, ServiceAccount
    from ...model.priority import PriorityClass, RuntimeClass
    from ...model.world import World

__all__ = ["Admitted", "AdmissionContext", "Refusal", "forbidden"]


class AdmissionContext(msgspec.Struct, frozen=True, kw_only=True):
    """The objects that admission reads; the two PriorityClasses of the system are always known.

    `service_account` is what Pods get that name none; empty where the ServiceAccount plugin is off.
    """

    priority_classes: tuple[PriorityClass, ...] = ()
    runtime_classes: tuple[RuntimeClass, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    service_account: str = "default"

    @classmethod
    def of(cls, world: World) -> AdmissionContext:
        """Return the context that the objects of a world make.

        >>> from dsplan.model.world import World
        >>> AdmissionContext.of(World()).priority_classes
        ()
        """
        return cls(
            priority_classes=world.priority_classes,
            runtime_classes=world.runtime_classes,
            limit_ranges=world.limit_ranges,
            namespaces=world.namespaces,
            service_accounts=world.service_accounts,
        )


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """A Pod as it is stored: every default filled in, every class applied. The tree is the caller's to keep."""

    pod: dict[str, Any]
    qos_class: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An API server's answer to a Pod that it does not create.

    `code` and `reason` are the server's: 403 Forbidden by a plugin (the first one that objects), 422 Invalid, 400
    BadRequest. `problems` say what is wrong and where; with 422 they are the server's causes.
    """

    code: int
    reason: str
    problems: tuple[Problem, ...]

    @property
    def message(self) -> str:
        """Return all problems in one line; with 403 the server's words after `is forbidden: `."""
        if self.code != 403:
            return "; ".join(str(problem) for problem in self.problems)
        texts = [problem.message for problem in self.problems]
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def forbidden(messages: Iterable[tuple[str, str]]) -> Refusal:
    """Return the refusal of a plugin; each message has the field that it is about.

    >>> forbidden([("spec.priority", "is not the class's")]).message
    "is not the class's"
    """
    problems = (Problem(reason="FieldValueForbidden", field=field, message=text) for field, text in messages)
    return Refusal(code=403, reason="Forbidden", problems=tuple(problems))
