"""Whether a plan is as a team expects: one result for each demand, with the numbers that were found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

import msgspec

from ..diff.budget import scaled
from ..model.durations import duration_text, parse_duration
from ..model.meta import Identity
from ..model.selectors import parse_selector, selector_matches
from ..observe import PodFact
from ..rollouts.timeline import Timeline, timeline
from ..simulator.log import LogEntry, LogEntryKind
from .expectations import DownLimit, Expectation, NodeShare
from .scene import Scene, Subject, named

__all__ = ["Result", "results_of"]

_AVAILABLE = int(PodFact.AVAILABLE)
_TAKES_DOWN = (LogEntryKind.DELETED, LogEntryKind.GONE, LogEntryKind.NOT_READY, LogEntryKind.FAILED)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One demand of one expectation: whether it holds, and what was found. `line` is that of the expectation."""

    name: str
    demand: str
    holds: bool
    text: str
    source: str = ""
    line: int | None = None


def results_of(scene: Scene, wanted: Iterable[tuple[Expectation, int | None]], source: str = "") -> tuple[Result, ...]:
    """Return the result of every demand, in the order of the document.

    An expectation that matches no DaemonSet does not hold: a test that looks at nothing is a mistake.

    >>> from dsplan.check.expectations import Expectation
    >>> from dsplan.model.world import World
    >>> from dsplan.planner import solve
    >>> from dsplan.testing import NOW
    >>> scene = Scene.of(World(), solve(World(), now=NOW))
    >>> [each.text for each in results_of(scene, [(Expectation(name="calm", evictions=0), 1)])]
    ['no DaemonSet matches *']
    """
    wanted = tuple(wanted)
    timed = any(each.duration is not None or each.down is not None for each, _ in wanted)
    stories = {story.identity: story for story in timeline(scene.world, now=scene.plan.now)} if timed else {}
    found: list[Result] = []
    for each, line in wanted:
        for demand, holds, text in _results(scene, each, stories):
            found.append(Result(name=each.name, demand=demand, holds=holds, text=text, source=source, line=line))
    return tuple(found)


def _results(scene: Scene, wanted: Expectation, stories: dict[Identity, Timeline]) -> Iterator[tuple[str, bool, str]]:
    chosen = [subject for subject in scene.subjects if _is_chosen(subject, wanted.daemonsets)]
    if not chosen:
        yield "daemonsets", False, f"no DaemonSet matches {wanted.daemonsets}"
        return
    if wanted.desired is not None:
        yield "desired", *_desired(chosen, wanted.desired)
    if wanted.evictions is not None:
        sums = {str(each.identity): each.account.sums.evictions for each in chosen}
        yield "evictions", *_at_most(sums, wanted.evictions, "evicted")
    if wanted.stalls is not None:
        sums = {str(each.identity): each.account.sums.stalls for each in chosen}
        yield "stalls", *_at_most(sums, wanted.stalls, "stalled")
    if wanted.duration is not None:
        yield "duration", *_duration(chosen, wanted.duration, stories)
    if wanted.down is not None:
        yield "down", *_down(chosen, wanted.down, stories)


def _is_chosen(subject: Subject, pattern: str) -> bool:
    return fnmatchcase(str(subject.identity), pattern) or fnmatchcase(subject.identity.name, pattern)


def _desired(chosen: Sequence[Subject], share: NodeShare) -> tuple[bool, str]:
    selector = parse_selector(share.of)
    nodes = {position for position, node in chosen[0].index.items() if selector_matches(selector, node.labels)}
    needed = scaled(share.at_least, len(nodes))
    counts = {str(each.identity): len(nodes & set(each.wanted)) for each in chosen}
    least = min(counts.items(), key=lambda item: (item[1], item[0]))
    of = f" with {share.of}" if share.of else ""
    found = f"{least[0]} wants {least[1]:,} of {len(nodes):,} nodes{of}"
    return least[1] >= needed, f"{found}; at least {needed:,} expected"


def _at_most(counts: dict[str, int], limit: int, word: str) -> tuple[bool, str]:
    total = sum(counts.values())
    guilty = named([f"{name} ({count:,})" for name, count in sorted(counts.items()) if count])
    return total <= limit, f"{total:,} {word}, at most {limit:,} expected{f': {guilty}' if guilty else ''}"


def _duration(chosen: Sequence[Subject], text: str, stories: dict[Identity, Timeline]) -> tuple[bool, str]:
    limit = parse_duration(text) or 0.0
    longest, name = 0.0, ""
    for subject in chosen:
        story = stories.get(subject.identity)
        if subject.account.stalls or (story is not None and story.stall is not None):
            return False, f"{subject.identity} never gets to its end; at most {text} expected"
        if story is not None and story.window.seconds > longest:
            longest, name = story.window.seconds, str(subject.identity)
    told = f"{name} takes {duration_text(longest)}" if name else "nothing to do"
    return longest <= limit, f"{told}; at most {text} expected"


def _down(chosen: Sequence[Subject], limit: DownLimit, stories: dict[Identity, Timeline]) -> tuple[bool, str]:
    worst, where, who = 0, "", ""
    for subject in chosen:
        story = stories.get(subject.identity)
        count, place = _most_down(subject, limit.per, story.events if story is not None else ())
        if count > worst or not who:
            worst, where, who = count, place, str(subject.identity)
    at = f" in {limit.per}={where}" if limit.per and worst else ""
    return worst <= limit.at_most, f"{who}: {worst:,} down at once{at}, at most {limit.at_most:,} expected"


def _most_down(subject: Subject, per: str, events: Iterable[LogEntry]) -> tuple[int, str]:
    """Return the most nodes of one domain that had an available pod and have none, or are not ready, and the domain."""
    nodes = {node.name: node for node in subject.index.nodes}
    available = _available_pods(subject)
    served = set(available)
    down = {subject.index.names[n] for n in subject.wanted if not subject.index.nodes[n].ready}
    counts = Counter(nodes[name].labels.get(per, "") if per else "" for name in down)
    worst = max(((count, place) for place, count in counts.items()), default=(0, ""))
    for event in events:
        if event.node not in nodes:
            continue
        pods = available.setdefault(event.node, set())
        if event.kind is LogEntryKind.AVAILABLE:
            pods.add(event.pod)
            served.add(event.node)
        elif event.kind in _TAKES_DOWN:
            pods.discard(event.pod)
        is_down = event.node in served and not pods
        if is_down == (event.node in down) or (not is_down and not pods):
            continue
        place = nodes[event.node].labels.get(per, "") if per else ""
        counts[place] += 1 if is_down else -1
        (down.add if is_down else down.discard)(event.node)
        worst = max(worst, (counts[place], place), key=lambda found: found[0])
    return worst


def _available_pods(subject: Subject) -> dict[str, set[str]]:
    """Return the pods that are available now, by node."""
    observed = subject.plan.step.observed
    found: dict[str, set[str]] = {}
    for name, group in observed.groups.items() if observed is not None else ():
        pods = {pod.metadata.name for pod, facts in zip(group.pods, group.shape, strict=True) if facts & _AVAILABLE}
        if pods:
            found[name] = pods
    return found
