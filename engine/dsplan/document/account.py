"""The part of the plan document that says what becomes of nodes and pods; the words are those of the account.

Where a lot or a moment says "after", `awaited` says after what. `place` is a pod's position among the node's pods:
bound first, then oldest, then by name (M19); -1 stands for a pod to come.
"""

from __future__ import annotations

from .base import Entry

__all__ = ["BudgetEntry", "CourseEntry", "EvictionEntry", "LotEntry", "MomentEntry", "RowEntry", "StallEntry"]


class MomentEntry(Entry, frozen=True, kw_only=True):
    """When: under way, now, pass, after, wave, never; `first` and `last` number passes or waves."""

    when: str
    first: int = 0
    last: int = 0
    awaited: str = ""
    seconds: float | None = None


class LotEntry(Entry, frozen=True, kw_only=True):
    """What becomes of one pod: stays, going, deleted, collected, evicted, comes; of one that comes, how it ends."""

    kind: str
    place: int = -1
    reason: str = ""
    by: str = ""
    moment: MomentEntry
    end: str = ""
    budget: str = ""
    other: tuple[str, ...] = ()


class RowEntry(Entry, frozen=True, kw_only=True):
    """Nodes of one DaemonSet that are alike. `vanished` are names of nodes that do not exist.

    `shape` has the facts of each pod as bits: 1 terminating, 2 failed, 4 succeeded, 8 ready, 16 available, 32 wears the
    current hash, 64 up to date, 128 bound to a node. `spends`: each node holds a place in the budget now. `loses`: an
    available pod goes, and none is available at the end. `otherwise` is the fate if starting pods do not become ready.
    `example` tells what the first node lacks, and who has it.
    """

    fate: str
    kind: str
    verdict: str
    nodes: str = ""
    vanished: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    lots: tuple[LotEntry, ...] = ()
    reason: str = ""
    text: str = ""
    example: str = ""
    moment: MomentEntry
    spends: bool = False
    loses: bool = False
    otherwise: str = ""


class BudgetEntry(Entry, frozen=True, kw_only=True):
    """maxUnavailable and maxSurge resolved to nodes."""

    max_unavailable: int = 0
    max_surge: int = 0
    desired: int = 0
    arithmetic: str = ""


class CourseEntry(Entry, frozen=True, kw_only=True):
    """How out-of-date pods are replaced. `order` is a place in the document's `orders`; `waves` are [size, repeat].

    `leaving` nodes of them get no new pod. `stalled` ones follow in no wave, for `halt`, which `text` says for people;
    under a spent budget `blockers` hold it. `beyond_budget` nodes of the first wave have sick pods and go whatever the
    budget (R12, R20). `begins`: the first wave is that of the next pass. `collection`: only after pods of vanished
    nodes are collected (R27). `played`: a simulation has shown it.
    """

    strategy: str
    order: int | None = None
    waves: tuple[tuple[int, int], ...] = ()
    leaving: str = ""
    stalled: str = ""
    blockers: tuple[str, ...] = ()
    halt: str = ""
    text: str = ""
    begins: bool = True
    collection: bool = False
    lower_bound: int = 0
    beyond_budget: int = 0
    budget: BudgetEntry | None = None
    played: bool = False


class EvictionEntry(Entry, frozen=True, kw_only=True):
    """Pods of an owner that are evicted, so many on each of some nodes; `victim` is Kind/namespace/name."""

    victim: str
    pods: int
    nodes: str


class StallEntry(Entry, frozen=True, kw_only=True):
    """A roll-out that does not get to its end: what stands in the way, in which wave, and what would help."""

    kind: str
    text: str
    wave: int = 1
    spent: int = 0
    limit: int = 0
    needs: int | None = None
    exclude: tuple[str, ...] = ()
    advice: str = ""
    commands: tuple[str, ...] = ()
