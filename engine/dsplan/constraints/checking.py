"""Check one constraint against one projection, and hold it to its protocol."""

from __future__ import annotations

from ..errors import ConstraintFault
from .protocol import Constraint, Projection, Reason

__all__ = ["check_constraint"]


def check_constraint(constraint: Constraint, projection: Projection) -> Reason | None:
    """Return what a constraint says of a projection.

    Raises ConstraintFault where it raises, or says something else than a Reason or None.
    """
    try:
        reason: object = constraint.check(projection)
    except Exception as error:
        raise ConstraintFault(f"constraint {constraint.id} failed on {projection!r}: {error!r}") from error
    if reason is None or isinstance(reason, Reason):
        return reason
    raise ConstraintFault(f"constraint {constraint.id} returned {reason!r}, which is neither a Reason nor None")
