"""Why there is, or is not, a pod: one pair, one DaemonSet on all nodes, all DaemonSets on one node.

Pairs are answered once per distinct projection of the node and situation of its pods; pairs with an equal answer make
a class, so what many nodes share is told once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ..constraints import BUILTIN_RULES, Rule, constraints_of
from ..constraints.protocol import TAINTS
from ..eligibility import Evaluation, Verdict, evaluate
from ..eligibility.index import as_bitmap
from ..model.arguments import check_moment, check_world
from ..model.daemonset import DaemonSet
from ..model.node import Node
from ..model.world import World
from ..planner import Plan, solve
from ..planner.account import Fate, Row
from ..planner.plan import DaemonSetPlan
from .answers import Answer, AnswerClass, Explanation, Kind
from .evidence import Evidence
from .names import find_daemonset, find_node
from .pair import Pairs, begins_by_node, detail_of, pods_here
from .typos import Vocabulary

__all__ = ["why", "why_all"]

_KIND_ORDER = (Kind.YES, Kind.BLOCKED, Kind.IMPOSSIBLE, Kind.BY_DESIGN)


def why(
    world: World,
    daemonset: str | None = None,
    node: str | None = None,
    *,
    now: datetime,
    rules: Iterable[Rule] = BUILTIN_RULES,
    plan: Plan | None = None,
) -> Explanation:
    """Return why the DaemonSet has, gets or does not get a pod on the node, with every reason at once.

    Without `node`: for all nodes; without `daemonset`: for all DaemonSets on that node. Names may be `namespace/name`.
    `plan` is that of the same world, moment and rules, where the caller has one already.
    Raises InputError for a name that does not exist, and ValueError where both names are missing.

    >>> from datetime import UTC, datetime
    >>> from dsplan.manifests.decode import decode
    >>> world = decode([
    ...     {"kind": "Node", "metadata": {"name": "n1", "labels": {"disktype": "hdd"}}},
    ...     {"kind": "DaemonSet", "metadata": {"name": "ds", "namespace": "default"},
    ...      "spec": {"selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}},
    ...               "spec": {"nodeSelector": {"disktype": "ssd"}}}}},
    ... ])
    >>> answer = why(world, "ds", "n1", now=datetime(2026, 1, 1, tzinfo=UTC)).answer
    >>> print(answer.kind, answer.findings[0].causes[0].needed, answer.findings[0].causes[0].observed)
    excluded by design disktype=ssd disktype=hdd
    """
    check_world(world)
    check_moment(now)
    rules = tuple(rules)
    if daemonset is None and node is None:
        raise ValueError("name a DaemonSet, a node, or both")
    wanted = None if daemonset is None else find_daemonset(world, daemonset)
    place = None if node is None else find_node(world, node)
    if plan is None:
        plan = solve(world, now=now, rules=rules, forecast=True)
    if wanted is not None:
        return _Asked(world, plan, wanted, rules).explain(place)
    assert place is not None
    return _for_all_daemonsets(world, plan, place, rules)


def why_all(
    world: World, *, now: datetime, rules: Iterable[Rule] = BUILTIN_RULES, plan: Plan | None = None
) -> tuple[Explanation, ...]:
    """Return the explanation of every DaemonSet on all nodes, sorted by identity; what they share is computed once."""
    rules = tuple(rules)
    if plan is None:
        plan = solve(world, now=now, rules=rules, forecast=True)
    vocabulary = Vocabulary(plan.index)
    return tuple(_Asked(world, plan, daemonset, rules, vocabulary).explain(None) for daemonset in world.daemonsets)


_HELPED = (Fate.STALLED, Fate.FAILING)


def _commands_of(plan: Plan, daemonset: DaemonSet) -> tuple[str, ...]:
    """Return the commands that the stall of a DaemonSet's roll-out offers."""
    return next((stall.commands for stall in plan.stalls if stall.identity == daemonset.identity), ())


