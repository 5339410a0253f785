"""Which nodes are in which situation, as sets that nodes move between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyroaring import BitMap

from ..eligibility import Verdict, Verdicts
from ..observe import Shape, Situation
from .nodes import LiveNodes, Move

__all__ = ["Situations"]


class Situations:
    """Verdicts and situations of one DaemonSet's nodes; nodes that are neither wanted nor occupied are in none."""

    def __init__(self, verdicts: Verdicts, situations: Iterable[Situation]) -> None:
        self.verdicts = Verdicts(BitMap(verdicts.run), BitMap(verdicts.keep), ())
        self._sets = {(entry.verdict, entry.shape): entry.nodes for entry in situations}

    def all(self) -> tuple[Situation, ...]:
        """Return them; the sets are those kept here."""
        return tuple([Situation(*key, nodes) for key, nodes in self._sets.items()])

    def reshape(self, position: int, before: Shape, after: Shape) -> None:
        """Move a node whose pods changed."""
        verdict = self.verdicts.of(position)
        self._leave(verdict, before, position)
        self._enter(verdict, after, position)

    def judge(self, position: int, verdict: Verdict, shape: Shape) -> Verdict:
        """Move a node to a verdict; return the one it had."""
        before = self.verdicts.of(position)
        if before is not verdict:
            self._leave(before, shape, position)
            self._set(position, verdict)
            self._enter(verdict, shape, position)
        return before

    def add(self, position: int, verdict: Verdict, shape: Shape) -> None:
        """Enter a new node."""
        self._set(position, verdict)
        self._enter(verdict, shape, position)

    def remove(self, position: int, shape: Shape) -> Verdict:
        """Take a node out; return its verdict."""
        verdict = self.verdicts.of(position)
        self._leave(verdict, shape, position)
        self._set(position, Verdict.DENY)
        return verdict

    def renumber(self, moves: Sequence[Move], shapes: Sequence[Shape]) -> None:
        """Give nodes other ids: all leave before the first enters, since one's new id may be another's old one."""
        verdicts = [self.remove(old, shape) for (old, _), shape in zip(moves, shapes, strict=True)]
        for (_, new), verdict, shape in zip(moves, verdicts, shapes, strict=True):
            self.add(new, verdict, shape)

    def by_name(self, nodes: LiveNodes) -> dict[str, list[str]]:
        """Return verdict and shape -> names of nodes, sorted, for comparing."""
        found = {
            f"{verdict}{list(shape)}": [nodes.names[position] for position in members]
            for (verdict, shape), members in self._sets.items()
        }
        return dict(sorted(found.items()))

    def _set(self, position: int, verdict: Verdict) -> None:
        self.verdicts.run.discard(position)
        self.verdicts.keep.discard(position)
        if verdict is Verdict.RUN:
            self.verdicts.run.add(position)
        elif verdict is Verdict.KEEP:
            self.verdicts.keep.add(position)

    def _leave(self, verdict: Verdict, shape: Shape, position: int) -> None:
        if verdict is Verdict.RUN or shape:
            nodes = self._sets[verdict, shape]
            nodes.discard(position)
            if not nodes:
                del self._sets[verdict, shape]

    def _enter(self, verdict: Verdict, shape: Shape, position: int) -> None:
        if verdict is Verdict.RUN or shape:
            self._sets.setdefault((verdict, shape), BitMap()).add(position)
