"""What policies come to, as their part of the plan document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ...document.idsets import ranges_of
from ...document.policies import (
    PoliciesEntry,
    PolicyBegin,
    PolicyClass,
    PolicyContradiction,
    PolicyDomains,
    PolicyEntry,
    PolicyLimit,
    PolicyNodeRule,
    PolicyOrder,
    PolicyRate,
    PolicyRun,
    PolicyStalled,
    PolicyStep,
    PolicySteps,
    PolicySwitch,
    PolicyTarget,
)
from ...eligibility.index import as_bitmap
from ...model.meta import Identity
from ...policies.plan_types import PolicyPlan, PolicyReport, TargetReport

__all__ = ["policies_entry"]


def policies_entry(plan: PolicyPlan, places: Mapping[Identity, int]) -> PoliciesEntry:
    """Return the document's part; `places` has each DaemonSet's place in the document."""
    return _Writer(plan, places).entry()


class _Writer:
    def __init__(self, plan: PolicyPlan, places: Mapping[Identity, int]) -> None:
        self._plan = plan
        self._places = places
        self._sets: dict[str, int] = {}
        self._number = [places[identity] for identity in plan.assembled.daemonsets]

    def _of(self, daemonsets: Iterable[Identity]) -> tuple[int, ...]:
        return tuple(sorted(self._places[identity] for identity in daemonsets))

    def _ids(self, names: Iterable[str]) -> str:
        return ranges_of(sorted(self._plan.index.ids[name] for name in names))

    def entry(self) -> PoliciesEntry:
        """Return everything; limits are written first, since they number the sets of nodes."""
        plan, schedule = self._plan, self._plan.schedule
        limits = tuple(self._limits())
        return PoliciesEntry(
            policies=tuple(self._policy(report) for report in plan.policies),
            waves=schedule.waves,
            bound=schedule.bound,
            minimal=schedule.minimal,
            methods=tuple(map(str, schedule.methods)),
            searched=sum(part.searched for part in schedule.parts),
            node_sets=tuple(self._sets),
            limits=limits,
            rates=tuple(self._rates()),
            per_node=tuple(
                PolicyNodeRule(daemonsets=self._of(rule.daemonsets), limit=rule.limit)
                for rule in plan.assembled.node_rules
            ),
            order=tuple(
                PolicyOrder(first=self._places[edge.first], then=self._places[edge.then], per_node=edge.per_node)
                for edge in plan.assembled.order
            ),
            steps=tuple(self._steps()),
            domains=tuple(self._domains()),
            classes=tuple(
                PolicyClass(
                    nodes=ranges_of(sorted(nodes)),
                    daemonsets=tuple(self._number[daemonset] for daemonset in members.daemonsets),
                    busy=members.busy,
                    stuck=members.stuck,
                )
                for members, nodes in zip(plan.assembled.problem.classes, plan.assembled.nodes, strict=True)
            ),
            runs=tuple(
                PolicyRun(repeat=run.repeat, takes=tuple((c, self._number[d], n) for (c, d), n in run.takes))
                for run in schedule.runs()
            ),
            stalled=tuple(
                PolicyStalled(
                    place=entry.cell[0], daemonset=self._number[entry.cell[1]], count=entry.count, rule=entry.rule
                )
                for entry in schedule.stalled
            ),
            sick=tuple(self._sick()),
            stalls=plan.stalls,
            teardown=tuple(self._places[identity] for identity in plan.teardown),
            begins=tuple(self._begins()),
            contradictions=tuple(
                PolicyContradiction(
                    text=found.text, daemonsets=self._of(d for d in found.daemonsets if d in self._places)
                )
                for found in plan.contradictions
            ),
        )

    def _policy(self, report: PolicyReport) -> PolicyEntry:
        return PolicyEntry(
            namespace=report.policy.namespace,
            name=report.policy.name,
            actor=report.actor,
            targets=self._of(report.targets),
            unenforced=tuple(
                PolicySwitch(daemonset=self._places[entry.daemonset], first_step=entry.switch)
                for entry in report.unenforced
            ),
            steps=tuple(
                PolicyStep(
                    name=entry.name,
                    updated=tuple((self._places[identity], count) for identity, count in entry.updated),
                    soak_seconds=entry.soak,
                    gate=entry.gate,
                    after_wave=entry.waves,
                )
                for entry in report.steps
            ),
            step=report.step,
            canary=self._ids(report.canary),
            canary_text=report.canary_text,
            partition_text=report.partition_text,
            node_order=report.node_order,
            waits=report.waits,
            halted=report.halted,
            forgiven=self._ids(report.forgiven),
            limits=len(report.limits),
            standing=tuple(self._target(entry) for entry in report.standing),
        )

    def _target(self, entry: TargetReport) -> PolicyTarget:
        wait = entry.wait
        return PolicyTarget(
            daemonset=self._places[entry.daemonset],
            step=entry.step,
            gone=entry.gone,
            allowance=entry.allowance,
            over=entry.is_over,
            wait=wait.text if wait is not None else "",
            kind=str(wait.kind) if wait is not None else "",
            lifts=str(wait.kind.lifted) if wait is not None else "",
            until=wait.until if wait is not None else None,
            passed=entry.facts,
            canary=self._ids(entry.canary),
        )

    def _begins(self) -> Iterable[PolicyBegin]:
        for entry in self._plan.begins:
            yield PolicyBegin(
                policy=str(entry.policy),
                daemonset=self._places[entry.daemonset],
                nodes=self._ids(entry.nodes),
                step=entry.step,
                facts=entry.facts,
                budgets=entry.budgets,
                beyond=entry.beyond,
            )

    def _limits(self) -> Iterable[PolicyLimit]:
        for limit in self._plan.assembled.limits:
            yield PolicyLimit(
                policy=str(limit.policy),
                name=limit.name,
                daemonsets=self._of(limit.daemonsets),
                nodes=self._sets.setdefault(ranges_of(limit.nodes), len(self._sets)),
                limit=limit.limit,
                written=limit.written,
                base=limit.base,
                fixed=limit.fixed,
                down=limit.down,
                stuck=limit.stuck,
            )

    def _rates(self) -> Iterable[PolicyRate]:
        for rate, load in zip(self._plan.assembled.rates, self._plan.assembled.problem.loads, strict=True):
            weights = tuple((place, self._number[daemonset], weight) for (place, daemonset), weight in load.weights)
            yield PolicyRate(
                policy=str(rate.policy),
                text=rate.text,
                daemonsets=self._of(rate.daemonsets),
                limit=rate.limit,
                begun=rate.begun,
                at_least_seconds=rate.seconds,
                weights=None if rate.weights is None else weights,
            )

    def _steps(self) -> Iterable[PolicySteps]:
        ends = {place: found for part in self._plan.schedule.parts for place, found in part.step_ends}
        for place, rule in enumerate(self._plan.assembled.problem.steps):
            yield PolicySteps(
                daemonsets=tuple(self._number[daemonset] for daemonset in rule.daemonsets),
                sizes=rule.sizes,
                ends=ends.get(place, ()),
                canary=tuple(sorted({cell[0] for cell in rule.canary})),
            )

    def _domains(self) -> Iterable[PolicyDomains]:
        class_of = {node: place for place, nodes in enumerate(self._plan.assembled.nodes) for node in nodes}
        for rule in self._plan.assembled.domains:
            found = {
                value: tuple(sorted({class_of[node] for node in as_bitmap(ids) if node in class_of}))
                for value, ids in sorted(self._plan.index.column(rule.key).items())
            }
            yield PolicyDomains(
                key=rule.key,
                limit=rule.limit,
                daemonsets=self._of(rule.daemonsets),
                domains={value: classes for value, classes in found.items() if classes},
                open=tuple(sorted(rule.open)),
            )

    def _sick(self) -> Iterable[tuple[int, str]]:
        nodes: dict[int, list[str]] = defaultdict(list)
        for unit in self._plan.sick:
            nodes[self._places[unit.daemonset]].append(unit.node)
        return [(place, self._ids(names)) for place, names in sorted(nodes.items())]
