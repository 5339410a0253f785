"""Why each pod that is held is held, what never goes on, and why what begins may begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pyroaring import BitMap

from ..eligibility import NodeIndex
from ..model.meta import Identity
from ..model.policy import BrokenNodes
from ..model.world import Note
from ..waves.schedule_types import Schedule
from .assemble import Assembled
from .holds import Holds
from .host_actions import PacedActions
from .limits import NodeRule, RolloutLimit
from .plan_types import PolicyBegins, PolicyHeld, Unit
from .reports import facts_text
from .stops import few
from .views import View
from .waits import Wait, WaitKind

__all__ = ["HeldReasons"]

_TURN = Wait(WaitKind.TURN, "goes in a later wave")
_NODE_TEXT = "the node was not ready before the wave began; its pod is replaced when it is back"


class HeldReasons:
    """The texts of one decision. `whole` are all waves of what was `assembled`."""

    def __init__(
        self, views: Sequence[View], holds: Holds, assembled: Assembled, whole: Schedule, index: NodeIndex
    ) -> None:
        self._views, self._holds, self._assembled, self._whole = views, holds, assembled, whole
        self._index = index

    def _names(self, positions: Iterable[int]) -> tuple[str, ...]:
        return tuple(self._index.names[position] for position in sorted(positions))

    # Why something stands still

    def held(self, startable: Schedule, paced: PacedActions, old: Mapping[Identity, BitMap]) -> tuple[PolicyHeld, ...]:
        """Return why each old pod that does not go now does not, DaemonSet by DaemonSet."""
        going = {*paced.wave, *paced.sick}
        found = [entry for identity in old for entry in self._waiting(identity, startable, going, old[identity])]
        found += [entry for identity in old for entry in self._sick(identity, going)]
        found += [
            entry for view in self._views for identity in view.targets for entry in _staying(view, identity, self)
        ]
        return _merged(found)

    def _waiting(
        self, identity: Identity, startable: Schedule, going: Collection[Unit], nodes: BitMap
    ) -> Iterator[PolicyHeld]:
        reasons: dict[str, list[int]] = {}
        for entry in (*startable.stalled, *self._whole.stalled):
            if self._assembled.daemonsets[entry.cell[1]] == identity:
                reasons.setdefault(entry.rule, []).extend(self._assembled.nodes[entry.cell[0]])
        told = BitMap(self._index.ids[unit.node] for unit in going if unit.daemonset == identity)
        for text, positions in reasons.items():
            fresh = BitMap(positions) & nodes - told
            told |= fresh
            if fresh:
                held = self._holds.told(identity, text)
                wait = held or Wait(_kind_of(text, self._assembled.limits), text)
                in_turn = held is not None and held.kind is WaitKind.ORDER
                yield self._entry(identity, wait, fresh, blocks=not in_turn)
        left = nodes - told
        if left:
            wait = self._turn(identity)
            yield self._entry(identity, wait, left, blocks=wait is not _TURN)

    def _turn(self, identity: Identity) -> Wait:
        """Return what units wait for that go in a later wave: pods that have gone and are not available yet, if these
        have spent a whole budget."""
        failing = self._failing_of(identity)
        for limit in self._assembled.limits:
            if identity in limit.daemonsets and limit.down + limit.stuck >= limit.limit:
                if failing:
                    text = f"{limit.rule}; spent by new pods that fail: {failing}; nothing goes on before they run"
                    return Wait(WaitKind.FAILING, text)
                text = f"{limit.rule}; {limit.down + limit.stuck:,} down now, the next go when some are available"
                return Wait(WaitKind.BUDGET if limit.stuck >= limit.limit else WaitKind.STARTING, text)
        return _TURN

    def _failing_of(self, identity: Identity) -> str:
        found = {name: why for view in self._views for name, why in view.failing.get(identity, {}).items()}
        return few(f"{name} ({why})" for name, why in sorted(found.items()))

    def _sick(self, identity: Identity, going: Collection[Unit]) -> Iterator[PolicyHeld]:
        """Yield why sick pods are not replaced now, where even these wait."""
        mine = [view for view in self._views if identity in view.targets]
        away = BitMap.union(BitMap(), *(view.away[identity] for view in mine))
        gone = BitMap(self._index.ids[unit.node] for unit in going if unit.daemonset == identity)
        left = mine[0].units[identity].sick - away - gone if mine else BitMap()
        if not left:
            return
        waits = self._holds.of(identity)
        if any(view.policy.spec.sick == "leave" for view in mine):
            yield self._entry(identity, Wait(WaitKind.SICK, "not available; the policy leaves it until it is"), left)
        elif waits:
            yield self._entry(identity, waits[0], left)
        else:
            text = "not available; gets the new revision when its step comes"
            yield self._entry(identity, Wait(WaitKind.STEP, text), left, blocks=False)

    def _entry(self, identity: Identity, wait: Wait, nodes: BitMap, *, blocks: bool = True) -> PolicyHeld:
        return PolicyHeld(identity, wait.text, self._names(nodes), blocks, kind=wait.kind, until=wait.until)

    def stays(self, identity: Identity, wait: Wait, nodes: BitMap, *, blocks: bool) -> PolicyHeld:
        """Return the entry of nodes that are left as they are."""
        return PolicyHeld(identity, wait.text, self._names(nodes), blocks, for_good=not blocks, kind=wait.kind)

    # What never goes on by itself

    def stalls(self, never_opens: Collection[Identity], seconds: float) -> Iterator[str]:
        """Yield what will never go on by itself; `never_opens` are policies without a window of so many `seconds`."""
        rules: Counter[tuple[Identity, str]] = Counter()
        for entry in self._whole.stalled:
            rules[self._assembled.daemonsets[entry.cell[1]], entry.rule] += entry.count
        for (identity, rule), count in sorted(rules.items()):
            limits = (limit for limit in self._assembled.limits if limit.rule == rule)
            remedy = next((_remedy(limit, self._views) for limit in limits), "")
            yield f"{identity}: {count:,} pods never go: {rule}{remedy}"
        for view in self._views:
            name = f"policy {view.policy.identity}"
            if view.policy.identity in never_opens:
                yield f"{name}: no window is long enough for one wave, which takes {round(seconds):,} s at least"
            told = (WaitKind.CANARY, WaitKind.GATE_FAILED)
            waits = [stand.wait for stand in view.stands.values() if stand.wait is not None]
            yield from dict.fromkeys(f"{name}: {_stall(wait)}" for wait in waits if wait.kind in told)
            spent = [limit for limit in self._assembled.limits if limit.policy == view.policy.identity]
            yield from self._failing(view, spent)

    def _failing(self, view: View, limits: Sequence[RolloutLimit]) -> Iterator[str]:
        """Yield the targets of which new pods fail: nothing of them goes on before they run."""
        for identity, stand in view.stands.items():
            told = f"nothing goes on before they run; fix the template or roll back {identity}"
            if stand.wait is not None and stand.wait.kind is WaitKind.FAILING and view.facts[identity].left:
                yield f"policy {view.policy.identity}: {stand.wait.text}; {told}"
            elif view.failing[identity] and view.facts[identity].left:
                spent = [lim for lim in limits if identity in lim.daemonsets and lim.down + lim.stuck >= lim.limit]
                if spent:
                    yield f"{identity}: new pods that fail spend the budget: {self._failing_of(identity)}; {told}"

    # Why something begins

    def begins(self, paced: PacedActions, limits: Mapping[Identity, Sequence[RolloutLimit]]) -> Iterator[PolicyBegins]:
        """Yield, for what begins now, which step, facts and budgets let it begin, policy by policy."""
        for units, beyond in ((paced.sick, True), (paced.wave, False)):
            nodes: dict[Identity, list[int]] = {}
            for unit in units:
                nodes.setdefault(unit.daemonset, []).append(self._index.ids[unit.node])
            for identity, positions in sorted(nodes.items()):
                for view in self._views:
                    if identity in view.targets:
                        found = limits[view.policy.identity]
                        yield self._begin(view, identity, positions, found, beyond=beyond)

    def _begin(
        self, view: View, identity: Identity, positions: Sequence[int], limits: Sequence[RolloutLimit], *, beyond: bool
    ) -> PolicyBegins:
        stand = view.stands[identity]
        step = ""
        if stand.rule is not None:
            step = f"step {stand.rule.number + 1} of {len(view.rules)} ({stand.rule.name})"
            step += f": {stand.has_gone:,} have gone, {stand.allowance:,} more may"
        spent = BitMap(positions)
        rules = [lim for lim in limits if identity in lim.daemonsets and spent & lim.nodes]
        budgets = tuple(f"{lim.name}: {lim.arithmetic}, {lim.down + lim.stuck:,} down" for lim in rules)
        return PolicyBegins(
            policy=view.policy.identity,
            daemonset=identity,
            nodes=self._names(positions),
            step=step,
            facts=facts_text(view, identity),
            budgets=() if beyond else budgets,
            beyond=beyond,
        )

    # Notes

    def notes(self, rules: Sequence[NodeRule], limits: Mapping[Identity, Sequence[RolloutLimit]]) -> Iterator[Note]:
        """Yield what the policies' readers may not expect."""
        for view in self._views:
            subject = f"RolloutPolicy {view.policy.identity}"
            yield from (Note(subject, text) for text in _missing_labels(view, self._index))
            for limit in limits[view.policy.identity]:
                if limit.owned:
                    text = f"no budget counts {limit.base:,} pods of {limit.daemonsets[0]}: {limit.arithmetic} holds"
                    yield Note(subject, text)
            for identity in _assumed(view):
                stand = view.stands[identity]
                assert stand.rule is not None
                where = f"step {stand.rule.number + 1} of {len(view.rules)}"
                yield Note(subject, f"nothing is remembered of {identity}: {where} is taken from the pods")
        for rule in rules:
            if len(rule.policies) > 1:
                others = ", ".join(map(str, rule.policies[1:]))
                text = f"rules per node overlap with {others}; the stricter holds for all"
                yield Note(f"RolloutPolicy {rule.policies[0]}", text)


