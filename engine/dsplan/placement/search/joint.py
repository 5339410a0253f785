"""Several nodes as one choice: what pod affinity says across them (K14-K16).

Rules between two pods of one node are the node's own affair; here are those between nodes of one topology domain, and
whom an affinity may be met by. Domains too large to list pair by pair are decided by rank, which is safe and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from ..filters.demand import Term
from ..filters.node_load import Cluster
from .causes import Cause, CauseCode
from .choice import Apart, Choice, Exactly, Needs, Sum
from .node_model import Candidate, NodeModel

__all__ = ["Joint", "Member", "join"]

_MOST_PAIRS = 4_000
_PAIRS_IN_ALL = 300_000
_LARGEST_DOMAIN = 60

Member = tuple[int, int]
"""(which model, which of its candidates)."""


class Joint(msgspec.Struct, frozen=True):
    """One choice over all candidates of several nodes; `members` says who each number is.

    `yielding` gave way to others without a search, since their domain is too large, with the causes; `slack` is how
    many more pods a search might have placed for it.
    """

    choice: Choice
    members: tuple[Member, ...]
    causes: tuple[Cause, ...]
    yielding: dict[int, tuple[Cause, ...]] = {}
    slack: int = 0


def join(models: Sequence[NodeModel], cluster: Cluster) -> Joint:
    """Return the models as one choice, without goals."""
    return _Joiner(models, cluster).join()


class _Joiner:
    def __init__(self, models: Sequence[NodeModel], cluster: Cluster) -> None:
        self.models = models
        self.cluster = cluster
        self.members: list[Member] = []
        self.candidates: list[Candidate] = []
        self.causes: list[Cause] = []
        self.sums: list[Sum] = []
        self.aparts: list[Apart] = []
        self.needs: list[Needs] = []
        self.exactly: list[Exactly] = []
        self.must: set[int] = set()
        self.must_not: set[int] = set()
        self.lonely: list[int] = []
        self.yielding: dict[int, tuple[Cause, ...]] = {}
        self.slack = 0
        self._near: dict[tuple[tuple[Term, ...], str], dict[str, list[int]]] = {}

    def join(self) -> Joint:
        for number, model in enumerate(self.models):
            self._take(number, model)
        if len(self.models) > 1:
            self._keep_away()
        self._bring_near()
        choice = Choice(
            size=len(self.members),
            sums=tuple(self.sums),
            aparts=tuple(self.aparts),
            needs=tuple(self.needs),
            exactly=tuple(self.exactly),
            must=frozenset(self.must),
            must_not=frozenset(self.must_not),
        )
        return Joint(choice, tuple(self.members), tuple(self.causes), self.yielding, self.slack)

    def _take(self, number: int, model: NodeModel) -> None:
        """Append one node's choice, its numbers and causes moved up."""
        up, late, choice = len(self.members), len(self.causes), model.choice
        self.members.extend((number, n) for n in range(choice.size))
        self.candidates.extend(model.candidates)
        self.causes.extend(model.causes)
        self.sums += [
            Sum(tuple((n + up, weight) for n, weight in rule.weights), rule.room, rule.cause + late)
            for rule in choice.sums
        ]
        self.aparts += [Apart(rule.one + up, rule.other + up, rule.cause + late) for rule in choice.aparts]
        self.needs += [
            Needs(rule.one + up, tuple(n + up for n in rule.others), rule.cause + late) for rule in choice.needs
        ]
        self.exactly += [Exactly(tuple(n + up for n in rule.among), rule.cause + late) for rule in choice.exactly]
        self.must.update(n + up for n in choice.must)
        self.must_not.update(n + up for n in choice.must_not)
        self.lonely.extend(n + up for n in model.lonely)

    def _label(self, n: int, key: str) -> str | None:
        position = self.models[self.members[n][0]].position
        return self.cluster.loads[position].node.labels.get(key)

    def _by_domain(self, numbers: Iterable[int], key: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for n in numbers:
            value = self._label(n, key)
            if value is not None and n not in self.must_not:
                found[value].append(n)
        return found

    def _matched(self, term: Term) -> list[int]:
        matches = self.cluster.domains.matches
        return [n for n, candidate in enumerate(self.candidates) if matches((term,), candidate.demand)]

    def _keep_away(self) -> None:
        """K16 between nodes: who has an anti-affinity term, and whom it selects, are not in one domain."""
        holders: dict[Term, list[int]] = defaultdict(list)
        for n, candidate in enumerate(self.candidates):
            for term in candidate.demand.anti_affinity:
                holders[term].append(n)
        for term, having in sorted(holders.items(), key=lambda entry: entry[0].text):
            refusing = self._by_domain(having, term.topology_key)
            selected = self._by_domain(self._matched(term), term.topology_key)
            for value in sorted(refusing):
                if value in selected:
                    self._part(term, refusing[value], selected[value])

    def _part(self, term: Term, refusing: list[int], selected: list[int]) -> None:
        owner = self.candidates[refusing[0]].owner
        text = f"away from {self.candidates[selected[0]].owner} in its {term.topology_key}"
        field = "spec.affinity.podAntiAffinity"
        self.causes.append(Cause(code=CauseCode.AFFINITY, object=owner, field=field, needed=text))
        cause = len(self.causes) - 1
        if refusing == selected and len(refusing) <= _LARGEST_DOMAIN:
            self.sums.append(Sum(tuple((n, 1) for n in refusing), 1, cause))
        elif refusing == selected:
            self._only_one(refusing, cause)
        elif self._may_list(len(refusing) * len(selected)):
            self.aparts += [Apart(a, b, cause) for a in refusing for b in selected if a != b and not self._same(a, b)]
        else:
            first, second = sorted((refusing, selected), key=lambda some: self.candidates[some[0]].number)
            self._yield([n for n in second if n not in first], first[0], cause)
            self.slack += len(second)

    def _may_list(self, pairs: int) -> bool:
        """Return whether so many pairs more are few enough, by themselves and with all others."""
        return pairs <= _MOST_PAIRS and len(self.aparts) + pairs <= _PAIRS_IN_ALL

    def _only_one(self, members: list[int], cause: int) -> None:
        """Choose the one of a large domain that is in nobody's way, if there is such a one, else the first."""
        contested = {n for rule in self.sums for n, _ in rule.weights}
        contested.update(n for rule in self.aparts for n in (rule.one, rule.other))
        free = next((n for n in members if n not in contested), None)
        self.slack += free is None
        winner = members[0] if free is None else free
        self._yield([n for n in members if n != winner], winner, cause)

    def _yield(self, gone: Iterable[int], winner: int, cause: int) -> None:
        owner = self.candidates[winner].owner
        there = Cause(code=CauseCode.WANTED, object=owner, field="spec.template.spec", needed="on another node")
        for n in gone:
            self.must_not.add(n)
            self.yielding[n] = (there, self.causes[cause])

    def _same(self, one: int, other: int) -> bool:
        return self.members[one][0] == self.members[other][0]

    def _bring_near(self) -> None:
        """K15: whose affinity nobody there meets needs one of those who may come; the first of a series needs none."""
        counts = self.cluster.domains.counts
        series: dict[tuple[Term, ...], list[int]] = defaultdict(list)
        for n in self.lonely:
            demand = self.candidates[n].demand
            if not counts(demand.affinity) and self.cluster.domains.matches(demand.affinity, demand):
                series[demand.affinity].append(n)
                continue
            for term in demand.affinity:
                self._need(n, demand.affinity, term)
        for terms, members in series.items():
            self._one_domain(terms, members)
        self._one_series([n for members in series.values() for n in members])

    def _need(self, n: int, terms: tuple[Term, ...], term: Term) -> None:
        value = self._label(n, term.topology_key)
        if value is not None and self.cluster.domains.counts(terms).get((term.topology_key, value)):
            return
        own = self.candidates[n].demand
        near = [
            other
            for other in self._matching(terms, term.topology_key, value)
            if self.candidates[other].demand is not own
        ]
        cause = Cause(
            code=CauseCode.AFFINITY,
            object=self.candidates[n].owner,
            field="spec.affinity.podAffinity",
            needed=f"a pod that matches in its {term.topology_key}",
        )
        self.causes.append(cause)
        self.needs.append(Needs(n, tuple(near), len(self.causes) - 1))

    def _matching(self, terms: tuple[Term, ...], key: str, value: str | None) -> list[int]:
        """Return who matches all terms in one domain of a key."""
        found = self._near.get((terms, key))
        if found is None:
            matches = self.cluster.domains.matches
            all_that_match = [n for n, entry in enumerate(self.candidates) if matches(terms, entry.demand)]
            found = self._near[terms, key] = self._by_domain(all_that_match, key)
        return found.get(value, []) if value is not None else []

    def _one_domain(self, terms: tuple[Term, ...], members: list[int]) -> None:
        """The first of a series makes its domain the only one; others may join it there."""
        key = terms[0].topology_key
        domains = self._by_domain(members, key)
        self.causes.append(
            Cause(
                code=CauseCode.AFFINITY,
                object=self.candidates[members[0]].owner,
                field="spec.affinity.podAffinity",
                needed=f"its own kind in its {key}",
            )
        )
        cause, values = len(self.causes) - 1, sorted(domains)
        for position, value in enumerate(values):
            rest = [n for other in values[position + 1 :] for n in domains[other]]
            if self._may_list(len(domains[value]) * len(rest)):
                self.aparts += [Apart(a, b, cause) for a in domains[value] for b in rest]
            else:
                self._yield(rest, domains[value][0], cause)
                self.slack += len(rest)
                return

    def _one_series(self, members: list[int]) -> None:
        """Of two that start series of their own, and each counts for the other's, neither can come second from afar."""
        if len(members) ** 2 > _MOST_PAIRS:
            return
        for place, one in enumerate(members):
            for other in members[place + 1 :]:
                terms, others = self.candidates[one].demand.affinity, self.candidates[other].demand.affinity
                if terms != others and self._is_far(one, other) and self._is_far(other, one):
                    self.causes.append(
                        Cause(
                            code=CauseCode.AFFINITY,
                            object=self.candidates[other].owner,
                            field="spec.affinity.podAffinity",
                            needed=f"its own kind in its {others[0].topology_key}",
                        )
                    )
                    self.aparts.append(Apart(one, other, len(self.causes) - 1))

    def _is_far(self, one: int, other: int) -> bool:
        """Return whether `other` matches what `one` wants near, but is in another domain."""
        terms = self.candidates[one].demand.affinity
        if not self.cluster.domains.matches(terms, self.candidates[other].demand):
            return False
        return any(self._label(one, term.topology_key) != self._label(other, term.topology_key) for term in terms)
