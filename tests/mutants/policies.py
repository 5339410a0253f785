"""Broken variants of policies and waves: each breaks one promise that a plan makes."""

from __future__ import annotations

from .mutant import Mutant

CASES = "tests/policies/test_decide.py"
BRUTE_FORCE = "tests/waves/test_schedule.py"
VERIFY = "tests/verify/test_policies.py"
SITUATIONS = "tests/policies/test_situations.py"
WALK = "tests/policies/test_walk.py"
STORIES = "tests/policies/test_stories.py"

POLICIES = (
    Mutant(
        "policy-budget-off-by-one",
        "policies/limits.py",
        "limit=amount.number,",
        "limit=amount.number + 1,",
        CASES,
    ),
    Mutant(
        "policy-recovered-nodes-remembered-as-broken",
        "policies/memory.py",
        "tuple(name for name in stop.nodes if not recovered(name))",
        "stop.nodes",
        STORIES,
    ),
    Mutant(
        "policy-clock-set-back-acquits",
        "policies/facts.py",
        "since_began = since_began and self._began <= self._now",
        "since_began = since_began and self._now <= self._now",
        STORIES,
    ),
    Mutant(
        "policy-order-ignored",
        "policies/assemble.py",
        "if edge.first in number and edge.then in number",
        "if edge.first in number and edge.then in number and not edge.first",
        CASES,
    ),
    Mutant(
        "policy-percent-re-resolved",
        "policies/views.py",
        "        yield from known.target.resolved.items()\n",
        "        yield from ()\n",
        CASES,
    ),
    Mutant(
        "policy-step-does-not-wait",
        "policies/step_positions.py",
        "        if len(available) < needed:\n",
        "        if len(available) < needed and not available:\n",
        CASES,
    ),
    Mutant(
        "policy-window-always-open",
        "policies/host_actions.py",
        "        if found.is_open:\n            return None\n",
        "        if found:\n            return None\n",
        CASES,
    ),
    Mutant(
        "policy-down-forgotten",
        "policies/subjects.py",
        "return self.sick | self.rising",
        "return self.sick",
        CASES,
    ),
    Mutant(
        "policy-causal-never-stops",
        "policies/budget_use.py",
        "identity: found.broken(not_ready, since_began=remembered[identity].is_known)",
        "identity: BitMap()",
        CASES,
    ),
    Mutant(
        "policy-rate-forgets-the-last-minute",
        "policies/rates.py",
        "if self._until(entry.at, entry.image_bytes) > now]",
        "if entry.at == now]",
        CASES,
    ),
    Mutant(
        "policy-memory-belongs-to-whatever-revision",
        "policies/memory.py",
        "found = next((entry for entry in same if entry.hash == hash_), None)",
        "found = next(iter(same), None)",
        SITUATIONS,
    ),
    Mutant(
        "policy-stop-is-forgotten",
        "policies/views.py",
        "stop=self.stops.get(identity),",
        "stop=None,",
        SITUATIONS,
    ),
    Mutant(
        "policy-step-is-known-by-its-number",
        "policies/steps.py",
        'says = f"{what}; soak',
        'says = f"{place}; soak',
        SITUATIONS,
    ),
    Mutant(
        "policy-soak-forgets-restarts",
        "policies/facts.py",
        "            found.append(since or self._now)",
        "            found.append(pod.metadata.creation_timestamp or self._now if pod else self._now)",
        WALK,
    ),
    Mutant(
        "policy-canary-takes-one-more",
        "policies/canary.py",
        "    return min(size, possible)",
        "    return min(size + 1, possible)",
        WALK,
    ),
    Mutant(
        "wave-limit-off-by-one",
        "waves/ceilings.py",
        "yield Ceiling(cells, limit.limit, max(0, limit.limit - limit.down), limit.name)",
        "yield Ceiling(cells, limit.limit + 1, max(0, limit.limit - limit.down), limit.name)",
        BRUTE_FORCE,
    ),
    Mutant(
        "wave-order-ignored",
        "waves/greedy.py",
        "return not missing and not any(",
        "return True or not any(",
        BRUTE_FORCE,
    ),
    Mutant(
        "wave-load-off-by-one",
        "waves/greedy.py",
        "available = min(available, room // weights[cell])",
        "available = min(available, room // weights[cell] + 1)",
        BRUTE_FORCE,
    ),
    Mutant(
        "bound-too-high",
        "waves/bound.py",
        "problem.order else max(found)\n",
        "problem.order else max(found) + 1\n",
        BRUTE_FORCE,
    ),
    Mutant(
        "verify-lets-one-more-pass",
        "verify/policies/waves.py",
        '            if size > most:\n                yield "policy budget"',
        '            if size > most + 9:\n                yield "policy budget"',
        VERIFY,
    ),
)
