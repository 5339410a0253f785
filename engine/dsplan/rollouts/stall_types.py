"""A roll-out that does not get to its end, as a value and as one line of text."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ..model.meta import Identity
from .blockers import Blocker, blockers_text, names_text

__all__ = ["Stall", "StallKind"]


class StallKind(StrEnum):
    """What stands in the way."""

    BUDGET_SPENT = "BudgetSpent"  # R7-R12: nodes that stay down hold the whole budget
    BROKEN_REVISION = "BrokenRevision"  # R32: the new pods never get ready
    SURGE_BLOCKED = "SurgeBlocked"  # R28, K17: the new pod cannot run beside the old one
    VANISHED_NODE = "VanishedNode"  # R27: a bound pod on a node that does not exist fails every pass
    BAD_BUDGET = "BadBudget"  # R2
    ON_DELETE = "OnDelete"  # C10: nobody deletes the pods
    POLICY = "Policy"  # a RolloutPolicy lets it wait for what does not come by itself
    PENDING = "Pending"  # K20: it finishes, but pods have no room
    OSCILLATION = "Oscillation"


class Stall(msgspec.Struct, frozen=True, kw_only=True):
    """One DaemonSet whose roll-out does not get to its end.

    `wave` is the update wave in which it stops, from 1; `at` is in seconds from the beginning. `spent` of `limit` nodes
    are down (doubled, under surge) then; `left` nodes keep the old revision, `hurt` nodes had service before and have
    none at the end. `needs` is the smallest maxUnavailable with which a simulation goes through (one less stalls), None
    where none was found, or where pods fail or find no place: then no bigger budget is a remedy. `exclude` are nodes
    without which it goes through. `advice` is what else to do, `commands` carry the remedies out; `detail` is what the
    controller says.
    """

    identity: Identity
    kind: StallKind
    wave: int = 1
    at: float = 0.0
    spent: int = 0
    limit: int = 0
    blockers: tuple[Blocker, ...] = ()
    left: tuple[str, ...] = ()
    hurt: tuple[str, ...] = ()
    needs: int | None = None
    exclude: tuple[str, ...] = ()
    advice: str = ""
    commands: tuple[str, ...] = ()
    detail: str = ""

    @property
    def text(self) -> str:
        """The stall in one line.

        >>> who = (Blocker("NotReady", "n1"), Blocker("NotReady", "n2"), Blocker("Pending", "n3"))
        >>> Stall(identity=Identity("DaemonSet", "x", "ds"), kind=StallKind.BUDGET_SPENT, spent=3, limit=1,
        ...       blockers=who, needs=4, exclude=("n1", "n2", "n3")).text
        'stalls in wave 1: 3 of 1 down (n1, n2 NotReady; n3 Pending); needs maxUnavailable >= 4, or exclude n1, n2, n3'
        """
        return "; ".join(part for part in (self._what(), self._remedy()) if part)

    def _what(self) -> str:
        who = blockers_text(self.blockers)
        match self.kind:
            case StallKind.BUDGET_SPENT:
                return f"stalls in wave {self.wave}: {self.spent:,} of {self.limit:,} down ({who})"
            case StallKind.BROKEN_REVISION:
                kept = f"{len(self.left):,} keep the old revision"
                return f"stops in wave {self.wave}: the new pods never become ready; {self._hurt()}, {kept}"
            case StallKind.SURGE_BLOCKED:
                doubled = f"{self.spent:,} of {self.limit:,} doubled ({who})"
                return f"stalls in wave {self.wave}: {doubled}, and nothing times out"
            case StallKind.VANISHED_NODE | StallKind.BAD_BUDGET:
                return f"stalls in wave {self.wave}: every pass fails: {self.detail}"
            case StallKind.ON_DELETE:
                return f"{len(self.left):,} out-of-date pods stay until somebody deletes them (OnDelete)"
            case StallKind.POLICY:
                return f"{len(self.left):,} out-of-date pods stay: {self.detail}"
            case StallKind.PENDING:
                return f"finishes, but {len(self.blockers):,} pods stay Pending ({who})"
            case StallKind.OSCILLATION:
                return f"never comes to rest: {self.detail}"

    def _hurt(self) -> str:
        names = f" ({names_text(list(self.hurt))})" if self.hurt else ""
        hurt = "1 node is" if len(self.hurt) == 1 else f"{len(self.hurt):,} nodes are"
        return f"{hurt} hurt{names}"

    def _remedy(self) -> str:
        if self.kind is not StallKind.BUDGET_SPENT:
            return self.advice
        if self.advice:
            return self.advice
        ways = [f"needs maxUnavailable >= {self.needs}"] if self.needs is not None else ["no maxUnavailable helps"]
        if self.exclude:
            names = names_text(list(self.exclude), 20)
            ways.append(f"exclude {names}" if self.needs is None else f"or exclude {names}")
        return ", ".join(ways)
