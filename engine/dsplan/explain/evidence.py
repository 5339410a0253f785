"""Why one node is excluded: every failing constraint, both sides of it, and what almost held (E1-E5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..constraints.node_affinity import NodeAffinityMatches
from ..constraints.protocol import Constraint, Reason, project
from ..constraints.tolerations import automatic_tolerations, is_passing_taint, tolerates
from ..eligibility import Evaluation
from ..model.daemonset import DaemonSet
from ..model.node import EFFECTS_THAT_EXCLUDE, Node, Taint
from .answers import Closest, Finding, Helped
from .demands import unsatisfiable
from .typos import Vocabulary, toleration_hints

__all__ = ["Evidence"]


class Evidence:
    """What can be said about one DaemonSet and any node. Nothing is computed twice that is a matter of the DaemonSet.

    `locate` gives the place of a field of the manifest, "" where it is not known.
    """

    def __init__(
        self,
        daemonset: DaemonSet,
        constraints: Sequence[Constraint],
        vocabulary: Vocabulary,
        locate: Callable[[str], str],
    ) -> None:
        self.daemonset = daemonset
        self.constraints = tuple(constraints)
        self.impossible = unsatisfiable(daemonset)
        self._spec = daemonset.pod.spec
        self._vocabulary = vocabulary
        self._locate = locate
        self._places: dict[str, str] = {}
        self._spellings: dict[str, dict[str, tuple[str, ...]]] = {}

    def findings(self, evaluation: Evaluation, node: Node) -> tuple[Finding, ...]:
        """Return the reasons of an evaluation with places and hints, in accounting order."""
        return tuple(self._finding(reason, node) for reason in evaluation.reasons)

    def closest(self, node: Node) -> Closest | None:
        """Return the term that came closest where two or more are OR-ed and none holds.

        Fewest failing requirements first, then most that hold, then the manifest's order; a term that can match
        nothing at all comes last.
        """
        affinity = next((entry for entry in self.constraints if isinstance(entry, NodeAffinityMatches)), None)
        if affinity is None or len(affinity.terms) < 2:
            return None
        by_term = affinity.failing_by_term(project(node, affinity.reads))
        if not all(by_term):
            return None
        ranked = []
        for number, failing in enumerate(by_term):
            term = affinity.terms[number]
            held = len(term.match_expressions) + len(term.match_fields) - len(failing)
            ranked.append((affinity.dead[number] is not None, len(failing), -held, number))
        dead, _, held, number = min(ranked)
        return Closest(term=number, terms=len(by_term), held=0 if dead else -held, failing=by_term[number])

    def helped(self, node: Node) -> tuple[Helped, ...]:
        """Return the taints that would exclude the node were it not for an automatic toleration, in its order."""
        return tuple(self._helped(node))

    def is_passing(self, evaluation: Evaluation, node: Node) -> bool:
        """Return whether nothing but taints of a passing condition of the node excludes it (T14, T15)."""
        taints = {f"taint {taint}" for taint in node.taints if is_passing_taint(taint)}
        causes = [cause for reason in evaluation.reasons for cause in reason.causes]
        return bool(causes) and all(cause.observed in taints for cause in causes)

    def _finding(self, reason: Reason, node: Node) -> Finding:
        hints = self._spelling(reason.code)
        if reason.code.startswith("Untolerated"):
            taints = {f"toleration of {taint}": taint for taint in node.taints}
            hints = {needed: tuple(toleration_hints(self._spec.tolerations, taint)) for needed, taint in taints.items()}
        return Finding(
            code=reason.code,
            rule=reason.rule,
            causes=reason.causes,
            origins=tuple(self._place(cause.field) for cause in reason.causes),
            hints=tuple(hints.get(cause.needed, ()) for cause in reason.causes),
        )

    def _place(self, field: str) -> str:
        if field not in self._places:
            self._places[field] = self._locate(field)
        return self._places[field]

    def _spelling(self, code: str) -> dict[str, tuple[str, ...]]:
        if code not in self._spellings:
            found: dict[str, tuple[str, ...]] = {}
            for entry in self.constraints:
                if entry.id == code:
                    found.update(self._vocabulary.hints(entry))
            self._spellings[code] = found
        return self._spellings[code]

    def _helped(self, node: Node) -> Iterator[Helped]:
        if not node.taints:
            return
        automatic = automatic_tolerations(host_network=self._spec.host_network)
        for taint in node.taints:
            if taint.effect not in EFFECTS_THAT_EXCLUDE or self._own(taint):
                continue
            for entry in automatic:
                if tolerates(entry, taint):
                    yield Helped(str(taint), f"{entry.key}:{entry.effect} {entry.operator}")
                    break

    def _own(self, taint: Taint) -> bool:
        return any(tolerates(entry, taint) for entry in self._spec.tolerations)
