"""RolloutPolicies applied to what is there: what goes down next, in which waves, and why not more.

In: policies, DaemonSets as observed, State, `now`. Out: `PolicyPlan`: waves with a bound, the host's actions, what is
held and why, the next progress. Steps: who governs whom (`targets`), where each stands (`views`, `step_positions`),
limits in numbers (`limits`), a wave problem (`assemble`), its schedule (package `waves`), actions (`host_actions`),
all in `decide`.
Promises: nothing here breaks a budget, and what is remembered is facts, never an index.
"""
