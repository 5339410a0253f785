"""What `why` answers, as values; text is made from them later and decides nothing."""

from __future__ import annotations

import msgspec

from ..constraints.protocol import Cause
from ..eligibility import Verdict
from ..model.brief import Brief
from ..model.meta import Identity
from ..model.world import Note
from ..placement.filters.failures import Failure
from ..planner.account import Fate, Kind, Moment, When

__all__ = [
    "Answer",
    "AnswerClass",
    "Closest",
    "Explanation",
    "Finding",
    "Helped",
    "Kind",
    "PodHere",
]


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One failing constraint with everything that fails in it.

    In the order of `causes`: `origins` are `file:line:column` of their fields in the manifest, empty where that is not
    known; `hints` name what almost exists.
    """

    code: str
    rule: str
    causes: tuple[Cause, ...]
    origins: tuple[str, ...] = ()
    hints: tuple[tuple[str, ...], ...] = ()


class Closest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The OR-ed node affinity term that came closest: its number from 0, how many there are, what it still fails.

    `held` of its `held + len(failing)` requirements hold already.
    """

    term: int
    terms: int
    held: int
    failing: tuple[Cause, ...]


class Helped(msgspec.Struct, frozen=True, order=True):
    """A taint of the node that only an automatic toleration tolerates (T10)."""

    taint: str
    toleration: str


class PodHere(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One pod of the DaemonSet on the node. `holds` tells whether it is the one that takes the place.

    `says` is what its status says of why it does not run, a line for the pod and each container concerned.
    """

    name: str
    phase: str
    ready: bool
    available: bool
    current: bool
    terminating: bool
    holds: bool = False
    says: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything about one DaemonSet on one node.

    `findings` are all failing constraints in accounting order (E1, E2, E4, E3); `verdict` follows from them alone.
    `kind`, `fate` and `moment` are those of the account; `loses`: an available pod goes, and none is available at the
    end. `detail` says in words what is waited for; `wave` is the number of the update wave, 0 where there is none.
    `blockers` are the pods or nodes that hold the place, the room or the budget, or whose pods are evicted. `failures`
    are what the scheduler's filters say to a pod that is wanted and does not fit, with every shortage (K1-K21).
    `commands` are what gets a roll-out that stalls or fails going again, each played to its end.
    """

    daemonset: Identity
    node: str
    verdict: Verdict
    kind: Kind
    fate: Fate
    moment: Moment = Moment(When.NEVER)
    loses: bool = False
    findings: tuple[Finding, ...] = ()
    closest: Closest | None = None
    helped: tuple[Helped, ...] = ()
    pods: tuple[PodHere, ...] = ()
    detail: str = ""
    blockers: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    wave: int = 0
    commands: tuple[str, ...] = ()

    @property
    def hints(self) -> tuple[str, ...]:
        """All hints, each once."""
        return tuple(dict.fromkeys(hint for finding in self.findings for each in finding.hints for hint in each))


class AnswerClass(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Pairs with an equal answer: told once, for `answer`, the first of them.

    `members` are the node names, or the DaemonSets where one node was asked about, sorted; `observed` counts, for
    every failing field, what the members have there. `waves` are the first and the last update wave of any member.
    """

    answer: Answer
    members: tuple[str, ...]
    observed: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    waves: tuple[int, int] = (0, 0)

    @property
    def count(self) -> int:
        """Number of pairs."""
        return len(self.members)


class Explanation(Brief, msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to one question: the classes of equal answer, whose counts add up to `total`.

    Classes stand in the order yes, blocked, impossible, by design; within a kind the larger first.
    """

    subject: str
    total: int
    classes: tuple[AnswerClass, ...]
    notes: tuple[Note, ...] = ()

    @property
    def answer(self) -> Answer:
        """The one answer, where one pair was asked about.

        Raises ValueError where it was more than one.
        """
        if self.total != 1:
            raise ValueError(f"{self.subject}: {self.total} answers, not one")
        return self.classes[0].answer