class _Asked:
    """One DaemonSet about which is asked."""

    def __init__(
        self,
        world: World,
        plan: Plan,
        daemonset: DaemonSet,
        rules: tuple[Rule, ...],
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self.daemonset = daemonset
        self.index = plan.index
        self.entry = _entry_of(plan, daemonset)
        self.notes = tuple(note for note in plan.notes if note.subject == str(daemonset.identity))
        self.pairs = Pairs(self.entry, plan.index)
        self.commands = _commands_of(plan, daemonset)
        self.begins = begins_by_node(plan.policies, daemonset.identity)
        self.constraints = constraints_of(daemonset, rules)
        origins, identity = world.origins, daemonset.identity
        self.evidence = Evidence(
            daemonset,
            self.constraints,
            vocabulary or Vocabulary(plan.index),
            (lambda field: origins.locate(identity, field)) if origins is not None else (lambda field: ""),
        )

    def answer(self, node: Node, evaluation: Evaluation | None = None) -> Answer:
        """Return everything about one node."""
        if evaluation is None:
            evaluation = evaluate(self.constraints, node)
        row = self.pairs.row(node.name)
        failures = self.pairs.failures(node.name, row)
        return Answer(
            daemonset=self.daemonset.identity,
            node=node.name,
            verdict=evaluation.verdict,
            kind=row.kind,
            fate=row.fate,
            moment=row.moment,
            loses=row.loses,
            findings=self.evidence.findings(evaluation, node),
            closest=self.evidence.closest(node),
            helped=self.evidence.helped(node),
            pods=pods_here(*self.pairs.pods(node.name)),
            detail=self.detail(row, evaluation, node),
            blockers=self.pairs.blockers(row, failures),
            failures=failures,
            wave=self.pairs.wave(node.name),
            commands=self.commands if row.fate in _HELPED else (),
        )

    def detail(self, row: Row, evaluation: Evaluation, node: Node) -> str:
        """Return in words what is waited for; of an unwanted node, whether that passes or can never be otherwise."""
        if evaluation.verdict is Verdict.RUN:
            return "; ".join(filter(None, (detail_of(row), self.begins.get(node.name, ""))))
        if self.evidence.impossible:
            return self.evidence.impossible
        passing = "this passes: the taint goes when the node is well again"
        return "; ".join(filter(None, (passing if self.evidence.is_passing(evaluation, node) else "", detail_of(row))))

    def explain(self, node: Node | None) -> Explanation:
        """Return the explanation for one node or, where it is None, for all."""
        if node is not None:
            subject = f"{self.daemonset.identity} on {node.name}"
            only = AnswerClass(answer=self.answer(node), members=(node.name,))
            return Explanation(subject=subject, total=1, classes=(only,), notes=self.notes)
        subject = f"{self.daemonset.identity} on {len(self.index):,} nodes"
        classes = tuple(sorted(self._classes(), key=_class_order))
        return Explanation(subject=subject, total=len(self.index), classes=classes, notes=self.notes)

    def _classes(self) -> Iterator[AnswerClass]:
        """Yield the classes of equal answer: same verdict, kind, fate, failing fields and helping tolerations."""
        classes: dict[tuple[object, ...], _Class] = {}
        for node, evaluation, names in self._alike():
            helped = self.evidence.helped(node) if evaluation.verdict is Verdict.RUN else ()
            shared = _failing(evaluation), helped
            here: Counter[tuple[object, ...]] = Counter()
            for name in names:
                row = self.pairs.row(name)
                detail = self.detail(row, evaluation, node)
                key: tuple[object, ...] = (evaluation.verdict, row.kind, row.fate, row.loses, detail, *shared)
                classes.setdefault(key, _Class(name, evaluation)).add(name, evaluation, self.pairs.wave(name))
                here[key] += 1
            for alike, count in here.items():
                classes[alike].observe(evaluation, count)
        for found in classes.values():
            first = self.index.nodes[self.index.ids[found.first]]
            yield found.told(self.answer(first, found.evaluation))

    def _alike(self) -> Iterator[tuple[Node, Evaluation, list[str]]]:
        """Yield nodes that no constraint can tell apart: the first of them, its evaluation, all their names."""
        read = dict.fromkeys(field for constraint in self.constraints for field in constraint.reads)
        reads = tuple(dict.fromkeys((*read, TAINTS)))
        for _, ids in self.index.groups(reads):
            positions = list(as_bitmap(ids))
            node = self.index.nodes[positions[0]]
            yield node, evaluate(self.constraints, node), [self.index.names[position] for position in positions]


class _Class:
    """A class of equal answers in the making."""

    def __init__(self, first: str, evaluation: Evaluation) -> None:
        self.first = first
        self.evaluation = evaluation
        self.members: list[str] = []
        self.waves: set[int] = set()
        self.observed: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, name: str, evaluation: Evaluation, wave: int) -> None:
        self.members.append(name)
        self.waves.add(wave)
        if name < self.first:
            self.first, self.evaluation = name, evaluation

    def observe(self, evaluation: Evaluation, count: int) -> None:
        for reason in evaluation.reasons:
            for cause in reason.causes:
                self.observed[cause.field][cause.observed] += count

    def told(self, answer: Answer) -> AnswerClass:
        return AnswerClass(
            answer=answer,
            members=tuple(sorted(self.members)),
            observed=_counted(self.observed),
            waves=(min(self.waves), max(self.waves)),
        )


def _failing(evaluation: Evaluation) -> tuple[tuple[str, str, str], ...]:
    return tuple((reason.code, cause.field, cause.needed) for reason in evaluation.reasons for cause in reason.causes)


def _counted(observed: Mapping[str, Counter[str]]) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    return tuple(
        (field, tuple(sorted(values.items(), key=lambda item: (-item[1], item[0]))))
        for field, values in observed.items()
    )


def _class_order(entry: AnswerClass) -> tuple[int, int, str]:
    return _KIND_ORDER.index(entry.answer.kind), -entry.count, entry.members[0]


def _entry_of(plan: Plan, daemonset: DaemonSet) -> DaemonSetPlan:
    return next(entry for entry in plan.daemonsets if entry.identity == daemonset.identity)


def _for_all_daemonsets(world: World, plan: Plan, node: Node, rules: tuple[Rule, ...]) -> Explanation:
    """Return the explanation for every DaemonSet on one node; a class shares the cause, not the field it stands in."""
    vocabulary = Vocabulary(plan.index)
    classes: dict[tuple[object, ...], list[Answer]] = defaultdict(list)
    for daemonset in world.daemonsets:
        answer = _Asked(world, plan, daemonset, rules, vocabulary).answer(node)
        causes = {(finding.code, cause.needed) for finding in answer.findings for cause in finding.causes}
        key = (answer.verdict, answer.kind, answer.fate, answer.detail, frozenset(causes), answer.helped)
        classes[key].append(answer)
    found = [
        AnswerClass(answer=answers[0], members=tuple(str(answer.daemonset) for answer in answers))
        for answers in classes.values()
    ]
    total = len(world.daemonsets)
    subject = f"{total:,} DaemonSet{'s' * (total != 1)} on {node.name}"
    found.sort(key=_class_order)
    return Explanation(subject=subject, total=total, classes=tuple(found))
