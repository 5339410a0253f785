"""Broken variants of controller and simulator: each breaks one invariant, or lets a view fall behind."""

from __future__ import annotations

from .mutant import Mutant

PROPERTIES = "tests/simulator/test_simulate_properties.py"

SIMULATION = (
    Mutant(
        "later-waves-in-the-reverse-order",
        "passes/forecast.py",
        "nodes = [*first, *waiting[:going]]",
        "nodes = [*first, *reversed(waiting[:going])]",
        "tests/rollouts/test_what_was_said.py",
    ),
    Mutant(
        "simulated-budget-off-by-one",
        "diff/rolling.py",
        "room = max(0, budget.max_unavailable - unavailable)",
        "room = max(0, budget.max_unavailable + 1 - unavailable)",
        PROPERTIES,
    ),
    Mutant(
        "simulated-surge-off-by-one",
        "diff/rolling.py",
        "room = max(0, budget.max_surge - surging)",
        "room = max(0, budget.max_surge + 1 - surging)",
        PROPERTIES,
    ),
    Mutant(
        "old-pod-goes-first-under-surge",
        "diff/manage.py",
        "(not shape[old] & _READY or shape[new] & _AVAILABLE)",
        "True",
        PROPERTIES,
    ),
    Mutant(
        "created-beside-a-terminating-pod",
        "diff/manage.py",
        "    if not shape:\n",
        "    if all(facts & _TERMINATING for facts in shape):\n",
        PROPERTIES,
    ),
    Mutant(
        "created-where-kept",
        "diff/manage.py",
        "create=ActionReason.MISSING if verdict is Verdict.RUN else None",
        "create=ActionReason.MISSING",
        PROPERTIES,
        also=(
            (
                "observe/observed.py",
                "empty = verdicts.run - BitMap.union(BitMap(), *occupied.values())",
                "empty = (verdicts.run | verdicts.keep) - BitMap.union(BitMap(), *occupied.values())",
            ),
        ),
    ),
    Mutant(
        "the-only-pod-is-a-duplicate",
        "diff/manage.py",
        "for place in running[1:]",
        "for place in running[len(running) > 1 :]",
        PROPERTIES,
    ),
    Mutant(
        "writes-in-flight-forgotten",
        "passes/step.py",
        "unseen = not expectations_satisfied(",
        "unseen = False and not expectations_satisfied(",
        PROPERTIES,
    ),
    Mutant(
        "first-creation-twice",
        "passes/pass_actions.py",
        "for node, reason in create[:BURST]",
        "for node, reason in [*create, *create[:1]][:BURST]",
        PROPERTIES,
    ),
    Mutant(
        "nobody-wakes-when-a-pod-is-gone",
        "simulator/run.py",
        "        LogEntryKind.GONE,\n",
        "",
        PROPERTIES,
    ),
    Mutant(
        "nobody-wakes-when-a-pod-is-deleted-by-hand",
        "simulator/run.py",
        "        LogEntryKind.DELETED,  #",
        "        #",
        "tests/simulator/test_surge.py",
    ),
    Mutant(
        "duplicate-judged-like-the-only-pod",
        "simulator/invariants.py",
        "        if action.stage is not Stage.MANAGE:\n            return False",
        "        return False",
        "tests/simulator/test_surge.py",
    ),
    Mutant(
        "view-misses-a-pod-that-is-gone",
        "simulator/objects.py",
        "        pod = self.pods.remove(key)\n        if pod is not None:\n            self._follow(pod)\n",
        "        pod = self.pods.remove(key)\n",
        PROPERTIES,
    ),
    Mutant(
        "view-keeps-old-verdicts",
        "simulator/view.py",
        "        self._verdicts = None\n        self._matching = None\n",
        "        self._matching = None\n",
        PROPERTIES,
    ),
    Mutant(
        "view-misses-ripening",
        "simulator/pod_lifecycle.py",
        "                self._objects.put_pod(current)\n                if not current.terminating:",
        "                if not current.terminating:",
        PROPERTIES,
    ),
    Mutant(
        "kept-room-is-given-away",
        "simulator/placement_scheduler.py",
        "demand.priority >= priority",
        "demand.priority < priority",
        "tests/simulator/test_preemption.py",
    ),
    Mutant(
        "preempts-again-while-victims-leave",
        "simulator/pod_lifecycle.py",
        "if any(self._objects.pods.get(victim) for victim in nominated.get(key, ())):",
        "if False:",
        "tests/simulator/test_preemption.py",
    ),
    Mutant(
        "tolerated-for-ever",
        "constraints/taint_eviction.py",
        "if found.toleration_seconds is not None:",
        "if False:",
        "tests/simulator/test_cluster.py",
    ),
    Mutant(
        "nobody-collects-pods-of-vanished-nodes",
        "simulator/pod_lifecycle.py",
        "self._collect(pod) if gone else self._revive(pod, node)",
        "None if gone else self._revive(pod, node)",
        "tests/simulator/test_cluster.py",
    ),
    Mutant(
        "orphans-wake-nobody",
        "simulator/run.py",
        "concerned = self.cluster.objects.selecting_orphan(item.pod)",
        "concerned = set()",
        "tests/simulator/test_cluster.py",
    ),
    Mutant(
        "an-orphan-cascade-deletes",
        "simulator/cluster.py",
        "if stored is not None and orphan:",
        "if False:",
        "tests/simulator/test_cluster.py",
    ),
    Mutant(
        "back-off-looked-at-when-it-ends",
        "passes/step.py",
        "looks_again_after=min((self.ledger.delay(node)",
        "looks_again_after=min((self.ledger.remaining(node)",
        "tests/simulator/test_cluster.py",
    ),
)
