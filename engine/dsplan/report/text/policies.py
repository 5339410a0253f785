"""Policies as text: limits with their arithmetic, steps, waves, bound and gap, what waits and what stalls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ...document.idsets import ids_of
from ...document.policies import PoliciesEntry, PolicyEntry, PolicyLimit, PolicyRate, PolicyRun
from ...document.types import PlanDocument
from ...model.durations import duration_text
from ..style import Style
from ..table import listing

__all__ = ["daemonset_name", "policy_lines", "waves_line"]

_LIMITS_SHOWN, _RUNS_SHOWN = 5, 6


def policy_lines(plan: PlanDocument, style: Style) -> Iterator[str]:
    """Yield the lines about policies, none where there are none."""
    if plan.policies is None:
        return
    entry = plan.policies
    for policy in entry.policies:
        yield ""
        yield style.paint(f"RolloutPolicy {policy.namespace}/{policy.name}", "bold")
        yield from _policy(policy, entry, plan, style)
    yield ""
    yield style.paint(waves_line(entry), "bold")
    yield from _runs(entry, plan, style)
    if begun := [
        f"{daemonset_name(plan, a.daemonset)}@{a.node}"
        for a in plan.actions
        if a.stage == "rolling-update" and a.actor == "host"
    ]:
        yield f"  begins now (host): {listing(begun, style.limit)}"
        yield from _reasons(entry, plan, style)
    for place, nodes in entry.sick:
        names = [plan.nodes[position] for position in ids_of(nodes)]
        head = f"  beyond the budgets, at once: {len(names):,} sick of {daemonset_name(plan, place)}"
        yield f"{head}: {listing(names, style.limit)}"
    for stall in entry.stalls:
        yield style.paint(f"  ! stalls: {stall}", "red")


def _reasons(entry: PoliciesEntry, plan: PlanDocument, style: Style) -> Iterator[str]:
    """Yield why what begins now may begin: step, what is over before it, budgets; in wide tables alone."""
    for begin in entry.begins if style.limit is None else ():
        what = [f"{daemonset_name(plan, begin.daemonset)} by policy {begin.policy}", begin.step, begin.facts]
        what += ["beyond the budgets"] if begin.beyond else list(begin.budgets)
        yield f"    {'; '.join(text for text in what if text)}"


def waves_line(entry: PoliciesEntry) -> str:
    """Return waves, bound and gap in one line; `fewest possible` only where that is proved.

    >>> waves_line(PoliciesEntry(policies=(), waves=5, bound=4, minimal=False, methods=("greedy",)))
    'Waves of the policies: 5, at least 4, gap 1 (greedy)'
    """
    loose = any(policy.unenforced for policy in entry.policies)
    head = "Waves of the policies, were they enforced" if loose else "Waves of the policies"
    if not entry.waves:
        return f"{head}: none"
    how = f" ({', '.join(entry.methods)})" if entry.methods else ""
    proof = ", gap 0, the fewest possible" if entry.minimal else f", gap {entry.waves - entry.bound:,}"
    return f"{head}: {entry.waves:,}, at least {entry.bound:,}{proof}{how}"


def _policy(policy: PolicyEntry, entry: PoliciesEntry, plan: PlanDocument, style: Style) -> Iterator[str]:
    targets = [daemonset_name(plan, place) for place in policy.targets]
    who = "the host does everything" if policy.actor == "host" else "the host deletes, the controller creates"
    yield f"  targets {len(targets):,}: {listing(targets, style.limit)}; {who}"
    for switch in policy.unenforced:
        yield style.paint(f"  ! not enforced on {daemonset_name(plan, switch.daemonset)}: {switch.first_step}", "red")
    mine = [limit for limit in entry.limits if limit.policy == f"{policy.namespace}/{policy.name}"]
    yield from _limits(mine, policy.limits, style)
    yield from _places(policy, entry)
    for rate in entry.rates:
        if rate.policy == f"{policy.namespace}/{policy.name}":
            yield f"  rate {_rate(rate)}"
    yield from _order(policy, entry, plan)
    if len(policy.steps) > 1:
        yield from _steps(policy, entry)
    if policy.canary_text:
        names = [plan.nodes[position] for position in ids_of(policy.canary)]
        yield f"  canary: {listing(names, style.limit) if names else 'no node'}; {policy.canary_text}"
    if policy.partition_text:
        yield f"  {policy.partition_text}"
    if policy.forgiven:
        yield f"  forgiven, since there is no room for them: {len(ids_of(policy.forgiven)):,} pods"
    yield f"  order of nodes: {policy.node_order}"
    for text in (policy.halted, policy.waits):
        if text:
            yield style.paint(f"  ! {text}", "yellow")


def _limits(limits: Sequence[PolicyLimit], total: int, style: Style) -> Iterator[str]:
    tightest = sorted(limits, key=lambda limit: (limit.limit - limit.down - limit.stuck) / max(1, limit.base))
    shown = tightest if style.limit is None else tightest[:_LIMITS_SHOWN]
    for limit in shown:
        spent = [f"{limit.down:,} down"] if limit.down else []
        spent += [f"{limit.stuck:,} stay down"] if limit.stuck else []
        yield f"  limit {limit.name}: {_arithmetic(limit)}{'; ' + ', '.join(spent) if spent else ''}"
    if total > len(shown):
        yield f"  ... and {total - len(shown):,} more limits, of which {total - len(limits):,} can never bind"


def _places(policy: PolicyEntry, entry: PoliciesEntry) -> Iterator[str]:
    """Yield the limits on nodes and on values of a label that concern a policy's targets."""
    targets = set(policy.targets)
    for rule in entry.per_node:
        if targets.issuperset(rule.daemonsets):
            count = len(rule.daemonsets)
            yield f"  limit on each node: {rule.limit:,} of {count:,} DaemonSet{'s' * (count != 1)} down at a time"
    for domains in entry.domains:
        if targets.issuperset(domains.daemonsets):
            down = f"; down already in {', '.join(domains.open)}" if domains.open else ""
            yield f"  limit of {domains.key}: {domains.limit:,} of {len(domains.domains):,} values at a time{down}"


