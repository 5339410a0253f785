"""The lots of the pods that are on a node: who stays, who goes, by whom and when."""

from __future__ import annotations

from ...diff import ActionReason
from ...diff.manage import manage_rule
from ...diff.shapes import new_and_old
from ...eligibility import Verdict
from ...model.meta import Identity
from ...observe import PodFact, Shape
from ...passes.afterwards import left_by_manage
from .situation import Known
from .types import Lot, Moment
from .words import Awaited, By, LotKind, Spent, When

__all__ = ["lots_of"]

_TERMINATING, _UPDATED, _AVAILABLE = int(PodFact.TERMINATING), int(PodFact.UPDATED), int(PodFact.AVAILABLE)
_TERMINAL = int(PodFact.FAILED | PodFact.SUCCEEDED)
_BACK_OFF = Moment(When.AFTER, awaited=Awaited.BACK_OFF)


def lots_of(
    known: Known,
    verdict: Verdict,
    shape: Shape,
    managed: Moment,
    *,
    update: Moment | None = None,
    reason: ActionReason = ActionReason.OUTDATED,
    budget: Spent = Spent.NOTHING,
    retried: bool = True,
    ousted: Identity | None = None,
) -> tuple[Lot, ...]:
    """Return the lot of every pod of a shape.

    `managed` is when manage acts, `update` when the roll-out does, None where it does not; `retried` tells whether the
    back-off of a failed pod is over. With `ousted`, a pod of that DaemonSet evicts the one that is left.
    """
    ruling = manage_rule(verdict, shape, known.surge)
    deleted = dict(ruling.delete)
    outdated = _outdated(shape, left_by_manage(verdict, shape, surge=known.surge)) if update is not None else None
    lots: list[Lot] = []
    for place, facts in enumerate(shape):
        if facts & _TERMINATING:
            lots.append(Lot(kind=LotKind.GOING, place=place, by=By.KUBELET, moment=Moment(When.UNDER_WAY)))
        elif place in deleted:
            lots.append(_deleted(known, place, deleted[place], managed))
        elif place == outdated and update is not None:
            budget = budget or (Spent.WITHIN if facts & _AVAILABLE else Spent.BEYOND)
            by = By.HOST if known.governed else By.CONTROLLER
            lots.append(Lot(kind=LotKind.DELETED, place=place, reason=reason, by=by, moment=update, budget=budget))
        elif place in ruling.failed:
            first = place == ruling.failed[0] and retried
            lots.append(_deleted(known, place, ActionReason.FAILED, managed if first else _BACK_OFF))
        elif ousted is not None:
            lots.append(Lot(kind=LotKind.EVICTED, place=place, by=By.SCHEDULER, moment=managed, other=(ousted,)))
        else:
            lots.append(Lot(kind=LotKind.STAYS, place=place))
    return tuple(lots)


def _outdated(shape: Shape, left: list[int]) -> int | None:
    """Return the place of the pod that the roll-out deletes, among those that manage leaves."""
    _, old = new_and_old(tuple(shape[place] for place in left))
    return left[old] if old is not None and old >= 0 else None


def _deleted(known: Known, place: int, reason: ActionReason, moment: Moment) -> Lot:
    budget = Spent.NOTHING if reason is ActionReason.REPLACED else Spent.OUTSIDE
    return Lot(kind=LotKind.DELETED, place=place, reason=reason, by=known.by, moment=moment, budget=budget)
