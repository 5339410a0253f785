"""May this unit begin now? The rules of section "What a policy remembers", as one page of counting.

It knows the whole history (`Town.gone`, `said`, `broke`), so it needs no State, and it shares no code with the engine.
What it cannot know better than the engine it leaves open: after State was lost, what went before the engine's first
look counts as the engine may take it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from .town import Place, PodFacts, Town

__all__ = ["Monitor", "forbidden"]

Tree = dict[str, Any]


class Monitor(msgspec.Struct):
    """What the history says so far: steps that were passed, by which answer, and each first look of the engine.

    `present` has the revision of each target at the last look, and how many units had begun when it was first seen: one
    that comes back begins anew.
    """

    passed: dict[tuple[str, str, str, str, int], int]
    first_look: dict[tuple[str, str, str], frozenset[str]]
    is_lost: bool = False
    begun_when_lost: int = 0
    rescued: frozenset[tuple[str, str, str, str]] = frozenset()
    present: dict[tuple[str, str], tuple[str, int]] = {}

    def copy(self) -> Monitor:
        """Return another one that knows the same."""
        return Monitor(
            dict(self.passed), dict(self.first_look), self.is_lost, self.begun_when_lost, self.rescued,
            dict(self.present),
        )  # fmt: skip

    def forget(self, begun: int) -> None:
        """State is lost: the engine's next look is a first one, and gates are asked again."""
        self.first_look, self.passed, self.is_lost, self.begun_when_lost = {}, {}, True, begun

    def see(self, policy: str, uid: str, hash_: str, begun: int) -> None:
        """Take note of the revision that is rolled out; another one than before begins at the first step."""
        if self.present.get((policy, uid), ("", 0))[0] != hash_:
            self.present[policy, uid] = hash_, begun
            mine = policy, uid, hash_
            self.first_look.pop(mine, None)
            self.passed = {key: used for key, used in self.passed.items() if key[:3] != mine}


def forbidden(town: Town, monitor: Monitor, begun: list[Place]) -> list[str]:
    """Return what the rules forbid of what the engine began in `town` as it was before; empty if they allow it all."""
    found: list[str] = []
    for name, tree in sorted(town.policies.items()):
        for target in town.targets:
            if governs(tree, target, town):
                one = _Target(town, monitor, name, tree["spec"], target)
                one.look()
                batch = [node for ds, node in begun if ds == target]
                found += [f"{name}/{target}: {text}" for text in one.forbids(batch)] if batch else []
    governed = {t for tree in town.policies.values() for t in town.targets if governs(tree, t, town)}
    return found + [f"{ds}@{node}: no policy governs it" for ds, node in begun if ds not in governed]


def governs(tree: Tree, target: str, town: Town) -> bool:
    """Return whether a policy names a DaemonSet, or selects it."""
    labels = dict(town.targets[target].labels)
    for entry in tree["spec"]["targets"]:
        wanted = entry.get("selector", {}).get("matchLabels")
        if entry.get("name") == target or (wanted is not None and wanted.items() <= labels.items()):
            return True
    return False


