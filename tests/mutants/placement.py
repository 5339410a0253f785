"""Broken variants of placement: filters, queue, preemption, search, policies."""

from __future__ import annotations

from .mutant import Mutant

FILTERS = "tests/placement/test_filters.py"
QUEUE = "tests/placement/test_prediction.py"
SEARCH = "tests/placement/test_search.py"
FIT = "tests/placement/test_fit.py"
POLICIES = "tests/placement/test_policies.py"

PLACEMENT = (
    Mutant(
        "sum-forgets-ports",
        "placement/scheduler/classes.py",
        "return not (bundle.ports and load.ports and any(conflict(port, load.ports) for port in bundle.ports))",
        "return True",
        QUEUE,
    ),
    Mutant(
        "class-forgets-who-holds-the-room",
        "placement/scheduler/classes.py",
        "return id(tenant.demand), tenant.owner, tenant.terminating",
        "return 0, tenant.owner, tenant.terminating",
        QUEUE,
    ),
    Mutant(
        "least-important-come-back-first",
        "placement/scheduler/preemption.py",
        "for tenant in tenants:\n        cluster.bind(tenant, load)",
        "for tenant in reversed(list(tenants)):\n        cluster.bind(tenant, load)",
        QUEUE,
    ),
    Mutant(
        "anti-affinity-in-one-direction",
        "placement/filters/pod_affinity.py",
        "if shortages := tuple(_refused(demand, load, domains, named)):",
        "if shortages := ():",
        FILTERS,
    ),
    Mutant(
        "full-room-is-no-room",
        "placement/filters/fits.py",
        "if amount > allocatable.get(name, 0) - used.get(name, 0) and amount > 0:",
        "if amount >= allocatable.get(name, 0) - used.get(name, 0) and amount > 0:",
        FILTERS,
    ),
    Mutant(
        "look-ahead-takes-the-largest",
        "placement/search/csp.py",
        "if used + sum(sorted(weights.get(n, 0) for n in open_ones)[:missing]) > room:",
        "if used + sum(sorted(weights.get(n, 0) for n in open_ones)[-missing:]) > room:",
        SEARCH,
    ),
    Mutant(
        "target-falls-by-two",
        "placement/search/solver.py",
        "            bound -= 1\n        return bound",
        "            bound -= 2\n        return bound",
        SEARCH,
    ),
    Mutant(
        "earlier-goals-are-forgotten",
        "placement/search/solver.py",
        "found = self._ask([*kept, (goal, bound)])",
        "found = self._ask([(goal, bound)])",
        SEARCH,
    ),
    Mutant(
        "bound-counts-pairs-that-overlap",
        "placement/search/choice.py",
        "            lost += len(inside) - 1\n            left.difference_update(inside)",
        "            lost += len(inside) - 1",
        SEARCH,
    ),
    Mutant(
        "pods-of-one-port-side-by-side",
        "placement/search/node_model.py",
        "if conflict(port, other.demand.ports):",
        "if False:",
        FIT,
    ),
    Mutant(
        "a-domain-forgets-other-nodes",
        "placement/search/joint.py",
        "self.aparts += [Apart(a, b, cause) for a in refusing for b in selected if a != b and not self._same(a, b)]",
        "pass",
        FIT,
    ),
    Mutant(
        "causes-smallest-first",
        "placement/search/node_model.py",
        "return -entry[0], entry[1]",
        "return entry[0], entry[1]",
        FIT,
    ),
    Mutant(
        "deletions-weigh-nothing",
        "placement/fit.py",
        "goals = [kept] if kept else []",
        "goals: list[tuple[int, ...]] = []",
        POLICIES,
    ),
    Mutant(
        "requires-the-other-way-round",
        "placement/search/node_model.py",
        "one, other = relation.daemonsets",
        "other, one = relation.daemonsets",
        POLICIES,
    ),
    Mutant(
        "blocks-forget-rivals-elsewhere",
        "placement/search/blocks.py",
        "            if inner in at and outer not in at and values[outer]:",
        "            if False:",
        SEARCH,
    ),
    Mutant(
        "blocks-give-out-room-that-is-taken",
        "placement/search/blocks.py",
        "rule.room - taken)",
        "rule.room)",
        SEARCH,
    ),
    Mutant(
        "blocks-send-away-whom-an-outsider-needs",
        "placement/search/blocks.py",
        "            must.update(at[n] for n in need.others if n in at and values[n])",
        "            pass",
        SEARCH,
    ),
    Mutant(
        "a-bound-without-the-first-block",
        "placement/search/blocks.py",
        "        for block in self.members:\n            yield _relaxed",
        "        for block in self.members[1:]:\n            yield _relaxed",
        SEARCH,
    ),
    Mutant(
        "greedy-is-good-enough",
        "placement/search/solver.py",
        "        while bound > best:",
        "        while False:",
        FIT,
    ),
    Mutant(
        "a-rival-who-was-not-chosen-is-a-cause",
        "placement/search/conflicts.py",
        "            if self.values[other]:\n                yield (self.wanted(n)",
        "            if True:\n                yield (self.wanted(n)",
        FIT,
    ),
    Mutant(
        "all-claims-are-given-up-for-one",
        "placement/search/claims.py",
        "        choice = _less(choice, next(item for item in reversed(items) if item[0] in (_MUST, _EXACTLY)))",
        "        choice = without_demands(choice)",
        POLICIES,
    ),
)
