"""Where each target of a policy stands: which step, what it waits for, how many more units may begin.

A step is passed by facts: its units are of this revision and available, each since its latest Ready transition for the
soak, and a manual gate was answered after that. A passed step is remembered by what it says. So the furthest step is
the longest prefix of the list, as it is written now, whose steps are passed; an edit alone moves nothing forward.
Targets that stand at the same step of one cohort leave it together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.durations import duration_text
from ..model.meta import Identity
from ..model.moments import shifted
from ..model.state import StepRecord, TargetProgress
from .amounts import resolve
from .facts import Facts
from .memory import noted, record_of
from .steps import StepRule, targets_of
from .waits import Wait, WaitKind

__all__ = ["Member", "StepPosition", "step_positions"]


class Member(msgspec.Struct, frozen=True):
    """One target on its way: what is known and seen of it. `stays` are nodes left as they are, `exempt` those of them
    that are broken for another reason, `canary` its canary, of which `short` nodes are missing.

    Nobody waits for the company of one that `stands` for a reason of its own.
    """

    facts: Facts
    target: TargetProgress
    stays: BitMap
    exempt: BitMap
    canary: BitMap
    short: int
    stands: bool


class StepPosition(msgspec.Struct, frozen=True):
    """Where a target stands. At most `allowance` more units may begin, of `nodes` alone where these are given;
    `in_step` are those of its present step, also where something holds them.

    `wait` says why nothing may begin; `rule` is None where it has no wanted pod. `is_over`: every step is passed.
    `alone`: nobody waits for its company.
    """

    daemonset: Identity
    target: TargetProgress
    rule: StepRule | None
    allowance: int = 0
    in_step: int = 0
    nodes: BitMap | None = None
    tolerated: int = 0
    wait: Wait | None = None
    is_over: bool = False
    has_gone: int = 0
    alone: bool = False


class _Look(msgspec.Struct, frozen=True):
    """A look at one step: complete since a moment, or what is still to be done, or waited for.

    `units` are those that have gone, `nodes` those where units may go, if only there.
    """

    complete: datetime | None = None
    allowance: int = 0
    nodes: BitMap | None = None
    units: BitMap = BitMap()
    tolerated: int = 0
    wait: Wait | None = None
    has_gone: int = 0


def step_positions(
    rules: Sequence[StepRule],
    cohorts: Sequence[Sequence[Identity]],
    members: Mapping[Identity, Member],
    index: NodeIndex,
    now: datetime,
) -> dict[Identity, StepPosition]:
    """Return where every member stands; cohorts go in turn, the last step of each passed before the next begins."""
    found: dict[Identity, StepPosition] = {}
    before: list[StepPosition] = []
    for place, cohort in enumerate(cohorts):
        here = {identity: members[identity] for identity in cohort}
        mine = [rule for rule in rules if cohort and rule.concerns(cohort[0])]
        stands = _Cohort(mine, len(rules), here, index, now, is_last=place == len(cohorts) - 1).stands()
        for stand in stands:
            held = _after(before) if stand.rule is not None and not stand.is_over else None
            if held is not None:
                stand = msgspec.structs.replace(stand, allowance=0, wait=held)
            found[stand.daemonset] = stand
        before += stands
    return found


def _after(before: Iterable[StepPosition]) -> Wait | None:
    """Return what keeps a cohort from its turn: the first target before it that is not over."""
    for stand in before:
        if stand.rule is not None and not stand.is_over:
            if stand.wait is not None:
                return stand.wait
            return Wait(WaitKind.ORDER, f"comes after {stand.daemonset}, which is not through")
    return None


class _Cohort:
    """Targets that go through the same steps together."""

    def __init__(
        self,
        rules: Sequence[StepRule],
        total: int,
        members: Mapping[Identity, Member],
        index: NodeIndex,
        now: datetime,
        *,
        is_last: bool,
    ) -> None:
        self.rules, self.total, self.index, self.now = rules, total, index, now
        self.is_last = is_last
        self.members = {identity: member for identity, member in members.items() if member.facts.units.wanted}
        self.absent = [identity for identity in members if identity not in self.members]
        self.targets = {identity: member.target for identity, member in members.items()}
        self.sizes = {identity: self._sizes(member) for identity, member in self.members.items()}

    def _sizes(self, member: Member) -> tuple[int, ...]:
        return targets_of(self.rules, member.facts.base, len(member.canary))

    def stands(self) -> list[StepPosition]:
        """Return where each stands, sorted."""
        while self._pass_what_is_complete():
            pass
        found = [StepPosition(identity, self.targets[identity], None, is_over=True) for identity in self.absent]
        groups = self._groups()
        for number, identities in groups.items():
            looks = {identity: self._look(identity, number) for identity in identities}
            found += [self._stand(identity, number, looks) for identity in identities]
        for identity in self.members:
            if self._place(identity) is None:
                found.append(StepPosition(identity, self.targets[identity], self.rules[-1], is_over=True))
        return sorted(found, key=lambda stand: stand.daemonset)

    def _place(self, identity: Identity) -> int | None:
        """Return the first step that is not passed; the last one where nothing is left, None beyond it."""
        target, facts = self.targets[identity], self.members[identity].facts
        last = len(self.rules) - 1
        if facts.is_through:
            passed = record_of(target, self.rules[last]).over is not None
            return None if passed or self.is_last else last
        return next((n for n, rule in enumerate(self.rules) if record_of(target, rule).over is None), last)

    def _groups(self) -> dict[int, list[Identity]]:
        found: dict[int, list[Identity]] = {}
        for identity in self.members:
            place = self._place(identity)
            if place is not None:
                found.setdefault(place, []).append(identity)
        return found

    def _pass_what_is_complete(self) -> bool:
        """Ask gates, and pass the steps of which every member that is at them is done; return whether one was."""
        moved = False
        for number, identities in self._groups().items():
            walking = [identity for identity in identities if not self.members[identity].stands]
            looks = {identity: self._look(identity, number) for identity in identities}
            done = all(looks[identity].complete is not None for identity in walking or identities)
            for identity in identities:
                self._ask(identity, self.rules[number], looks[identity].complete if done else None)
            if walking and done and all(self._may_pass(identity, number) for identity in walking):
                for identity in walking:
                    self._note(identity, number, over=self.now)
                moved = True
        return moved

    def _may_pass(self, identity: Identity, number: int) -> bool:
        if number == len(self.rules) - 1 and (self.is_last or not self.members[identity].facts.is_through):
            return False
        return not self.rules[number].gate.manual or record_of(self.targets[identity], self.rules[number]).passed

    def _ask(self, identity: Identity, rule: StepRule, complete: datetime | None) -> None:
        """Ask a manual gate of a step that is complete; withdraw the question where it is so no longer, or anew."""
        record = record_of(self.targets[identity], rule)
        if complete is None or not rule.gate.manual:
            if record.asked is not None:
                withdrawn = StepRecord(step=rule.says, turn=rule.turn, name=rule.name, over=record.over)
                self.targets[identity] = noted(self.targets[identity], withdrawn)
        elif not self.members[identity].stands and (record.asked is None or record.asked < complete):
            asked = StepRecord(step=rule.says, turn=rule.turn, name=rule.name, asked=self.now)
            self.targets[identity] = noted(self.targets[identity], asked)

    def _note(self, identity: Identity, number: int, *, over: datetime) -> None:
        record = record_of(self.targets[identity], self.rules[number])
        passed = msgspec.structs.replace(record, over=over)
        self.targets[identity] = noted(self.targets[identity], passed)

    def _stand(self, identity: Identity, number: int, looks: Mapping[Identity, _Look]) -> StepPosition:
        look, rule = looks[identity], self.rules[number]
        wait = look.wait
        if self.is_last and number == len(self.rules) - 1:
            wait = None  # nothing comes after it
        elif look.complete is not None:
            wait = self._why_not_passed(identity, rule, looks)
        return StepPosition(
            daemonset=identity,
            target=self.targets[identity],
            rule=rule,
            allowance=look.allowance if wait is None else 0,
            in_step=look.allowance,
            nodes=look.nodes,
            tolerated=look.tolerated,
            wait=wait,
            has_gone=look.has_gone,
            alone=self.members[identity].stands,
        )

    def _why_not_passed(self, identity: Identity, rule: StepRule, looks: Mapping[Identity, _Look]) -> Wait | None:
        """Return why a complete step is not over: others at the same step, or its gate."""
        for other, look in looks.items():
            if look.complete is None and not self.members[other].stands:
                until = look.wait.until if look.wait is not None else None
                return Wait(WaitKind.COMPANION, f"{self._head(rule)}: waits for {other} at the same step", until)
        if rule.gate.manual and record_of(self.targets[identity], rule).asked is not None:
            return Wait(WaitKind.GATE, f"{self._head(rule)}: waits for its gate")
        return None

    def _head(self, rule: StepRule) -> str:
        return f"step {rule.number + 1} of {self.total} ({rule.name})"

    # One step of one target

    def _look(self, identity: Identity, number: int) -> _Look:
        member, rule, size = self.members[identity], self.rules[number], self.sizes[identity][number]
        if rule.is_canary:
            found = self._canary(member, rule)
        elif size == 0:
            found = _Look(complete=member.target.began)
        else:
            found = self._share(member, rule, size, is_last=number == len(self.rules) - 1)
        size = max(size, len(found.units))
        needed = max(1, resolve(rule.gate.min_available, size).number)
        found = msgspec.structs.replace(found, tolerated=max(0, size - needed))
        if found.allowance or found.wait is not None or found.complete is not None:
            return found
        return self._ready(member, rule, found, needed)

    def _canary(self, member: Member, rule: StepRule) -> _Look:
        """Look at the canary: its nodes have to go, each one of them, and none may be missing."""
        head, facts = self._head(rule), member.facts
        if not member.canary:
            return _Look(wait=Wait(WaitKind.CANARY, f"{head}: it has no node"))
        left = member.canary & facts.left
        gone = len(member.canary) - len(left)
        if left - member.stays:
            return _Look(allowance=len(left - member.stays), nodes=left - member.stays, has_gone=gone)
        if left:
            broken = left <= member.exempt
            why = "not ready" if broken else "kept old by the partition"
            kind = WaitKind.NODE if broken else WaitKind.CANARY
            return _Look(wait=Wait(kind, f"{head}: {_few(left, self.index)} is {why}"), has_gone=gone)
        if member.short:
            size = len(member.canary) + member.short
            text = f"{head}: {len(member.canary):,} of {size:,} nodes are there and ready"
            return _Look(wait=Wait(WaitKind.CANARY, text), has_gone=gone)
        return _Look(units=member.canary, has_gone=gone)

    def _share(self, member: Member, rule: StepRule, size: int, *, is_last: bool) -> _Look:
        """Look at a step of so many pods, whichever they are; those of nodes that joined meanwhile do not count."""
        begun = member.facts.new - member.facts.joined
        left = len(member.facts.left - member.stays)
        room = left if is_last else max(0, min(size - len(begun), left))
        if room or len(begun) >= size or is_last:
            return _Look(allowance=room, units=begun, has_gone=len(begun))
        text = f"{self._head(rule)}: {len(begun):,} of {size:,} pods have gone, and no other may go now"
        return _Look(wait=Wait(WaitKind.STEP, text), units=begun, has_gone=len(begun))

    def _ready(self, member: Member, rule: StepRule, look: _Look, needed: int) -> _Look:
        """Look at a step whose units have all gone: they have to be available, and to soak."""
        facts, head = member.facts, self._head(rule)
        available = look.units & (facts.units.updated | facts.units.superseded)
        if len(available) < needed:
            text = f"{head}: {len(available):,} of {needed:,} new pods are available"
            return msgspec.structs.replace(look, wait=Wait(WaitKind.STARTING, text))
        over = shifted(facts.ready_moments(available)[needed - 1], rule.soak)
        if self.now < over:
            text = f"{head}: soaks {duration_text(rule.soak)}, until {over.isoformat()}"
            return msgspec.structs.replace(look, wait=Wait(WaitKind.SOAK, text, over))
        return msgspec.structs.replace(look, complete=over)


def _few(positions: BitMap, index: NodeIndex) -> str:
    names = [index.names[position] for position in positions]
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
