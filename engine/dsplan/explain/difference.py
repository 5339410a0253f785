"""What-if, answered: the difference between the accounts of two plans; only what differs is in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ..constraints import BUILTIN_RULES, Rule
from ..model.arguments import check_moment, check_world
from ..model.brief import Brief
from ..model.world import Note, World
from ..planner import Plan, solve
from ..planner.account.difference import AccountDifference, difference
from .edits import Edit, apply_edits

__all__ = ["Difference", "what_if"]


class Difference(Brief, msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What some edits change in the account of a plan; `notes` are those that only the second plan has."""

    edits: tuple[Edit, ...]
    account: AccountDifference
    notes: tuple[Note, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.account)


def what_if(world: World, edits: Iterable[Edit], *, now: datetime, rules: Iterable[Rule] = BUILTIN_RULES) -> Difference:
    """Return what some edits would change in the plan, roll-outs played to their end.

    Raises InputError for an edit of something that is not there.

    >>> from datetime import UTC, datetime
    >>> from dsplan.explain.edits import SetLabel
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1"}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}},
    ...               "spec": {"nodeSelector": {"disktype": "ssd"}}}}},
    ... ])
    >>> found = what_if(world, [SetLabel("n1", "disktype", "ssd")], now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> found.account.daemonsets[0].create.more
    ('n1',)
    """
    check_world(world)
    check_moment(now)
    edits, rules = tuple(edits), tuple(rules)
    edited = apply_edits(world, edits)
    before = solve(world, now=now, rules=rules, forecast=True)
    after = solve(edited, now=now, rules=rules, forecast=True)
    return Difference(edits=edits, account=plan_difference(before, after), notes=_new_notes(before, after))


def plan_difference(before: Plan, after: Plan) -> AccountDifference:
    """Return what the second plan's account has that the first one's has not, and the reverse."""
    return difference(before.account, before.index.names, after.account, after.index.names)


def _new_notes(before: Plan, after: Plan) -> tuple[Note, ...]:
    return tuple(note for note in after.notes if note not in before.notes)
