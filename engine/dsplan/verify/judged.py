"""One DaemonSet of a plan beside what it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..constraints import BUILTIN_RULES, Rule, constraints_of
from ..document.idsets import ids_of, ranges_of
from ..document.types import DaemonSetEntry, PlanDocument
from ..eligibility.verdicts import evaluate
from ..model.selectors import LabelSelector, selector_text
from ..model.world import World
from .inside import members
from .policies.governed import expected, wrong_hosted
from .rules import Case, Outcome, change_text, outcome
from .told import told_by

__all__ = ["Judged", "same"]

_Check = Iterator[tuple[str, str]]


def same(check: str, said: Any, mine: Any) -> _Check:
    """Yield a finding where a plan says one thing and the rules another."""
    if isinstance(mine, set) and said != mine:
        yield check, f"wrong {sorted(said - mine)[:3]}, missing {sorted(mine - said)[:3]}"
    elif said != mine:
        yield check, f"says {said!r:.300}, is {mine!r:.300}"


class Judged:
    """The checks of one DaemonSet; `outcome` is there after them, unless a pass does not touch it."""

    def __init__(
        self, place: int, case: Case, plan: PlanDocument, world: World, rules: tuple[Rule, ...] = BUILTIN_RULES
    ) -> None:
        self.place, self.case, self.plan, self.world, self.rules = place, case, plan, world, rules
        self.entry: DaemonSetEntry = plan.daemonsets[place]
        self.outcome: Outcome | None = None
        self.wanted: Outcome | None = None

    def check(self) -> _Check:
        """Yield (check, what is wrong)."""
        entry, metadata = self.entry, self.case.daemonset.metadata
        asks = selector_text(LabelSelector(match_labels=self.case.daemonset.pod.spec.node_selector))
        said, mine = (entry.uid, entry.generation, entry.node_selector), (metadata.uid, metadata.generation, asks)
        yield from same("daemonset", said, mine)
        yield from same("untouched", bool(entry.untouched), self.case.is_untouched)
        if not self.case.is_untouched:
            yield from self._verdicts()
            unplaced = members(row for row in entry.rows if row.fate == "unplaced")
            stuck = {self.plan.nodes[place] for place in (*self.case.sick, *unplaced)}
            self.outcome, told = outcome(self.case, stuck), told_by(entry)
            self.wanted = expected(self.case, stuck, self.plan, self.place)
            right = self.wanted.told
            for check, said in told.items():
                if check != "budget" or right["budget"] is not None:
                    yield from same(check, said, right[check])
        yield from self._actions()

    def _verdicts(self) -> _Check:
        constraints, entry, names = constraints_of(self.case.daemonset, self.rules), self.entry, self.plan.nodes
        if [f"{one.id}/{one.version}" for one in constraints] != list(entry.constraints):
            yield "constraints", "the plan used constraints that are not loaded here: it cannot be verified"
        excluded: dict[tuple[str, str], list[tuple[int, bool]]] = {}
        for letter, part in zip(entry.verdicts, self.plan.classes, strict=True):
            places = ids_of(part.nodes)
            found = evaluate(constraints, self.world.nodes[places[0]])
            if found.verdict[0] != letter:
                yield "verdicts", f"{names[places[0]]} and its class are {found.verdict}, not {letter}"
            self.case.verdicts.update((names[place], found.verdict[0]) for place in places)
            for first in found.reasons[:1]:
                more = len(found.reasons) > 1
                excluded.setdefault((first.code, first.summary), []).extend((place, more) for place in places)
        mine = {(*why, ranges_of(n for n, _ in here), sum(more for _, more in here)) for why, here in excluded.items()}
        yield from same("reason", {(one.code, one.summary, one.nodes, one.also) for one in entry.excluded}, mine)

    def _actions(self) -> _Check:
        """Compare the writes of the next pass; of more than 250 of a kind any 250 will do (C12)."""
        actions = [one for one in self.plan.actions if one.daemonset == self.place]
        own = [one for one in actions if one.actor != "host" or one.stage != "rolling-update"]
        said = {(a.stage, a.verb, a.kind, a.name, a.node, a.reason, change_text(a.change)) for a in own}
        mine = self.wanted.writes if self.wanted else set()
        for how, size in self.wanted.sizes.items() if self.wanted else ():
            chosen = {one for one in mine if one[:2] == how}
            if len(chosen) > size and len(chosen & said) == size:
                mine = mine - (chosen - said)
        yield from same("actions", said, mine)
        yield from wrong_hosted(self.case, actions)
        known = {pod.name: pod.metadata for pod, _ in self.case.ownership_of}
        written: set[tuple[str, str]] = set()
        for one in actions:
            meta = known.get(one.name) if one.kind == "Pod" and one.name else None
            right = (meta.uid, meta.resource_version) if meta else ("", "")
            if (one.name, one.kind) in written and not one.resource_version:
                right = (right[0], "")
            if one.verb == "patch":
                written.add((one.name, one.kind))
            yield from same("precondition", (one.uid, one.resource_version), right)
