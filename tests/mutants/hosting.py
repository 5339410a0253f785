"""Broken variants of the host: a fence that is not there, a second write, a budget that nobody counts."""

from __future__ import annotations

from .mutant import Mutant

CHAOS = "tests/host/test_chaos.py"
DEATH = "tests/host/test_death.py"
FAULTS = "tests/host/test_faults.py"
RECORDED = "tests/host/test_recorded_exchanges.py"
STATE = "tests/model/test_saved_state.py"
UNKNOWN = "tests/reconciler/test_unknown.py"

HOSTING = (
    Mutant(
        "an-old-approval-counts",
        "host/policy_answers.py",
        'if said.answer == "pass" and said.asked != now:',
        "if False:",
        "tests/cli/test_rollout_answers.py -k lapsed",
    ),
    Mutant(
        "a-no-is-a-yes",
        "cli/rollout.py",
        "        if self._asks and not click.confirm",
        "        if self._asks and click.confirm",
        "tests/cli/test_rollout.py -k before_a_yes",
    ),
    Mutant(
        "nodes-that-join-count",
        "cli/status.py",
        "self._goal, self._among[identity])",
        "self._goal)",
        "tests/cli/test_status.py -k join",
    ),
    Mutant(
        "a-stall-ends-nothing",
        "planner/progress.py",
        "return Outlook.COMING if comes >= needed else Outlook.STALLED",
        "return Outlook.COMING",
        "tests/cli/test_status.py -k not_ready",
    ),
    Mutant(
        "an-unknown-write-counts-as-failed",
        "host/executor.py",
        "        elif outcome is Outcome.UNKNOWN:\n            self._reconciler.unknown(action)\n",
        "        elif outcome is Outcome.UNKNOWN:\n            self._reconciler.recall(action)\n",
        FAULTS,
        also=(("host/writes.py", "return prefix + ", "return __import__('uuid').uuid4().hex + "),),
    ),
    Mutant(
        "another-template-is-another-name",
        "host/writes.py",
        "(uid, action.node, *sorted(there))",
        "(uid, action.node, action.key[3], *sorted(there))",
        "tests/host/test_death.py -k on_its_way",
    ),
    Mutant(
        "state-is-not-saved-before-a-write",
        "host/executor.py",
        "            await self._store.save(self._reconciler.state)\n",
        "            pass\n",
        DEATH,
    ),
    Mutant(
        "a-lost-fence-is-no-matter",
        "host/state_store.py",
        "        if not self._is_mine(known) or not known:\n            raise FenceLost(self._where)\n",
        "",
        DEATH,
    ),
    Mutant(
        "what-a-dead-host-left-stands-still",
        "reconciler/live_state.py",
        "        found = [entry for entry in self._unsettled if entry[1][1] == kind]\n",
        "        found: list[tuple[Identity, ActionKey]] = []\n",
        UNKNOWN,
    ),
    Mutant(
        "time-in-flight-counts-from-deciding",
        "reconciler/live_state.py",
        "            keys[action.key] = now\n        entry = ",
        "            pass\n        entry = ",
        UNKNOWN,
    ),
    Mutant(
        "nobody-looks-before-a-pod-is-taken-down",
        "host/executor.py",
        "        why = await self._guards.second_thought(action)\n",
        '        why = ""\n',
        FAULTS,
    ),
    Mutant(
        "an-eviction-that-is-held-becomes-a-refusal",
        "host/answers.py",
        "return Outcome.HELD if held else Outcome.THROTTLED",
        "return Outcome.THROTTLED",
        FAULTS,
    ),
    Mutant(
        "a-minute-has-no-end-of-deletions",
        "host/floor.py",
        "if len(self._sent) >= self._most else",
        "if len(self._sent) < 0 else",
        FAULTS,
    ),
    Mutant(
        "the-second-write-of-a-pod-rests-on-the-first-version",
        "host/writes.py",
        '        return self._wrote.pop(key, "")\n',
        '        return ""\n',
        FAULTS,
    ),
    Mutant(
        "bodies-as-json-dumps-writes-them",
        "host/gojson.py",
        "    return _UNSAFE.sub(lambda found: _ESCAPES[found[0]], encoded)\n",
        "    return encoded\n",
        RECORDED,
    ),
    Mutant(
        "a-watch-goes-on-after-410",
        "host/watching.py",
        '                if event.object.get("code") == 410:\n                    raise _Relist\n',
        "",
        RECORDED,
    ),
    Mutant(
        "an-expired-page-ends-the-list",
        "host/listing.py",
        "            if error.status == 410 and limit:\n",
        "            if False:\n",
        RECORDED,
    ),
    Mutant(
        "moments-of-state-lose-their-fractions",
        "model/saved_state.py",
        "        moments = [(value - _EPOCH) // _MICROSECOND for value in values]\n",
        "        moments = [(value - _EPOCH) // _MICROSECOND // 1000 * 1000 for value in values]\n",
        STATE,
    ),
    Mutant(
        "a-lease-is-taken-without-waiting",
        "host/lease.py",
        'return now - self._seen[1] >= float(spec.get("leaseDurationSeconds") or self._terms.duration)',
        "return True",
        DEATH,
    ),
)
