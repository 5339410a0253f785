"""What is told of a source once its documents are read: how many like notes, what is no cluster at all, last states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from dsplan.errors import Problem
from dsplan.model.regex import regex
from dsplan.model.world import Note
from dsplan.reading import limits
from dsplan.reading.bundles import Source
from dsplan.reading.documents import Found
from dsplan.reading.foreign import text_is
from dsplan.reading.resources import HOW_TO_GET_ALL
from dsplan.reading.surroundings import PASSED_OVER
from dsplan.reading.text import decode_text
from dsplan.reading.watch import LastStates

__all__ = ["judged"]

_LIKE_NOTES: Final = 5
"""Notes of one kind that are given whole; the others are counted."""
_API_VERSION: Final = regex(rb"""(?m)^[ \t]*+(?:- |\{)?+[ \t]*+["']?apiVersion["']?[ \t]*+:|"apiVersion"[ \t]*+:""")
_KIND: Final = regex(rb"""(?m)^[ \t]*+(?:- |\{)?+[ \t]*+["']?kind["']?[ \t]*+:|"kind"[ \t]*+:""")


def judged(source: Source, found: Iterable[Found]) -> Iterator[Found]:
    """Yield what was found in a source: of many like notes the first, of watch events the last states.

    What is no Kubernetes object at all is one problem where the user named the source, and is counted where it was
    found in a folder or archive. After `limits.MAX_PROBLEMS` problems the rest is left.
    """
    judge = _Judge(source)
    for item in found:
        yield from judge.take(item)
        if judge.spent:
            yield from judge.given_up()
            return
    yield from judge.rest()


class _Judge:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.spent = False
        self._notes: Counter[str] = Counter()
        self._last = LastStates()
        self._problems = 0
        self._objects = 0
        self._early: list[Problem] = []
        """Problems before the first object: without any object they may all mean one thing."""

    def take(self, item: Found) -> Iterator[Found]:
        """Yield what can be told at once."""
        if isinstance(item, Problem):
            self._problems += 1
            self.spent = self._problems > limits.MAX_PROBLEMS
            if self.spent:
                return
            if self._objects:
                yield item
            else:
                self._early.append(item)
        elif isinstance(item, Note):
            kind = regex(r"[^:,]*").match(item.text)[0]  # type: ignore[index]
            self._notes[kind] += 1
            self.spent = self.strange
            if self._notes[kind] <= _LIKE_NOTES:
                yield item
        else:
            self._objects += 1
            yield from self._early
            self._early.clear()
            if item.event:
                self._last.add(item)
            else:
                yield item

    @property
    def strange(self) -> bool:
        """Whether there are too many places that are no part of a manifest."""
        return self._notes[PASSED_OVER] > limits.MAX_STRANGE_LINES

    def given_up(self) -> Iterator[Found]:
        """Yield what is told of a source the rest of which is not read."""
        if self._objects or self.source.bundle is None or _mentions_objects(self.source.data):
            yield from self._early
            yield _too_many(self.source, self)
        else:
            yield from _nothing(self.source, self._early, passed_over=self.strange)

    def rest(self) -> Iterator[Found]:
        """Yield what is told at the end of the source."""
        name = self.source.name
        yield from self._last.objects()
        for kind, count in self._notes.items():
            if count > _LIKE_NOTES:
                yield Note(subject=name, text=f"{count - _LIKE_NOTES:,} more like that: {kind}")
        if self._last.events:
            yield Note(subject=name, text=f"{self._last.events:,} watch events; the last state of each object is read")
        if not self._objects:
            yield from _nothing(self.source, self._early, passed_over=self._notes[PASSED_OVER] > 0)
        if self.source.bundle is not None:
            self.source.bundle.objects += self._objects


def _too_many(source: Source, judge: _Judge) -> Problem:
    message = f"more than {limits.MAX_PROBLEMS} problems: the rest of this source is not read"
    if judge.strange:
        message = (
            f"expected an object, found more than {limits.MAX_STRANGE_LINES:,} places that are not part of a manifest: "
            "the rest of this source is not read"
        )
    return Problem(reason="LimitExceeded", message=message, source=source.name)


def _nothing(source: Source, problems: list[Problem], *, passed_over: bool) -> Iterator[Found]:
    """Yield what is told of a source without any object."""
    if source.bundle is not None and not (problems and _mentions_objects(source.data)):
        source.bundle.pass_over(source.name)
        return
    if source.bundle is not None:
        source.bundle.broken = True
    what = ""
    if problems or passed_over:
        text = decode_text(source.data)
        what = text_is(text) if isinstance(text, str) and not any(map(_is_explained, problems)) else ""
    if what:
        yield Problem(reason="DecodeError", message=what, source=source.name)
    elif problems:
        yield from problems
    elif passed_over:
        message = f"expected an object, found no Kubernetes object in it; {HOW_TO_GET_ALL}"
        yield Problem(reason="DecodeError", message=message, source=source.name)


def _is_explained(problem: Problem) -> bool:
    """Return whether a problem says already what the input is."""
    return "unrendered" in problem.message or problem.reason == "LimitExceeded" or HOW_TO_GET_ALL in problem.message


def _mentions_objects(data: bytes) -> bool:
    """Return whether a text may be a manifest that is broken: it has both fields that every object has."""
    return _API_VERSION.search(data) is not None and _KIND.search(data) is not None
