"""The part of the plan document that policies make: rules in numbers, waves as counts per class, run-length coded.

DaemonSets are places in the document's list, nodes are ids, classes places in `classes`. A class lies wholly inside or
outside of every rule's nodes, so the counts of a wave decide whether it keeps a rule.
"""

from __future__ import annotations

from datetime import datetime

from .base import Entry as _Entry

__all__ = [
    "PoliciesEntry",
    "PolicyBegin",
    "PolicyClass",
    "PolicyContradiction",
    "PolicyDomains",
    "PolicyEntry",
    "PolicyLimit",
    "PolicyNodeRule",
    "PolicyOrder",
    "PolicyRate",
    "PolicyRun",
    "PolicyStalled",
    "PolicyStep",
    "PolicySteps",
    "PolicySwitch",
    "PolicyTarget",
]


class PolicySwitch(_Entry, frozen=True, kw_only=True):
    """A target that the policy cannot hold, and the first step that would let it."""

    daemonset: int
    first_step: str


class PolicyStep(_Entry, frozen=True, kw_only=True):
    """One step: pods updated of each target when it is done, soak in seconds, its gate, the wave it ends with."""

    name: str
    updated: tuple[tuple[int, int], ...] = ()
    soak_seconds: float = 0.0
    gate: str = ""
    after_wave: int | None = None


class PolicyTarget(_Entry, frozen=True, kw_only=True):
    """Where one target stands: its step, how many pods have gone there, how many more may begin now.

    `wait` says why nothing may begin, `kind` what sort of reason it is, `lifts` who lifts it (time, course, somebody,
    nobody), `until` when, where that is known. `passed` says which steps are over, and since when.
    """

    daemonset: int
    step: str = ""
    gone: int = 0
    allowance: int = 0
    over: bool = False
    wait: str = ""
    kind: str = ""
    lifts: str = ""
    until: datetime | None = None
    passed: str = ""
    canary: str = ""


class PolicyBegin(_Entry, frozen=True, kw_only=True):
    """Why pods of a DaemonSet begin now under one policy: the step, the facts that led to it, the budgets with room.

    `beyond` budgets go sick pods, which spend budget already.
    """

    policy: str
    daemonset: int
    nodes: str
    step: str = ""
    facts: str = ""
    budgets: tuple[str, ...] = ()
    beyond: bool = False


class PolicyContradiction(_Entry, frozen=True, kw_only=True):
    """What policies say that cannot hold together, and the DaemonSets that go nowhere for it."""

    text: str
    daemonsets: tuple[int, ...] = ()


class PolicyEntry(_Entry, frozen=True, kw_only=True):
    """One policy and where its roll-out stands. `actor` is who carries out what it does not say itself."""

    namespace: str
    name: str
    actor: str
    targets: tuple[int, ...] = ()
    unenforced: tuple[PolicySwitch, ...] = ()
    steps: tuple[PolicyStep, ...] = ()
    step: int = 0
    canary: str = ""
    canary_text: str = ""
    partition_text: str = ""
    node_order: str = ""
    waits: str = ""
    halted: str = ""
    forgiven: str = ""
    limits: int = 0
    standing: tuple[PolicyTarget, ...] = ()


class PolicyClass(_Entry, frozen=True, kw_only=True):
    """Nodes that no rule tells apart, and the DaemonSets to replace on each; `busy` and `stuck` go with `perNode`."""

    nodes: str
    daemonsets: tuple[int, ...]
    busy: tuple[int, ...] = ()
    stuck: tuple[int, ...] = ()


class PolicyLimit(_Entry, frozen=True, kw_only=True):
    """At most `limit` pods of `daemonsets` on a set of nodes at once; `down` come back, `stuck` do not."""

    policy: str
    name: str
    daemonsets: tuple[int, ...]
    nodes: int
    limit: int
    written: int | str
    base: int
    fixed: bool = False
    down: int = 0
    stuck: int = 0


class PolicyRate(_Entry, frozen=True, kw_only=True):
    """Of `daemonsets`, at most `limit` pods begin in a minute and so in a wave, `begun` of them spent in the first.

    With `weights` it is bytes: (class, DaemonSet, bytes that each pod pulls), of which no pod has more than the limit.
    `atLeastSeconds` is how long it takes until the last pod begins.
    """

    policy: str
    text: str
    daemonsets: tuple[int, ...]
    limit: int
    begun: int = 0
    at_least_seconds: float = 0.0
    weights: tuple[tuple[int, int, int], ...] | None = None


class PolicyNodeRule(_Entry, frozen=True, kw_only=True):
    """At most `limit` of `daemonsets` are down on any one node."""

    daemonsets: tuple[int, ...]
    limit: int


class PolicyOrder(_Entry, frozen=True, kw_only=True):
    """`then` goes after `first`, on the same node or as a whole."""

    first: int
    then: int
    per_node: bool = True


class PolicySteps(_Entry, frozen=True, kw_only=True):
    """Steps in units from now on; `ends` has after how many waves each is done; `canary` classes are the first step."""

    daemonsets: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...]
    ends: tuple[int, ...] = ()
    canary: tuple[int, ...] = ()


class PolicyDomains(_Entry, frozen=True, kw_only=True):
    """At most `limit` values of a label at once; `domains` are classes by value, `open` have some down already."""

    key: str
    limit: int
    daemonsets: tuple[int, ...]
    domains: dict[str, tuple[int, ...]]
    open: tuple[str, ...] = ()


class PolicyRun(_Entry, frozen=True, kw_only=True):
    """`repeat` equal waves; `takes` are (class, DaemonSet, pods)."""

    repeat: int
    takes: tuple[tuple[int, int, int], ...] = ()


class PolicyStalled(_Entry, frozen=True, kw_only=True):
    """Pods that go in no wave, and the rule that leaves them no room."""

    place: int
    daemonset: int
    count: int
    rule: str


class PoliciesEntry(_Entry, frozen=True, kw_only=True):
    """All policies: the waves from now to the end, at least `bound` of them; `minimal` only where both are equal.

    `nodeSets` are what limits refer to. `sick` are pods replaced at once, beyond every budget: (DaemonSet, nodes).
    `begins` says why what begins now may begin.
    """

    policies: tuple[PolicyEntry, ...]
    waves: int
    bound: int
    minimal: bool
    methods: tuple[str, ...] = ()
    searched: int = 0
    node_sets: tuple[str, ...] = ()
    limits: tuple[PolicyLimit, ...] = ()
    rates: tuple[PolicyRate, ...] = ()
    per_node: tuple[PolicyNodeRule, ...] = ()
    order: tuple[PolicyOrder, ...] = ()
    steps: tuple[PolicySteps, ...] = ()
    domains: tuple[PolicyDomains, ...] = ()
    classes: tuple[PolicyClass, ...] = ()
    runs: tuple[PolicyRun, ...] = ()
    stalled: tuple[PolicyStalled, ...] = ()
    sick: tuple[tuple[int, str], ...] = ()
    stalls: tuple[str, ...] = ()
    teardown: tuple[int, ...] = ()
    begins: tuple[PolicyBegin, ...] = ()
    contradictions: tuple[PolicyContradiction, ...] = ()