def _assumed(view: View) -> Iterator[Identity]:
    """Yield the targets in the middle of a roll-out that State does not know."""
    for identity, stand in view.stands.items():
        facts = view.facts[identity]
        known = view.before.target(facts.uid, facts.hash)
        some_gone = bool(facts.units.updated) and bool(facts.left)
        if known is None and some_gone and stand.rule is not None and len(view.rules) > 1:
            yield identity


def _missing_labels(view: View, index: NodeIndex) -> Iterator[str]:
    """Yield the labels that budgets and domains name and some nodes, or all, do not have."""
    keys = [budget.topology_key for budget in view.policy.spec.budgets if budget.topology_key]
    for key in dict.fromkeys(keys):
        count = len(index) - len(index.with_key(key))
        if count:
            who = "no node has" if count == len(index) else f"{count:,} nodes do not have"
            yield f"{who} the label {key}; such nodes count as one domain"
    for budget in view.policy.spec.budgets:
        if budget.node_selector is not None and index.all:
            from .limits import selected

            if not selected(budget.node_selector, index):
                yield f"no node matches the nodeSelector of the budget maxUnavailable {budget.max_unavailable}"


def _staying(view: View, identity: Identity, held_reasons: HeldReasons) -> Iterator[PolicyHeld]:
    if view.kept[identity]:
        wait = Wait(WaitKind.PARTITION, view.partition_text)
        yield held_reasons.stays(identity, wait, view.kept[identity], blocks=False)
    broken = view.facts[identity].left & view.budget_use.exempt
    if broken:
        yield held_reasons.stays(identity, Wait(WaitKind.NODE, _NODE_TEXT), broken, blocks=True)