def _order(policy: PolicyEntry, entry: PoliciesEntry, plan: PlanDocument) -> Iterator[str]:
    """Yield the order of a policy's targets, and that of their teardown, each as one of the ways that keep it."""
    edges = [edge for edge in entry.order if edge.first in policy.targets and edge.then in policy.targets]
    named = {place for edge in edges for place in (edge.first, edge.then)}
    if not named:
        return
    teardown = [daemonset_name(plan, place) for place in entry.teardown if place in named]
    how = "on each node" if all(edge.per_node for edge in edges) else "as a whole"
    yield f"  order {how}: {' before '.join(reversed(teardown))}; teardown: {' before '.join(teardown)}"


def _rate(rate: PolicyRate) -> str:
    spent = f"; {rate.begun:,} spent" if rate.begun else ""
    least = f"; the last begins after {duration_text(rate.at_least_seconds)} or later" if rate.at_least_seconds else ""
    return rate.text + spent + least


def _arithmetic(limit: PolicyLimit) -> str:
    if isinstance(limit.written, int):
        return f"{limit.limit:,} of {limit.base:,}"
    if limit.fixed:
        return f"{limit.written} = {limit.limit:,}, as resolved when the roll-out began"
    exact = int(limit.written[:-1]) * limit.base == 100 * limit.limit
    return f"{limit.written} of {limit.base:,} = {limit.limit:,}" + ("" if exact else " (rounded up)")


def _steps(policy: PolicyEntry, entry: PoliciesEntry) -> Iterator[str]:
    going = {daemonset for part in entry.classes for daemonset in part.daemonsets}
    for number, step in enumerate(policy.steps):
        counts = sorted({count for _, count in step.updated})
        pods = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}" if counts else "0"
        mark = ">" if number == policy.step else " "
        is_left = number >= policy.step and any(daemonset in going for daemonset, _ in step.updated)
        done = f" done after wave {step.after_wave:,}" if step.after_wave else " not done" if is_left else " done"
        soak = f", soak {duration_text(step.soak_seconds)}" if step.soak_seconds else ""
        yield f"  {mark} step {number + 1} {step.name}: {pods} updated{soak}, gate {step.gate};{done}"


def _runs(entry: PoliciesEntry, plan: PlanDocument, style: Style) -> Iterator[str]:
    number = 1
    for place, run in enumerate(entry.runs):
        if place == _RUNS_SHOWN and style.limit is not None:
            yield f"  ... and {entry.waves - number + 1:,} more waves; -o wide shows all"
            return
        first, number = number, number + run.repeat
        span = f"wave {first:,}" if run.repeat == 1 else f"waves {first:,} to {number - 1:,}, each"
        yield f"  {span}: {sum(count for *_, count in run.takes):,}  {_shares(run, plan, style)}"


def _shares(run: PolicyRun, plan: PlanDocument, style: Style) -> str:
    shares: dict[int, int] = defaultdict(int)
    for _, daemonset, count in run.takes:
        shares[daemonset] += count
    parts = [f"{daemonset_name(plan, place)} {count:,}" for place, count in sorted(shares.items())]
    return listing(parts, style.limit) if parts else "wait for what is down already"


def daemonset_name(plan: PlanDocument, place: int) -> str:
    """Return `namespace/name` of the DaemonSet at a place in the document."""
    entry = plan.daemonsets[place]
    return f"{entry.namespace}/{entry.name}" if entry.namespace else entry.name
