"""Why something stands still, as values: the kind of reason, until when, and who lifts it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

__all__ = ["Lifted", "Wait", "WaitKind"]


class Lifted(StrEnum):
    """Who lifts a reason to wait."""

    TIME = "time"
    """It ends at a moment that is known."""
    COURSE = "course"
    """It ends when pods or nodes get well, or others have gone, as they are expected to."""
    SOMEBODY = "somebody"
    """It ends when somebody decides: answers, resumes, edits."""
    NOBODY = "nobody"
    """It does not end by itself: pods fail, nodes stay down."""


class WaitKind(StrEnum):
    """What a DaemonSet, or some of its pods, wait for."""

    UNENFORCED = "unenforced"
    CONTRADICTION = "contradiction"
    PAUSED = "paused"
    FROZEN = "frozen"
    GATE_FAILED = "gate-failed"
    FAILING = "failing"
    BROKEN = "broken"
    GATE = "gate"
    SOAK = "soak"
    STARTING = "starting"
    CANARY = "canary"
    COMPANION = "companion"
    STEP = "step"
    ORDER = "order"
    WINDOW = "window"
    BUDGET = "budget"
    RATE = "rate"
    TURN = "turn"
    PARTITION = "partition"
    NODE = "node"
    SICK = "sick"

    @property
    def lifted(self) -> Lifted:
        """Who lifts it."""
        return _LIFTED.get(self, Lifted.COURSE)


_LIFTED = {
    WaitKind.UNENFORCED: Lifted.SOMEBODY,
    WaitKind.CONTRADICTION: Lifted.SOMEBODY,
    WaitKind.PAUSED: Lifted.SOMEBODY,
    WaitKind.FROZEN: Lifted.SOMEBODY,
    WaitKind.GATE_FAILED: Lifted.SOMEBODY,
    WaitKind.GATE: Lifted.SOMEBODY,
    WaitKind.PARTITION: Lifted.SOMEBODY,
    WaitKind.SICK: Lifted.SOMEBODY,
    WaitKind.FAILING: Lifted.NOBODY,
    WaitKind.BROKEN: Lifted.NOBODY,
    WaitKind.CANARY: Lifted.NOBODY,
    WaitKind.BUDGET: Lifted.NOBODY,
    WaitKind.SOAK: Lifted.TIME,
    WaitKind.WINDOW: Lifted.TIME,
    WaitKind.RATE: Lifted.TIME,
}


class Wait(msgspec.Struct, frozen=True):
    """Why nothing more may begin, in words, and until when, where that is known."""

    kind: WaitKind
    text: str
    until: datetime | None = None