def _kind_of(text: str, limits: Sequence[RolloutLimit]) -> WaitKind:
    """Return the kind of a reason that the waves give: a budget, or what comes before by order or by step."""
    if any(limit.rule == text for limit in limits):
        return WaitKind.BUDGET
    return WaitKind.STEP if "step" in text else WaitKind.ORDER


def _stall(wait: Wait) -> str:
    return "the canary has no node" if wait.text.endswith("it has no node") else wait.text


def _remedy(limit: RolloutLimit, views: Sequence[View]) -> str:
    """Return what would let a budget go on that pods which stay down have spent."""
    strict = any(
        view.policy.identity == limit.policy and (view.policy.spec.broken_nodes or BrokenNodes()).mode == "Strict"
        for view in views
    )
    causal = ", or brokenNodes.mode Causal" if strict else ""
    return f"; needs maxUnavailable >= {limit.stuck + 1:,}{causal}" if limit.stuck >= limit.limit else ""


def _merged(held: Iterable[PolicyHeld]) -> tuple[PolicyHeld, ...]:
    """Return one entry for all nodes of a DaemonSet that wait for the same."""
    nodes: dict[tuple[Identity, str, bool, bool], set[str]] = {}
    first: dict[tuple[Identity, str, bool, bool], PolicyHeld] = {}
    for entry in held:
        key = entry.daemonset, entry.text, entry.blocks, entry.for_good
        nodes.setdefault(key, set()).update(entry.nodes)
        first.setdefault(key, entry)
    return tuple(
        PolicyHeld(*key[:2], tuple(sorted(names)), *key[2:], first[key].kind, first[key].until)
        for key, names in sorted(nodes.items())
    )