class _Target:
    def __init__(self, town: Town, monitor: Monitor, policy: str, spec: Tree, name: str) -> None:
        self.town, self.monitor, self.policy, self.spec, self.name = town, monitor, policy, spec, name
        self.uid, self.hash = town.targets[name].uid, town.targets[name].hash
        self.pods = {node: town.pods.get((name, node)) for node in town.nodes}
        began = town.changed.get((name, self.uid), -(10**9))
        self.joined = {node for node, facts in town.nodes.items() if facts.made >= began and self.is_new(node)}
        self.went = {node for node in town.nodes if self.is_new(node)} - self.joined
        self.old = {node for node, pod in self.pods.items() if pod is not None and pod.hash != self.hash}
        self.base = len(town.nodes) - len(self.joined)

    def is_new(self, node: str) -> bool:
        pod = self.pods[node]
        return pod is not None and pod.hash == self.hash

    def pod(self, node: str) -> PodFacts:
        pod = self.pods[node]
        assert pod is not None
        return pod

    # Steps

    def steps(self) -> Iterator[tuple[str, int, Tree]]:
        """Yield what each step says, which of equal ones it is, and its parts; the last one is everything."""
        canary, steps = self.spec.get("canary"), self.spec.get("steps", {})
        found = [] if canary is None else [{"canary": canary, "soak": canary.get("soak"), "gate": canary.get("gate")}]
        pace = {"soak": steps.get("soak"), "gate": steps.get("gate")}
        found += [{"to": amount, **pace} for amount in _amounts(steps, len(self.town.nodes))]
        seen: Counter[str] = Counter()
        for step in found:
            says = json.dumps(step, sort_keys=True)
            yield says, seen[says], step
            seen[says] += 1

    def look(self) -> None:
        """Take note of the steps that are passed by now."""
        self.monitor.see(self.policy, self.uid, self.hash, len(self.town.gone))
        self.monitor.first_look.setdefault((self.policy, self.uid, self.hash), frozenset(self.went))
        for says, turn, step in self.steps():
            key = self.policy, self.uid, self.hash, says, turn
            if key in self.monitor.passed:
                continue
            used = self.may_pass(step)
            if used is None:
                return
            self.monitor.passed[key] = used

    def reached(self) -> list[Tree] | None:
        """Return the steps up to the first that is not passed; None where all are, so that everything may go."""
        found = []
        for says, turn, step in self.steps():
            found.append(step)
            if (self.policy, self.uid, self.hash, says, turn) not in self.monitor.passed:
                return found
        return None

    def may_pass(self, step: Tree) -> int | None:
        """Return the answer (its place, -1 for none needed) by which a step is passed now, None while it is not."""
        units, size = (self.canary(), self.canary_size(step)) if "canary" in step else (self.went, self.to(step))
        if len(units) < size:
            return None
        if "canary" in step:
            moments = sorted(self.pod(node).since for node in units if self.pod(node).ready)[:size]
        else:
            if not all(self.pod(node).ready for node in units):
                return None
            moments = [self.pod(node).since for node in units]
        if len(moments) < size:
            return None
        complete = max(moments, default=-(10**9)) + _minutes(step.get("soak"))
        if self.town.now < complete:
            return None
        if not (step.get("gate") or {}).get("manual"):
            return -1
        used = {number for key, number in self.monitor.passed.items() if key[:3] == (self.policy, self.uid, self.hash)}
        for number, said in enumerate(self.town.said):
            if said.policy == self.policy and said.answer == "pass" and said.at >= complete and number not in used:
                return number
        return None

    def canary(self) -> set[str]:
        """Return the nodes that may be the canary: those that the host began, and what the engine found at first."""
        begun = self.begun()
        first = self.monitor.first_look[self.policy, self.uid, self.hash]
        anew = self.joined if begun - self.town.nodes.keys() else set()  # one that left is replaced by another
        return ((begun | first) & self.went) | anew

    def begun(self, since: int = 0) -> set[str]:
        """Return the nodes where the host began the present revision; without State it begins at its canary again."""
        mine = (self.name, self.uid, self.hash)
        found = {g.node for g in self.town.gone[since:] if (g.name, g.uid, g.hash) == mine}
        return {node for node in found if (*mine, node) not in self.monitor.rescued}

    def canary_size(self, step: Tree) -> int:
        wanted = len(self.town.nodes) - len(self.joined)
        return min(int(step["canary"].get("count", 1)), wanted)

    def to(self, step: Tree) -> int:
        return _share(step["to"], self.base)

    # What forbids

    def forbids(self, batch: list[str]) -> Iterator[str]:
        """Yield what the rules have against units that begin together."""
        rescued = {node for node in batch if self.is_rescued(node)}
        self.monitor.rescued |= {(self.name, self.uid, self.hash, node) for node in rescued}
        healthy = [node for node in batch if self.pod(node).ready]
        yield from self.stopped([node for node in batch if node not in rescued])
        if self.is_paused() and healthy:
            yield "paused"
        if self.spec.get("frozen") and batch:
            yield "frozen"
        yield from self.beyond_the_step([node for node in batch if node not in rescued])
        yield from self.beyond_budgets(healthy)
        kept = _share(self.spec.get("partition", 0), len(self.town.nodes))
        if len(self.old) - len(batch) < kept:
            yield f"partition {kept} keeps some of {sorted(batch)}"
        limit = (self.spec.get("rates") or {}).get("podsPerMinute")
        lately = [g for g in self.town.gone if g.at > self.town.now - 1]
        if limit and len(lately) + len(batch) > limit:
            yield f"{len(batch)} more than {limit} within a minute"
        yield from self.out_of_order(batch)

    def is_rescued(self, node: str) -> bool:
        """A fix goes to nodes that an earlier revision broke, whatever the step; of one minute nobody can tell."""
        same_minute = self.pod(node).made == self.town.nodes[node].since
        broken = (nodes for key, nodes in self.town.broke.items() if key[:2] == (self.name, self.uid))
        causal = (self.spec.get("brokenNodes") or {}).get("mode") == "Causal"
        # That a node was back for a moment between two looks, the engine cannot know.
        known = node in self.town.seen_broken | self.town.suspected
        seen = same_minute or known or any(node in nodes for nodes in broken)
        return causal and not self.town.nodes[node].ready and seen

    def is_paused(self) -> bool:
        said = [s.answer for s in self.town.said if s.policy == self.policy and s.answer in ("pause", "resume")]
        return bool(self.spec.get("paused")) or said[-1:] == ["pause"]

    def stopped(self, batch: list[str]) -> Iterator[str]:
        if not batch:
            return
        if self.town.failed.get((self.policy, self.uid, self.hash)):
            yield "its gate failed"
        excused = self.town.excused
        if (self.spec.get("brokenNodes") or {}).get("mode") == "Causal":
            broke = self.town.broke.get((self.name, self.uid, self.hash), frozenset()) - excused
            if self.monitor.is_lost:
                broke &= self.town.nodes.keys()
            if broke:
                yield f"stopped: {sorted(broke)} broke after the update"
        crashing = {n for n in self.town.nodes if self.is_new(n) and self.pod(n).crashes and self.town.nodes[n].ready}
        if crashing - excused:
            yield f"new pods crash on {sorted(crashing - excused)}"

    def beyond_the_step(self, batch: list[str]) -> Iterator[str]:
        """Yield what no step that is reached lets begin: a canary that is passed may still be owed, after an edit."""
        steps = self.reached()
        if steps is None or not batch:
            return
        anew = self.monitor.present[self.policy, self.uid][1]
        begun = self.begun(since=max(anew, self.monitor.begun_when_lost))
        canary = [len((begun & self.went) | set(batch)) <= self.canary_size(step) for step in steps if "canary" in step]
        shares = [len(self.went | set(batch)) <= self.to(step) for step in steps if "to" in step]
        if not any(canary + shares):
            last = steps[-1]
            yield f"{sorted(batch)} beyond {last.get('to') or f'a canary of {self.canary_size(last)}'}"

    def beyond_budgets(self, healthy: list[str]) -> Iterator[str]:
        budgets = self.spec.get("budgets") or [{"maxUnavailable": 1}]
        for budget in budgets:
            for domain in self.domains(budget):
                inside = [node for node in healthy if node in domain]
                limit = _share(budget["maxUnavailable"], len(domain))
                if inside and len(self.down(domain)) + len(inside) > limit:
                    yield f"{len(self.down(domain))} down, {sorted(inside)} more, {limit} allowed"

    def domains(self, budget: Tree) -> list[set[str]]:
        if "topologyKey" not in budget:
            return [set(self.town.nodes)]
        zones: dict[str, set[str]] = {}
        for node, facts in self.town.nodes.items():
            zones.setdefault(facts.zone, set()).add(node)
        return list(zones.values())

    def down(self, domain: set[str]) -> set[str]:
        """Return the nodes whose pod is not available; under Causal not those of nodes that others have broken."""
        down = {node for node in domain if self.pods[node] is None or not self.pod(node).ready}
        if (self.spec.get("brokenNodes") or {}).get("mode") == "Causal":
            broke = self.town.broke.get((self.name, self.uid, self.hash), frozenset())
            mine = {node for node in broke & self.town.nodes.keys() if self.is_new(node)}
            down -= {node for node in down if not self.town.nodes[node].ready and node not in mine}
        return down

    def out_of_order(self, batch: list[str]) -> Iterator[str]:
        order = self.spec.get("order") or {}
        for chain in order.get("chains", ()):
            for first in chain[: chain.index(self.name)] if self.name in chain else ():
                wanted = self.town.targets[first].hash
                nodes = batch if order.get("per", "Node") == "Node" else list(self.town.nodes)
                for node in nodes:
                    pod = self.town.pods.get((first, node))
                    if pod is None or pod.hash != wanted or not pod.ready:
                        yield f"{sorted(batch)} before {first} on {node}"
                        break


def _amounts(steps: Tree, most: int) -> list[Any]:
    if "exponential" in steps:
        grown = steps["exponential"]
        found, reached = [], grown.get("start", 1)
        while reached < most:
            found.append(reached)
            reached *= grown.get("factor", 2)
        return found
    return [amount for amount in steps.get("list", ()) if amount != "100%"]


def _share(amount: int | str, total: int) -> int:
    return amount if isinstance(amount, int) else -(-int(amount.rstrip("%")) * total // 100)


def _minutes(text: str | None) -> int:
    if not text:
        return 0
    return int(text[:-1]) * {"h": 60, "m": 1, "s": 0}[text[-1]]
