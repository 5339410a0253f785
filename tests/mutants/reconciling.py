"""Broken variants of the Reconciler: something forgotten, something believed that is long past."""

from __future__ import annotations

from .mutant import Mutant

AGREEMENT = "tests/reconciler/test_agreement.py"
FAULTS = "tests/faults/test_faults.py"
FRESHNESS = "tests/reconciler/test_freshness.py"
HOST = "tests/reconciler/test_host.py"

POLICIES = "tests/reconciler/test_live_policies.py"

RECONCILING = (
    Mutant(
        "a-policy-does-not-wake-its-targets",
        "reconciler/cluster_cache.py",
        '        elif kind == "RolloutPolicy":\n            self.live_policies.dirty = True\n',
        "",
        POLICIES,
    ),
    Mutant(
        "asking-begins-a-wave",
        "reconciler/live_policies.py",
        "self.progress = tuple(_without_begun(entry, before.get(entry.policy)) for entry in plan.progress)",
        "self.progress = plan.progress",
        POLICIES,
    ),
    Mutant(
        "deletions-in-flight-do-not-spend-the-policy",
        "reconciler/passes.py",
        "seen.observed, flying))",
        "seen.observed))",
        POLICIES,
    ),
    Mutant(
        "node-change-does-not-invalidate-verdicts",
        "reconciler/cluster_cache.py",
        "verdicts = [] if alike else self._verdicts(node)",
        "verdicts: list[tuple[Tracker, Verdict]] = []",
        AGREEMENT,
    ),
    Mutant(
        "classes-outlive-their-constraints",
        "reconciler/classes.py",
        "            self._verdicts.clear()\n\n    def of",
        "            pass\n\n    def of",
        "tests/reconciler/test_rules.py",
    ),
    Mutant(
        "new-revision-does-not-invalidate-facts",
        "reconciler/cluster_cache.py",
        "tracker.history_stale = tracker.dirty = True",
        "tracker.dirty = True",
        AGREEMENT,
    ),
    Mutant(
        "ripe-pods-are-not-read-again",
        "reconciler/tracker.py",
        "            self._make_available(around)\n",
        "            pass\n",
        AGREEMENT,
    ),
    Mutant(
        "clock-set-back-is-not-noticed",
        "reconciler/tracker.py",
        "now < self.clock and self.daemonset",
        "False and self.daemonset",
        AGREEMENT,
    ),
    Mutant(
        "pods-of-a-node-that-returns-stay-vanished",
        "reconciler/tracker.py",
        "        self.vanished.pop(name, None)\n        shape",
        "        shape",
        AGREEMENT,
    ),
    Mutant(
        "ids-move-and-nobody-is-told",
        "reconciler/cluster_cache.py",
        "tracker.nodes_moved(moves, self.nodes)",
        "pass",
        "tests/reconciler/test_nodes.py",
    ),
    Mutant(
        "sick-nodes-do-not-change-the-order",
        "reconciler/nodes.py",
        "zone_and_health(before) != zone_and_health(node)",
        "False",
        HOST,
    ),
    Mutant(
        "stale-event-accepted",
        "reconciler/freshness.py",
        "        if is_older(version, known.resource_version):\n            return EventOutcome.STALE\n",
        "",
        FRESHNESS,
    ),
    Mutant(
        "stale-read-accepted-after-a-fail-over",
        "reconciler/reconciler.py",
        "if is_older(resource_version, kind_store.newest):",
        "if False:",
        FAULTS,
    ),
    Mutant(
        "tombstone-ignored",
        "reconciler/freshness.py",
        "        if metadata.uid in self._ended:\n            return EventOutcome.STALE\n",
        "",
        FRESHNESS,
    ),
    Mutant(
        "uid-ignored",
        "reconciler/cluster_cache.py",
        "after.metadata.uid != before.metadata.uid",
        "False",
        HOST,
        also=(("reconciler/cluster_cache.py", "old.uid == new.uid\n        and ", ""),),
    ),
    Mutant(
        "in-flight-forgotten",
        "reconciler/live_state.py",
        "        keys[action.key] = now\n        self._oldest = now",
        "        return True\n        self._oldest = now",
        FAULTS,
    ),
    Mutant(
        "in-flight-does-not-count-as-spent",
        "reconciler/live_state.py",
        "            self._expect(action.daemonset, action.verb, 1, now)\n",
        "            pass\n",
        HOST,
    ),
    Mutant(
        "in-flight-forgotten-after-a-crash",
        "reconciler/cluster_cache.py",
        "self.live_state = LiveState(world.state)",
        "self.live_state = LiveState(msgspec.structs.replace(world.state, flights=(), expectations=()))",
        f"{FAULTS} {AGREEMENT}",
    ),
    Mutant(
        "an-old-pod-passes-for-the-new-one",
        "reconciler/live_state.py",
        "if (daemonset, key) in self._restored and not",
        "if False and not",
        "tests/reconciler/test_resume.py",
    ),
    Mutant(
        "duplicate-create",
        "reconciler/deltas.py",
        "started.extend(action for key, action in wanted.items() if key not in out)",
        "started.extend(wanted.values())",
        HOST,
    ),
    Mutant(
        "same-write-issued-twice",
        "reconciler/live_state.py",
        "        if action.key in keys:\n            return False\n",
        "",
        HOST,
    ),
    Mutant(
        "a-terminating-pod-counts-as-created",
        "reconciler/observed_writes.py",
        "if after is not None and is_new and not after.terminating:",
        "if after is not None and is_new:",
        HOST,
    ),
    Mutant(
        "lost-writes-block-for-ever",
        "passes/memory.py",
        "return now - since > EXPECTATIONS_TIMEOUT",
        "return False",
        f"{HOST} {FAULTS}",
    ),
    Mutant(
        "budget-off-by-one-in-the-reconciler",
        "diff/rolling.py",
        "room = max(0, budget.max_unavailable - unavailable)",
        "room = max(0, budget.max_unavailable + 1 - unavailable)",
        FAULTS,
    ),
    Mutant(
        "a-pod-is-deleted-by-the-pass-and-by-the-policy",
        "passes/governed.py",
        "tuple(action for action in actions if action.key not in done)",
        "actions",
        POLICIES,
    ),
    Mutant(
        "policies-are-not-awaited-after-a-restart",
        "reconciler/cluster_cache.py",
        '            self._behind.add("RolloutPolicy")\n',
        "            pass\n",
        "tests/reconciler/test_resume.py",
    ),
    Mutant(
        "a-pod-without-room-is-no-news-to-its-policy",
        "reconciler/cluster_cache.py",
        "return waits[0] != waits[1] or readiness_changed(before, after)",
        "return readiness_changed(before, after)",
        POLICIES,
    ),
    Mutant(
        "conditions-are-told-again-and-again",
        "reconciler/deltas.py",
        "for entry in decision.conditions if entry not in stood)",
        "for entry in decision.conditions)",
        HOST,
    ),
    Mutant(
        "closing-windows-are-not-asked-for",
        "policies/decide.py",
        "moments += [closes for view, closes in self.holds.closings if acting.intersection(view.targets)]",
        "pass",
        "tests/reconciler/test_requeue.py",
    ),
)
