"""Label keys, values, taints and node names that almost exist.

A hint needs three things: no node has what was written, some node has something that people confuse with it, and the
difference is no counting (`zone-1` is no misspelt `zone-2`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from ..constraints.node_affinity import NodeAffinityMatches
from ..constraints.placement_fields import NodeNameMatches, NodeSelectorMatches
from ..constraints.protocol import Constraint
from ..eligibility import NodeIndex
from ..model.node import Taint, Toleration
from ..model.selectors import Requirement

__all__ = ["Vocabulary", "almost", "toleration_hints"]

_PUNCTUATION = re.compile(r"[-_./]")
_DIGITS = re.compile(r"[0-9]+")


def almost(written: str, known: Iterable[str]) -> str | None:
    """Return the known word that `written` was most likely meant to be, None where there is none.

    >>> almost("disk-type", ["zone", "disktype"]), almost("zone-1", ["zone-2"]), almost("os", ["kubernetes.io/os"])
    ('disktype', None, 'kubernetes.io/os')
    """
    ranked = sorted((distance, word) for word in known if (distance := _distance(written, word)) is not None)
    return ranked[0][1] if ranked else None


def _distance(one: str, other: str) -> int | None:
    """Return how far apart two words are, None where nobody would confuse them."""
    if one == other or not one or not other:
        return None
    if _PUNCTUATION.sub("", one).casefold() == _PUNCTUATION.sub("", other).casefold():
        return 0
    if "/" in one + other and one.rpartition("/")[2] == other.rpartition("/")[2]:
        return 1
    if abs(len(one) - len(other)) > 2 or _DIGITS.sub("0", one) == _DIGITS.sub("0", other):
        return None
    edits = _edits(one.casefold(), other.casefold())
    return edits if edits <= _tolerance(one.casefold(), other.casefold()) else None


def _tolerance(one: str, other: str) -> int:
    """Return how many slips are likely: short words differ on purpose, unless by the same letters (ssd, sdd)."""
    shorter = min(len(one), len(other))
    if shorter == 3:
        return 1 if set(one) == set(other) else 0
    return 2 if shorter >= 7 else 1 if shorter > 3 else 0


def _edits(one: str, other: str) -> int:
    """Return the optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        fresh = [i]
        for j, against in enumerate(other, start=1):
            best = min(row[j] + 1, fresh[j - 1] + 1, row[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                best = min(best, before[j - 2] + 1)
            fresh.append(best)
        before, row = row, fresh
    return row[-1]


class Vocabulary:
    """The label keys and values, and the names, that the nodes have.

    >>> from dsplan.model.meta import ObjectMeta
    >>> from dsplan.model.node import Node
    >>> words = Vocabulary(NodeIndex([Node(metadata=ObjectMeta(name="n1", labels={"disktype": "ssd"}))]))
    >>> words.hints(NodeSelectorMatches({"disk-type": "ssd"}))
    {'disk-type=ssd': ('no node has the label disk-type; 1 node has disktype',)}
    """

    def __init__(self, index: NodeIndex) -> None:
        self._index = index
        self._known_keys: Counter[str] | None = None

    def hints(self, constraint: Constraint) -> dict[str, tuple[str, ...]]:
        """Return what a failing constraint was perhaps meant to say, by what it needs as its causes put it."""
        found = {needed: tuple(hints) for needed, hints in self._hints(constraint)}
        return {needed: hints for needed, hints in found.items() if hints}

    def _hints(self, constraint: Constraint) -> Iterator[tuple[str, Iterator[str]]]:
        if isinstance(constraint, NodeSelectorMatches):
            for key, value in constraint.selector:
                yield f"{key}={value}", self._label(key, (value,))
        elif isinstance(constraint, NodeNameMatches):
            yield f"node name {constraint.node_name}", self._name(constraint.node_name)
        elif isinstance(constraint, NodeAffinityMatches):
            for term, dead in zip(constraint.terms, constraint.dead, strict=True):
                if dead is None:
                    yield from ((str(entry), self._requirement(entry)) for entry in term.match_expressions)
                    yield from ((str(entry), self._field(entry)) for entry in term.match_fields)

    def _requirement(self, entry: Requirement) -> Iterator[str]:
        if entry.operator in ("In", "Exists", "Gt", "Lt"):
            yield from self._label(entry.key, entry.values if entry.operator == "In" else ())

    def _field(self, entry: Requirement) -> Iterator[str]:
        if entry.key == "metadata.name" and entry.operator == "In":
            yield from self._name(entry.values[0])

    @property
    def _keys(self) -> Counter[str]:
        if self._known_keys is None:
            self._known_keys = Counter(key for node in self._index.nodes for key in node.labels)
        return self._known_keys

    def _label(self, key: str, values: tuple[str, ...]) -> Iterator[str]:
        if key not in self._keys:
            if (meant := almost(key, self._keys)) is not None:
                yield f"no node has the label {key}; {_nodes(self._keys[meant])} {meant}"
            return
        column = self._index.column(key)
        for value in values:
            if value not in column and (meant := almost(value, column)) is not None:
                ids = column[meant]
                count = 1 if isinstance(ids, int) else len(ids)
                yield f"no node has {key}={value}; {_nodes(count)} {key}={meant}"

    def _name(self, name: str) -> Iterator[str]:
        if name not in self._index.ids and (meant := almost(name, self._index.names)) is not None:
            yield f"there is no node {name}; there is {meant}"


def _nodes(count: int) -> str:
    return f"{count:,} node{'s' * (count != 1)} ha{'ve' if count != 1 else 's'}"


def toleration_hints(tolerations: Iterable[Toleration], taint: Taint) -> Iterator[str]:
    """Yield in which one point a toleration of the template misses a taint.

    >>> gpu = Taint(key="gpu", value="a100", effect="NoSchedule")
    >>> list(toleration_hints([Toleration(key="gpu", value="a10", effect="NoSchedule")], gpu))
    ['the toleration of gpu=a10:NoSchedule has another value than the taint gpu=a100:NoSchedule']
    """
    for entry in tolerations:
        any_value = entry.operator == "Exists"
        same_key = not entry.key or entry.key == taint.key
        same_value = any_value or (entry.operator in ("", "Equal") and entry.value == taint.value)
        same_effect = entry.effect in ("", taint.effect)
        said = f"the toleration of {_text(entry)}"
        if same_key and same_effect and not same_value and entry.operator in ("", "Equal"):
            yield f"{said} has another value than the taint {taint}"
        elif same_key and same_value and not same_effect and entry.key:
            yield f"{said} has another effect than the taint {taint}"
        elif same_effect and same_value and entry.key and almost(entry.key, (taint.key,)) is not None:
            yield f"{said} has another key than the taint {taint}"


def _text(entry: Toleration) -> str:
    return str(Taint(key=entry.key or "*", value=entry.value, effect=entry.effect or "*"))
