"""One DaemonSet of a plan beside what the rules come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..document.account import CourseEntry
from ..document.idsets import ids_of, ranges_of
from ..document.types import ActionEntry, DaemonSetEntry, PlanDocument
from .case import Around, Case
from .course import Course
from .eligibility import Rule, rules_of, verdict
from .finding import Check, same
from .outcome import Outcome, Write, change_text, outcome
from .policies.governed import expected, is_enforced, wrong_course, wrong_hosted
from .rolling import Budget
from .rows import LOST, row_findings, row_nodes
from .trees import HASH_LABEL, Pod, Tree

__all__ = ["Judged", "told_course"]


_PLAYED = ("order", "waves", "leaving", "stalled", "blockers", "halt", "lower_bound")
"""What a simulation may find otherwise than the forecast of a pass."""


class Judged:
    """The checks of one DaemonSet; `outcome` is there after them, unless a pass does not touch it.

    `plain` is what the pass comes to without policies, of which the State speaks.
    """

    def __init__(self, place: int, tree: Tree, around: Around, plan: PlanDocument, acts: Sequence[ActionEntry]) -> None:
        self.place, self.plan, self.actions = place, plan, acts
        self.entry: DaemonSetEntry = plan.daemonsets[place]
        self.rules: list[Rule] = []
        self.outcome: Outcome | None = None
        self.plain: Outcome | None = None
        self._current: dict[str, int] | None = None
        self.case = Case(tree, around, self.entry.hash, self._taken_for_current)

    def _taken_for_current(self, pod: Pod) -> bool:
        """Return whether the plan takes a pod without a hash for one of the current template: as its row has it."""
        if self._current is None:
            bits = [
                (node, max(row.shape)) for row in self.entry.rows if row.shape for node in row_nodes(row, self.plan)
            ]
            self._current = {node: shape & 96 for node, shape in bits}
        return HASH_LABEL not in pod.form.labels and self._current.get(pod.target or "") == 96

    def check(self, outside: Mapping[tuple[str, str], Sequence[Rule]]) -> Check:
        """Yield (check, what is wrong)."""
        entry, case = self.entry, self.case
        spec = case.spec["template"].get("spec") or {}
        asks = ",".join(f"{key}={value}" for key, value in sorted((spec.get("nodeSelector") or {}).items())) or "<none>"
        header = case.uid, case.tree["metadata"].get("generation", 0), asks
        yield from same("daemonset", (entry.uid, entry.generation, entry.node_selector), header)
        yield from same("untouched", bool(entry.untouched), bool(case.untouched))
        if case.untouched:
            fates = {(row.fate, row.kind, row.reason, row.shape, row.lots) for row in entry.rows}
            kind = "wanted and blocked for now"
            yield from same("rows", fates, {("untouched", kind, case.untouched, (), ())} if self.plan.nodes else set())
        else:
            self.rules = [*rules_of(case.tree), *outside.get((case.namespace, case.name), ())]
            yield from self._verdicts()
            yield from self._decisions()
        yield from self._actions()

    def _decisions(self) -> Check:
        entry, case, plan = self.entry, self.case, self.plan
        lost = {node for row in entry.rows if row.fate in LOST for node in row_nodes(row, plan)}
        lost |= {plan.nodes[place] for place in case.around.sick}
        governed = is_enforced(plan, self.place)
        self.plain = self.outcome = outcome(case, lost)
        if governed:
            self.outcome = expected(case, lost, plan, self.actions)
        told = {
            "facts": (entry.hash, entry.hash_learned, entry.in_flight, entry.error),
            "deferred": entry.deferred,
            "status": msgspec.to_builtins(entry.status),
            "status written": entry.status_written,
            "desired": entry.desired,
            "pods": (entry.adrift, entry.gone, entry.adopted, entry.released),
            "requeue": entry.requeue_after_seconds,
        }
        for check, right in self.outcome.told.items():
            yield from same(check, told[check], right)
        if governed and not (entry.course and entry.course.played):
            yield from wrong_course(case, self.place, plan)
        if entry.course is not None and not governed:
            said = told_course(entry.course, plan)
            for field, value in self.outcome.course._asdict().items():
                if not (entry.course.played and field in _PLAYED):
                    yield from same(f"course {field}", getattr(said, field), value)
        yield from row_findings(entry, case, self.outcome, plan, governed=governed)

    def _verdicts(self) -> Check:
        """Compare verdicts class by class, and the account of what is excluded (E1-E5)."""
        entry, names = self.entry, self.plan.nodes
        if Counter(entry.constraints) != Counter(rule.name for rule in self.rules):
            yield "constraints", "the plan used constraints that are not loaded here: it cannot be verified"
        rank = {name: place for place, name in enumerate(entry.constraints)}
        self.rules.sort(key=lambda rule: rank.get(rule.name, len(rank)))
        excluded: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
        for letter, part in zip(entry.verdicts, self.plan.classes, strict=True):
            places = ids_of(part.nodes)
            found, reasons = verdict(self.rules, self.case.around.world.nodes[places[0]])
            if found != letter:
                yield "verdicts", f"{names[places[0]]} and its class are {found}, not {letter}"
            for place in places:
                self.case.letters[place] = found
            for why in reasons[:1]:
                excluded[why].extend((place, len(reasons) > 1) for place in places)
        mine = {(*why, ranges_of(n for n, _ in here), sum(more for _, more in here)) for why, here in excluded.items()}
        said = sorted((one.code, one.summary, one.nodes, one.also) for one in entry.excluded)
        yield from same("reason", said, sorted(mine))
        first = {self.plan.nodes[place]: why for why, here in excluded.items() for place, _ in here}
        for row in entry.rows:
            whys = {first.get(node, ("", "")) for node in row_nodes(row, self.plan)} if row.verdict != "R" else set()
            if whys and not row.vanished and whys != {(row.reason, row.text)}:
                yield "reason", f"{row.nodes}: {row.reason} ({row.text})"

    def _actions(self) -> Check:
        """Compare the writes of the next pass; of more than 250 of a kind any 250 will do (C12)."""
        own = [one for one in self.actions if one.actor != "host" or one.stage != "rolling-update"]
        said = {(a.stage, a.verb, a.kind, a.name, a.node, a.reason, change_text(a.change)) for a in own}
        mine: set[Write] = self.outcome.writes if self.outcome else set()
        for how, size in self.outcome.sizes.items() if self.outcome else ():
            chosen = {one for one in mine if one[:2] == how}
            if len(chosen) > size and len(chosen & said) == size:
                mine = mine - (chosen - said)
        yield from same("actions", said, mine)
        yield from wrong_hosted(self.case, self.actions)
        yield from self._preconditions()

    def _preconditions(self) -> Iterator[tuple[str, str]]:
        known = {pod.name: pod for pod in (*self.case.claimed, *self.case.released)}
        patched: set[str] = set()
        for one in self.actions:
            pod = known.get(one.name) if one.kind == "Pod" and one.name else None
            if pod is not None and pod.name in patched and not one.resource_version:
                pod = msgspec.structs.replace(pod, version="")
            if pod is not None and one.verb == "patch":
                patched.add(pod.name)
            yield from same(
                "precondition", (one.uid, one.resource_version), (pod.uid, pod.version) if pod else ("", "")
            )
            version = "v1" if one.kind == "Pod" else "apps/v1"
            yield from same("actions", (one.namespace, one.api_version), (self.case.namespace, version))


def told_course(course: CourseEntry, plan: PlanDocument) -> Course:
    """Return a course of the document with names where it has ids."""
    names, budget = plan.nodes, course.budget
    return Course(
        course.strategy,
        [names[place] for place in (plan.orders[course.order] if course.order is not None else ())],
        [(size, repeat) for size, repeat in course.waves],
        [names[place] for place in ids_of(course.leaving)],
        [names[place] for place in ids_of(course.stalled)],
        list(course.blockers),
        course.halt,
        course.begins,
        course.collection,
        course.lower_bound,
        course.beyond_budget,
        None if budget is None else Budget(*msgspec.structs.astuple(budget)),
    )
