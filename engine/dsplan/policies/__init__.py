"""RolloutPolicies applied to what is there: what goes down next, in which waves, and why not more.

Data flow: policies + DaemonSets -> who governs whom (`targets`) -> units by state (`subjects`) -> limits in numbers
(`limits`), steps and canaries (`steps`, `canary`), gates and soaks against State (`progress`), time (`windows`,
`rates`) -> a wave `Problem` (`assemble`) -> `Schedule` -> the host's actions (`decide`).
"""
